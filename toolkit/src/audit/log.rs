//! Finding the log that is meant.

use postgres::{SimpleQueryRow, Transaction};
use postgres_protocol::escape::escape_literal;

use super::columns::Columns;
use crate::engine::simple_query::{is_true, rows};
use crate::error::{Error, Result};

/// What the log is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usable {
    /// To be read: a table of the user's own will do.
    ToRead,
    /// To be kept: only what `create_audit_log` made has partitions and seals.
    ToKeep,
}

/// A log, or a table of the user's own that takes the same.
#[derive(Clone, Debug)]
pub struct Log {
    /// Its oid, as a number in SQL.
    pub(super) oid: String,
    /// Its name, as SQL writes it.
    pub name: String,
    /// Its schema, as SQL writes it.
    pub(super) schema: String,
    /// True where `create_audit_log` made it.
    pub is_log: bool,
    pub(super) columns: Columns,
}

/// A table that changes are recorded in, or could be.
struct Candidate {
    oid: String,
    name: String,
    schema: String,
    is_log: bool,
    /// The table that it is a partition of.
    root: Option<String>,
}

/// The logs, and the tables that audit triggers write. A log is known by the guard on its root.
const CANDIDATES: &str = "
    select t.tgrelid as oid, true as is_log
      from pg_catalog.pg_trigger as t
      join pg_catalog.pg_proc as p on p.oid = t.tgfoid
      join pg_catalog.pg_class as c on c.oid = t.tgrelid
     where p.proname = 'guard_audit_log' and p.pronamespace = pg_catalog.to_regnamespace('steward')
       and c.relkind = 'p' and t.tgparentid = 0 and not t.tgisinternal
    union
    select a.bound_table, false from steward.attachments as a
     where a.capability = 'audit' and a.bound_table is not null";

impl Log {
    /// The log of that name, or the only one that there is or that the table `written_by`, an oid, writes
    /// into. The name is as in SQL, found by `search_path`.
    ///
    /// # Errors
    /// There is no such table, or it is none in which changes are recorded; no name, and no log or several.
    pub fn find(
        transaction: &mut Transaction,
        name: Option<&str>,
        wanted: Usable,
        written_by: Option<&str>,
    ) -> Result<Self> {
        let found = match name {
            Some(name) => named(transaction, name, wanted)?,
            None => only(transaction, wanted, written_by)?,
        };
        let columns = Columns::of(transaction, &found.oid)?;
        if !found.is_log && !columns.can_hold_changes() {
            return Err(Error::failure(format!("table {} is no audit log", found.name))
                .detail("It is neither made by steward.create_audit_log, nor has it columns for what was done: action, and changes or before and after.")
                .hint("\"steward audit log\" without --log finds the log, or lists those that there are."));
        }
        Ok(Self {
            oid: found.oid,
            name: found.name,
            schema: found.schema,
            is_log: found.is_log,
            columns,
        })
    }

    /// The name, as an SQL string.
    #[must_use]
    pub fn literal(&self) -> String {
        escape_literal(&self.name)
    }
}

impl Candidate {
    fn from_row(row: &SimpleQueryRow) -> Option<Self> {
        Some(Self {
            oid: row.get("oid")?.to_owned(),
            name: row.get("shown")?.to_owned(),
            schema: row.get("schema")?.to_owned(),
            is_log: is_true(row, "is_log"),
            root: row.get("root").map(ToOwned::to_owned),
        })
    }
}

fn candidates(transaction: &mut Transaction, condition: &str) -> Result<Vec<Candidate>> {
    let found = rows(
        transaction,
        &format!(
            "select c.oid,
                    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as shown,
                    pg_catalog.quote_ident(n.nspname) as schema,
                    coalesce(pg_catalog.bool_or(candidate.is_log), false) as is_log,
                    case when c.relispartition then pg_catalog.pg_partition_root(c.oid)::pg_catalog.regclass end as root
               from pg_catalog.pg_class as c
               join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
               left join ({CANDIDATES}) as candidate on candidate.oid = c.oid
              where {condition}
              group by c.oid, n.nspname
              order by n.nspname, c.relname"
        ),
    )?;
    Ok(found.iter().filter_map(Candidate::from_row).collect())
}

fn named(transaction: &mut Transaction, name: &str, wanted: Usable) -> Result<Candidate> {
    let Some(found) = table(transaction, name)? else {
        let error = Error::failure(format!("table \"{name}\" does not exist"));
        return Err(with_list(transaction, error, wanted)?);
    };
    if let Some(root) = &found.root
        && table(transaction, root)?.is_some_and(|root| root.is_log)
    {
        return Err(
            Error::failure(format!("{} is a partition of log {root}", found.name))
                .hint(format!("Name the log: --log {root}")),
        );
    }
    if wanted == Usable::ToKeep && !found.is_log {
        let error = Error::failure(format!("table {} is no audit log", found.name))
            .detail("Only a log that steward.create_audit_log made has partitions and seals.");
        return Err(with_list(transaction, error, wanted)?);
    }
    Ok(found)
}

fn table(transaction: &mut Transaction, name: &str) -> Result<Option<Candidate>> {
    let is_it = format!("c.oid = pg_catalog.to_regclass({})", escape_literal(name));
    Ok(candidates(transaction, &is_it)?.pop())
}

fn only(
    transaction: &mut Transaction,
    wanted: Usable,
    written_by: Option<&str>,
) -> Result<Candidate> {
    let mut found = all(transaction, wanted)?;
    if let Some(table) = written_by.filter(|_| found.len() > 1) {
        let mut written = written(transaction, table)?;
        if let (Some(only), true) = (written.pop(), written.is_empty()) {
            return Ok(only);
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            found.push(last);
            Err(Error::usage("changes are recorded in several tables")
                .detail(format!("They are: {}.", list(&found)))
                .hint("Choose one with --log TABLE."))
        }
        (None, _) => Err(no_log(transaction, wanted)?),
    }
}

/// Where the changes of a table go, or those of the partitioned table that it belongs to.
fn written(transaction: &mut Transaction, table: &str) -> Result<Vec<Candidate>> {
    candidates(
        transaction,
        &format!(
            "c.oid in (select a.bound_table from steward.attachments as a
                        where a.capability = 'audit'
                          and a.target = coalesce(pg_catalog.pg_partition_root({table}), {table}))"
        ),
    )
}

fn all(transaction: &mut Transaction, wanted: Usable) -> Result<Vec<Candidate>> {
    let mut found = candidates(transaction, "candidate.oid is not null")?;
    found.retain(|candidate| candidate.is_log || wanted == Usable::ToRead);
    Ok(found)
}

fn no_log(transaction: &mut Transaction, wanted: Usable) -> Result<Error> {
    let error = Error::failure("this database has no audit log");
    let others = match wanted {
        Usable::ToRead => Vec::new(),
        Usable::ToKeep => all(transaction, Usable::ToRead)?,
    };
    let error = match &others[..] {
        [] => error.detail("No table's changes are recorded by steward.audit."),
        _ => error.detail(format!(
            "Changes are recorded in tables of your own, which have neither partitions nor seals: {}.",
            list(&others)
        )),
    };
    Ok(error.hint("Make one: select steward.create_audit_log('audit.log'); and let tables write into it: select steward.audit('tasks', 'audit.log');"))
}

fn with_list(transaction: &mut Transaction, error: Error, wanted: Usable) -> Result<Error> {
    let others = all(transaction, wanted)?;
    if others.is_empty() {
        return Ok(
            error.hint("Write it as in SQL: with its schema where search_path does not have that.")
        );
    }
    Ok(error.hint(format!("Name one of: {}.", list(&others))))
}

fn list(candidates: &[Candidate]) -> String {
    let names: Vec<_> = candidates.iter().map(|one| one.name.as_str()).collect();
    names.join(", ")
}
