//! Claims: who is at a task, for how long, and what becomes of those who are late.
//!
//! A claim is written into the row of the side table, with a token that rises and never comes back, and an
//! end. Whoever completes a claimed task has to show the token; whoever comes back after another has taken
//! the task over is refused.
//!
//! Why no task is claimed twice: a claim is written only under the exclusive lock of its row, after a look
//! at the newest version of the row under that lock; and so is a completion. Why claims do not wait for
//! each other: a row that another has locked is passed over. Nothing is read under a snapshot, so neither
//! fails at REPEATABLE READ or SERIALIZABLE because of what others did meanwhile.

use pgrx::extension_sql_file;

use crate::pg::function::sql_function;
use crate::pg::key::Key;
use crate::pg::tuple::Row;

use super::queue::columns::Lease;
use super::readiness::tracker::Tracker;

mod change;
mod check;
mod claim;
mod claimant;

pub(super) use check::{check_token, showing};

sql_function!(claim_task, claim::claim_task);
sql_function!(extend_claim, change::extend_claim);
sql_function!(release_claim, change::release_claim);

extension_sql_file!(
    "claims.sql",
    name = "task_claims",
    requires = ["schema_usage"]
);

/// Called for every task that becomes done, with its row of the side table, locked and as it was before. Refuses
/// who does not hold the claim on it.
pub(in crate::tasks) fn check_lease(tracker: &Tracker, task: &Key, side_row: Row<'_>) {
    check::check_completion(tracker, task, &Lease::of(side_row));
}
