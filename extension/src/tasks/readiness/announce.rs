//! Telling whoever wants to know that tasks have become ready.
//!
//! The side table is written past triggers, so nothing else could see it. What it is coupled by is SQL: a
//! trigger by which a table asks for it, and the function that then writes the notices.

use crate::pg::attachment;
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::tracker::Tracker;

/// The function of the trigger by which tasks ask for it.
const ASKS: &str = "collect_notices";

/// Announces that nothing blocks these tasks any more.
pub(super) fn made_ready(tracker: &Tracker, tasks: &[Key]) {
    if tasks.is_empty() {
        return;
    }
    let table = Relation::open(tracker.tasks, Lock::AccessShare);
    if attachment::triggers_of(&table, ASKS).is_empty() {
        return;
    }
    let keys: Vec<_> = tasks
        .iter()
        .map(|key| name::literal(&tracker.key_type.show(key)))
        .collect();
    owner::run_as(table.owner(), || {
        statement::run(&format!(
            "select steward.notify_unblocked({}::pg_catalog.oid::pg_catalog.regclass, array[{}]::pg_catalog.text[])",
            table.oid().to_u32(),
            keys.join(", "),
        ));
    });
}
