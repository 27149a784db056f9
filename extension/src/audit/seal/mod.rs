//! Tamper evidence: seals that chain what is in a log.
//!
//! The guard keeps the log from everybody but superusers and from who disables triggers. A seal shows
//! afterwards whether they changed anything. Seals are made by a call now and then, not by the writers,
//! who would have to wait for each other: it seals what every transaction has written that is over, and
//! whose number lies below those of all that are still running, in the order of transactions. What is
//! committed later has a higher transaction, and so belongs to a later seal, never between two rows
//! that are sealed.

use pgrx::extension_sql;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::sql_function;
use crate::pg::relation::{Lock, Relation};

use super::log::Log;

mod add;
mod guards;
mod order;
mod row;
mod table;
mod verify;

pub(super) use add::{cut, lock};
pub(super) use row::sealed_condition;
pub(super) use table::{Seals, create_unless_present};

sql_function!(seal_audit, add::seal_audit);
sql_function!(verify_audit, verify::verify_audit);

extension_sql!(
    r"
create function steward.seal_audit(log regclass) returns text
    language c set timezone = 'UTC' set datestyle = 'ISO, YMD' set bytea_output = 'hex'
    as 'MODULE_PATHNAME', 'seal_audit';

comment on function steward.seal_audit(regclass) is
$$Seals what was logged since the last seal, and returns the newest seal as an anchor: its number and digest.

  select steward.seal_audit('audit.log');

Keep the anchor where who can write the database cannot: verify_audit holds it against the log. NULL where nothing is sealed.
Rows of transactions that are still running, and of those that began after the oldest of them, are left for the next call.
To be called now and then, by the log's owner; one call at a time, writers do not wait for it. A log that was restored
from a dump goes on with a chain of its own behind the old one. NULL is an error.
Errors: 42501 not the owner; 42704, 42809 no log; 55000 the table of seals is gone.$$;

create function steward.verify_audit(log regclass, anchor text default null)
    returns table (problem text, seal bigint, sequence bigint, detail text)
    language c set timezone = 'UTC' set datestyle = 'ISO, YMD' set bytea_output = 'hex'
    as 'MODULE_PATHNAME', 'verify_audit';

comment on function steward.verify_audit(regclass, text) is
$$Tells what was done to a log past its guard since it was sealed. No row: nothing.

  select * from steward.verify_audit('audit.log');
  select * from steward.verify_audit('audit.log', anchor => '12:9f86d081...');

anchor    what seal_audit returned once; without one, somebody who rewrote the log and all its seals goes unseen
problem   row changed, row removed, row inserted (the first of each seal, by its sequence number); seal altered, seal missing,
          chain broken, anchor not in chain; and what lets changes go unseen from now on: guard disabled, audit disabled,
          audit missing, replication role
seal      the seal that does not fit; NULL for rows that belong to none

Reads with the caller's rights, who may SELECT the log and its seals, and writes nothing. What is not sealed yet is not
looked at. NULL in log is an error.
Errors: 22023 NULL, or no anchor; 42501 no right to read; 42704, 42809 no log; 55000 the table of seals is gone.$$;
",
    name = "audit_seals",
    requires = ["audit_log"],
);

/// Refuses where row level security would make rows look removed.
fn check_all_rows_are_visible(log: &Log, seals: &Seals) {
    for oid in [log.oid, seals.oid] {
        let table = Relation::open(oid, Lock::AccessShare);
        if table.hides_rows_from_current_user() {
            Report::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!(
                    "row level security hides rows of {}",
                    table.qualified_name()
                ),
            )
            .hint("Ask as a role that sees all rows: the owner, or one with BYPASSRLS.")
            .table(&table)
            .raise()
        }
    }
}
