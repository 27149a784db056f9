//! The audited table that a question is about, and where its changes are recorded.

use pgrx::pg_sys;

use crate::pg::attachment::{self, required_column};
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::role;
use crate::pg::statement::{self, Sight};

use super::super::attach::ROW_FUNCTION;
use super::super::choice::Choice;
use super::super::destination::{self, log::check_shape};
use super::super::key;

/// A table and one of the destinations of its changes.
pub(super) struct Audited {
    /// The table; of a partition the root of its tree.
    pub(super) table: Relation,
    pub(super) destination: Relation,
    /// What the question sees: `undo` has to see what it did itself.
    pub(super) sight: Sight,
    /// True where the destination was made by `create_audit_log`.
    pub(super) is_log: bool,
    /// What the trigger records; everything, where there is none any more.
    pub(super) choice: Choice,
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
                candidates.extend(Choice::from_arguments(&[]).map(|choice| Candidate {
                    oid: wanted,
                    choice,
                }));
            }
        }
        let names: Vec<_> = candidates.iter().map(Candidate::name).collect();
        if readable == Readable::Logs && candidates.len() > 1 {
            candidates.retain(|candidate| destination::is_log(&candidate.open()));
        }
        let audited = match (candidates.len(), candidates.pop()) {
            (1, Some(candidate)) => {
                let destination = candidate.open();
                Self {
                    table,
                    is_log: destination::is_log(&destination),
                    destination,
                    sight,
                    choice: candidate.choice,
                }
            }
            (0, _) if names.is_empty() => refuse_not_audited(&table),
            _ => refuse_several(&table, &names),
        };
        if readable == Readable::Logs && !audited.is_log {
            refuse_own_table(&audited.destination);
        }
        if audited.is_log {
            check_shape(&audited.destination);
        }
        check_may_read(&audited.destination);
        audited
    }

    /// The columns of the key, as they are called now.
    pub(super) fn key_columns(&self) -> Vec<Attribute> {
        let columns = match &self.choice.key {
            Some(names) => names
                .iter()
                .map(|name| required_column(&self.table, name))
                .collect(),
            None => key::columns_of(&self.table, None),
        };
        if columns.is_empty() {
            Report::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("table {} has no primary key", self.table.qualified_name()),
            )
            .detail("Its changes are recorded without a key, so they cannot be told apart by row.")
            .hint("Add a primary key, or name columns that identify a row: select steward.audit(..., key => '{...}');")
            .table(&self.table)
            .raise()
        }
        columns
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

/// A destination, and the choice of the trigger that writes it.
struct Candidate {
    oid: pg_sys::Oid,
    choice: Choice,
}

impl Candidate {
    fn open(&self) -> Relation {
        Relation::open(self.oid, Lock::AccessShare)
    }

    fn name(&self) -> String {
        name::literal(&self.open().qualified_name())
    }
}

/// The destinations of the table's audit triggers; one that several triggers write counts once.
fn destinations(table: &Relation) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for attached in attachment::triggers_of(table, ROW_FUNCTION) {
        let choice = Choice::from_arguments(&attached.arguments);
        let (Some(oid), Some(choice)) = (attached.bound_table, choice) else {
            continue;
        };
        if candidates.iter().all(|candidate| candidate.oid != oid) {
            candidates.push(Candidate { oid, choice });
        }
    }
    candidates
}

/// Says what has to be granted, where the query for the entries would only say that something is missing.
fn check_may_read(destination: &Relation) {
    let oid = destination.oid().to_u32();
    let mut may = (true, true);
    let sql = format!(
        "select pg_catalog.has_schema_privilege(c.relnamespace, 'usage')::pg_catalog.text, \
             pg_catalog.has_any_column_privilege(c.oid, 'select')::pg_catalog.text \
         from pg_catalog.pg_class as c where c.oid operator(pg_catalog.=) {oid}::pg_catalog.oid",
    );
    statement::for_each_row(&sql, |row| {
        let is_true = |column| row.value(column).as_text().as_deref() == Some("true");
        may = (is_true(1), is_true(2));
    });
    let table = destination.qualified_name();
    let user = name::identifier(&role::name_of(role::current()).unwrap_or_default());
    let mut missing = Vec::new();
    if !may.0 {
        let schema = name::identifier(&destination.schema());
        missing.push(format!("grant usage on schema {schema} to {user};"));
    }
    if !may.1 {
        missing.push(format!("grant select on {table} to {user};"));
    }
    if missing.is_empty() {
        return;
    }
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("permission denied to read {table}, where the changes are recorded"),
    )
    .hint(format!("Its owner can grant it: {}", missing.join(" ")))
    .table(destination)
    .raise()
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
