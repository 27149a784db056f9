//! The audited table that a question is about, and where its changes are recorded.

use pgrx::pg_sys;

use crate::pg::attachment::{self, required_column};
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::statement::{self, Sight};

const FUNCTION: &str = "record_change";
const GUARD: &str = "guard_audit_log";

/// A table and one of the destinations of its changes.
pub(super) struct Audited {
    /// The table; of a partition the root of its tree.
    pub(super) table: Relation,
    pub(super) destination: Relation,
    /// What the question sees: `undo` has to see what it did itself.
    pub(super) sight: Sight,
    /// True where the destination was made by `create_audit_log`.
    pub(super) is_log: bool,
    /// The columns that the audit leaves out, and those that it redacts, as literals of `text[]`.
    pub(super) ignored: String,
    pub(super) redacted: String,
    /// The columns that it was told to take as the key; empty for the primary key.
    key: Vec<String>,
}

/// What a question can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readable {
    Any,
    /// Only logs made by `create_audit_log`.
    Logs,
}

impl Audited {
    /// The destination `wanted`, or the only one there is.
    pub(super) fn of(
        target: pg_sys::Oid,
        wanted: Option<pg_sys::Oid>,
        readable: Readable,
        sight: Sight,
    ) -> Self {
        let table = open_root(target);
        let mut candidates = destinations(&table);
        if let Some(wanted) = wanted {
            // A log can be read that the table does not write any more.
            candidates.retain(|candidate| candidate.oid == wanted);
            if candidates.is_empty() {
                candidates.push(Candidate::without_trigger(wanted));
            }
        }
        let names: Vec<_> = candidates.iter().map(Candidate::name).collect();
        if readable == Readable::Logs && candidates.len() > 1 {
            candidates.retain(|candidate| is_log(&candidate.open()));
        }
        let audited = match (candidates.len(), candidates.pop()) {
            (1, Some(candidate)) => candidate.read_by(table, sight),
            (0, _) if names.is_empty() => refuse_not_audited(&table),
            _ => refuse_several(&table, &names),
        };
        if readable == Readable::Logs && !audited.is_log {
            refuse_own_table(&audited.destination);
        }
        audited
    }

    /// The columns of the key, as they are called now.
    pub(super) fn key_columns(&self) -> Vec<Attribute> {
        let mut names = self.key.clone();
        if names.is_empty() {
            names = primary_key(&self.table);
        }
        if names.is_empty() {
            Report::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("table {} has no primary key", self.table.qualified_name()),
            )
            .detail("Its changes are recorded without a key, so they cannot be told apart by row.")
            .hint("Add a primary key, or name columns that identify a row: select steward.audit(..., key => '{...}');")
            .table(&self.table)
            .raise()
        }
        names
            .iter()
            .map(|name| required_column(&self.table, name))
            .collect()
    }
}

/// The table that the user sees: the question may name a partition.
fn open_root(target: pg_sys::Oid) -> Relation {
    let named = Relation::open(target, Lock::AccessShare);
    let table = if named.is_partition() {
        Relation::open(named.root(), Lock::AccessShare)
    } else {
        named
    };
    if !table.is_table() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not a table", table.qualified_name()),
        )
        .table(&table)
        .raise()
    }
    table
}

/// A destination, and the choices of the trigger that writes it.
struct Candidate {
    oid: pg_sys::Oid,
    ignored: String,
    redacted: String,
    key: String,
}

impl Candidate {
    fn without_trigger(oid: pg_sys::Oid) -> Self {
        Self {
            oid,
            ignored: "{}".to_owned(),
            redacted: "{}".to_owned(),
            key: String::new(),
        }
    }

    fn open(&self) -> Relation {
        Relation::open(self.oid, Lock::AccessShare)
    }

    fn name(&self) -> String {
        name::literal(&self.open().qualified_name())
    }

    fn read_by(self, table: Relation, sight: Sight) -> Audited {
        let destination = self.open();
        let is_log = is_log(&destination);
        Audited {
            table,
            destination,
            sight,
            is_log,
            key: members(&self.key),
            ignored: self.ignored,
            redacted: self.redacted,
        }
    }
}

/// The destinations of the table's audit triggers; one that several triggers write counts once.
fn destinations(table: &Relation) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for attached in attachment::triggers_of(table, FUNCTION) {
        let (Some(oid), [ignored, redacted, _actions, key, ..]) =
            (attached.bound_table, attached.arguments.as_slice())
        else {
            continue;
        };
        if candidates.iter().all(|candidate| candidate.oid != oid) {
            candidates.push(Candidate {
                oid,
                ignored: ignored.clone(),
                redacted: redacted.clone(),
                key: key.clone(),
            });
        }
    }
    candidates
}

fn is_log(destination: &Relation) -> bool {
    !attachment::triggers_of(destination, GUARD).is_empty()
}

/// The members of an array literal.
fn members(array: &str) -> Vec<String> {
    let mut members = Vec::new();
    if array.is_empty() {
        return members;
    }
    let sql = format!(
        "select pg_catalog.unnest({}::pg_catalog.text[])",
        name::literal(array)
    );
    statement::for_each_row(&sql, |row| members.extend(row.value(1).as_text()));
    members
}

fn primary_key(table: &Relation) -> Vec<String> {
    let mut columns = Vec::new();
    let sql = format!(
        "select a.attname::pg_catalog.text from pg_catalog.pg_index as i \
         cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k (attnum, place) \
         join pg_catalog.pg_attribute as a on a.attrelid operator(pg_catalog.=) i.indrelid \
             and a.attnum operator(pg_catalog.=) k.attnum \
         where i.indrelid operator(pg_catalog.=) {} and i.indisprimary \
             and k.place operator(pg_catalog.<=) i.indnkeyatts order by k.place",
        table.oid().to_u32(),
    );
    statement::for_each_row(&sql, |row| columns.extend(row.value(1).as_text()));
    columns
}

fn refuse_not_audited(table: &Relation) -> ! {
    let name = table.qualified_name();
    Report::new(
        SqlState::UNDEFINED_OBJECT,
        format!("the changes of table {name} are not recorded"),
    )
    .hint(format!(
        "Record them: select steward.audit({}, '...'); or name the log that they were recorded in with log => '...'.",
        name::literal(&name),
    ))
    .table(table)
    .raise()
}

fn refuse_several(table: &Relation, names: &[String]) -> ! {
    Report::new(
        SqlState::UNDEFINED_OBJECT,
        format!(
            "the changes of table {} are recorded in several tables",
            table.qualified_name()
        ),
    )
    .hint(format!(
        "Say which one to read with log => ...: {}.",
        names.join(", ")
    ))
    .table(table)
    .raise()
}

fn refuse_own_table(destination: &Relation) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "table {} is no log that steward.create_audit_log made",
            destination.qualified_name()
        ),
    )
    .detail("What a table of your own holds of a change need not be enough to tell what a row was.")
    .hint("Record the changes in a log too: select steward.create_audit_log('audit.log'); steward.history reads both.")
    .table(destination)
    .raise()
}
