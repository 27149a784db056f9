//! The log: an ordinary partitioned table that `create_audit_log` makes and that anybody can read with
//! plain SQL.
//!
//! It is no member of the extension, so that it is dumped, restored and kept like any table. What makes
//! it a log is the guard trigger that it carries: the guard refuses every write that does not come from
//! an audit trigger, and an audit trigger, which may be of another owner, writes only where it finds the
//! guard. The guard's argument is the length of the log's partitions.

use pgrx::extension_sql;
use pgrx::pg_sys;

use crate::audit::destination::log::check_shape;
use crate::pg::attachment;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::sql_function;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::schema;
use crate::pg::statement;
use crate::pg::trigger::trigger;

mod create;
pub(super) mod guard;
pub(super) mod incarnation;
mod partitions;
mod period;
mod retention;

pub(super) use period::Period;

trigger!(guard_audit_log, Guard, guard::guard_audit_log);
sql_function!(create_audit_log, create::create_audit_log);
sql_function!(extend_audit_log, partitions::extend_audit_log);
sql_function!(trim_audit_log, retention::trim_audit_log);

extension_sql!(
    r"
create function steward.guard_audit_log() returns trigger
    language c as 'MODULE_PATHNAME', 'guard_audit_log';

comment on function steward.guard_audit_log() is
$$Trigger function of an audit log: refuses INSERT, UPDATE, DELETE and TRUNCATE to everybody but a superuser.

Audit triggers and the functions that keep the log (extend_audit_log, seal_audit) pass.
create_audit_log attaches it, with the length of the log's partitions as its argument; by it a table is known as a log.
Errors: 42501.$$;

create function steward.create_audit_log(
    log text,
    owner regrole default null,
    period text default 'month',
    ahead integer default 3
) returns regclass
    language c set timezone = 'UTC' set datestyle = 'ISO, YMD'
    as 'MODULE_PATHNAME', 'create_audit_log';

comment on function steward.create_audit_log(text, regrole, text, integer) is
$$Makes a log for changes: a partitioned table that audit triggers alone can write, and anybody can read whom its owner lets.

  select steward.create_audit_log('audit.log');
  select steward.create_audit_log('audit.log', owner => 'auditor', period => 'week');

log     the table's name; its schema is made if it is missing
owner   whose it is; NULL for the caller. The caller has to be able to SET ROLE to it
period  how long a partition lasts, by UTC: day, week, month or year
ahead   how many partitions to make after the current one; extend_audit_log makes the next ones

Called again for a log that is there it makes the partitions that are missing, gives it to the owner that is named, and returns it.
NULL in any argument but owner is an error.
Errors: 22023 NULL argument, no name, no such role or period, or a log of another period; 42P07 another relation has the name;
3F000 no schema to create it in; 42501 not the owner, or no right to create the schema or table.$$;

create function steward.extend_audit_log(log regclass, ahead integer default 3) returns setof regclass
    language c set timezone = 'UTC' set datestyle = 'ISO, YMD'
    as 'MODULE_PATHNAME', 'extend_audit_log';

comment on function steward.extend_audit_log(regclass, integer) is
$$Makes the partitions of a log that are missing: the current one and some ahead. Returns those that it made.

  select * from steward.extend_audit_log('audit.log');

ahead  how many after the current one

To be called now and then, by pg_cron or the like. Rows that came when their partition was missing went into the default
partition; they are moved into one of their own. Writers go on meanwhile, but for those that write into the default partition.
With nothing to do it takes no lock. NULL in an argument is an error.
Errors: 22023 a NULL argument, or ahead is not from 0 to 1000; 42501 not the owner; 42704, 42809 no log.$$;

create function steward.trim_audit_log(log regclass, before timestamptz) returns setof text
    language c set timezone = 'UTC' set datestyle = 'ISO, YMD' set bytea_output = 'hex'
    as 'MODULE_PATHNAME', 'trim_audit_log';

comment on function steward.trim_audit_log(regclass, timestamptz) is
$$Drops the partitions of a log that end at or before a time, and returns their names.

  select * from steward.trim_audit_log('audit.log', before => now() - interval '2 years');

Where the log is sealed, only what is sealed is dropped, and a seal records it: verify_audit misses nothing that was dropped
this way, and still shows what was done to the rest. Writers wait while the partitions are dropped, and the call waits for
transactions that use the log: set lock_timeout. NULL in an argument is an error.
Errors: 22023 a NULL argument; 42501 not the owner; 42704, 42809 no log; 55000 rows that are not sealed, or old rows in the
default partition.$$;
",
    name = "audit_log",
    requires = ["schema_usage"],
);

/// A log, by what does not change while it is worked on. The table itself is closed: one that is open
/// cannot be altered.
pub(super) struct Log {
    pub(super) oid: pg_sys::Oid,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) period: Period,
}

impl Log {
    /// The name to use in a statement.
    pub(super) fn qualified_name(&self) -> String {
        name::qualified(&self.schema, &self.name)
    }

    /// What the entries are marked with that are written now.
    pub(super) fn incarnation(&self) -> i64 {
        incarnation::of(self.oid)
    }
}

/// The log that a table is, if it is one.
pub(super) fn of(table: &Relation) -> Option<Log> {
    if !table.is_partitioned() {
        return None;
    }
    let period = attachment::triggers_of(table, guard::FUNCTION)
        .into_iter()
        .filter(|attached| !attached.inherited)
        .find_map(|attached| Period::named(attached.arguments.first()?))?;
    Some(Log {
        oid: table.oid(),
        schema: table.schema(),
        name: table.name(),
        period,
    })
}

/// The log with that oid, for whoever asks.
pub(super) fn open(oid: pg_sys::Oid) -> Log {
    let table = Relation::open(oid, Lock::AccessShare);
    let log = of(&table);
    if log.is_some() {
        check_shape(&table);
    }
    log.unwrap_or_else(|| {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not an audit log", table.qualified_name()),
        )
        .detail("A log is a table that create_audit_log made and that carries its guard trigger.")
        .hint("Name the log itself (not a partition of it), or make one: select steward.create_audit_log('audit.log');")
        .table(&table)
        .raise()
    })
}

/// Looks at a log for its owner, or for who may act as its owner, with the owner's rights alone.
pub(super) fn looked_at<T>(oid: pg_sys::Oid, look: impl FnOnce(&Log) -> T) -> T {
    let owner = attachment::open_target(oid).owner();
    let log = open(oid);
    owner::run_restricted_as(owner, || look(&log))
}

/// Does something to a log for its owner, or for who may act as its owner: with the owner's rights alone, since
/// what the owner has given the log (checks, triggers, functions in indexes) runs meanwhile; and with all names
/// as they are.
pub(super) fn maintained<T>(oid: pg_sys::Oid, work: impl FnOnce(&Log) -> T) -> T {
    drop(attachment::open_target(oid));
    hold_names(oid);
    looked_at(oid, work)
}

/// The schemas of the log, its partitions and its seals. The tables themselves are not locked here: whoever holds
/// a partition and waits for the log stands in the way of who holds the log and waits for a partition.
fn hold_names(log: pg_sys::Oid) {
    let schemas = statement::query(&format!(
        "select distinct c.relnamespace from pg_catalog.pg_class as c where c.oid = {log} or c.oid in ( \
             select inhrelid from pg_catalog.pg_inherits where inhparent = {log} \
             union select tgrelid from pg_catalog.pg_trigger \
             where tgconstrrelid = {log} and tgfoid = 'steward.{}'::pg_catalog.regproc) \
         order by 1",
        guard::FUNCTION,
        log = log.to_u32(),
    ));
    let schemas = schemas.into_iter().flatten().flatten();
    for oid in schemas.filter_map(|oid| oid.parse::<u32>().ok()) {
        schema::hold(pg_sys::Oid::from(oid));
    }
}
