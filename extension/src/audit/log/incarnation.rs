//! Which life of a log an entry is from.
//!
//! Dumped and restored, a log begins another life: oids mean other tables there, and transactions are
//! counted anew. So every entry is marked with the incarnation that it was written in: only in the
//! present one is its `table_oid` believed, and each has seals of its own. The log's oid alone would not
//! do, since a fresh cluster may well give the same one again. The cluster's system identifier differs
//! with every initdb, and so after `pg_upgrade`, while a standby and a copy of the files, in which every
//! oid means what it meant, share it.

use pgrx::{extension_sql, pg_sys};
use steward_rules::hash::hash;

use crate::pg::cluster;
use crate::pg::function::{Arguments, sql_function};

sql_function!(audit_incarnation, audit_incarnation);

/// `steward.audit_incarnation(log)`.
fn audit_incarnation(arguments: &Arguments) -> i64 {
    super::open(arguments.required(0, "log")).incarnation()
}

/// The present incarnation of the log with that oid.
pub(in crate::audit) fn of(log: pg_sys::Oid) -> i64 {
    let (cluster, database) = (cluster::system_identifier(), cluster::database().to_u32());
    hash(&format!("{cluster}:{database}:{}", log.to_u32()))
}

extension_sql!(
    r"
create function steward.audit_incarnation(log regclass) returns bigint
    language c stable as 'MODULE_PATHNAME', 'audit_incarnation';

comment on function steward.audit_incarnation(regclass) is
$$The number that a log marks its entries with as long as it stays where it is: in this cluster, database and table.

  select * from audit.log
  where incarnation = (select steward.audit_incarnation('audit.log')) and table_oid = 'tasks'::regclass;

Entries that came out of a dump, from before pg_upgrade or from the database that this one was copied of have another one:
there table_oid means nothing, and the table's name counts. On a standby it is that of the primary. NULL is an error.
Errors: 22023 NULL; 42704, 42809 no log.$$;
",
    name = "audit_incarnation",
    requires = ["audit_log"],
);
