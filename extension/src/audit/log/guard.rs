//! The guard: nobody but an audit trigger adds to a log, and nobody changes what is in it.
//!
//! An audit trigger writes past triggers, so whatever fires the guard is somebody's statement. It is
//! refused unless a superuser runs it, who could as well disable the trigger, or a function of ours does.

use std::cell::Cell;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::role;
use crate::pg::trigger::{self, Event, Firing};

/// The function of the triggers that guard a log.
pub(in crate::audit) const FUNCTION: &str = "guard_audit_log";

/// A write of our own that is under way.
#[derive(Clone, Copy)]
struct Writing {
    /// The log's root, or another table that is guarded.
    table: pg_sys::Oid,
    /// The depth of triggers at which the statement runs: what a trigger of somebody else does
    /// meanwhile is not ours.
    depth: i32,
    door: Door,
}

/// What a statement of ours may do. The function of a CHECK runs at the same depth, so that alone would
/// let it do anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Door {
    /// Add one row; the door closes behind it.
    OneRow,
    /// Take rows away and add them elsewhere.
    Move,
    /// Change rows.
    Change,
}

thread_local! {
    static WRITING: Cell<Option<Writing>> = const { Cell::new(None) };
}

/// Puts back what was allowed before, be it after an error.
struct Restore(Option<Writing>);

impl Drop for Restore {
    fn drop(&mut self) {
        WRITING.set(self.0);
    }
}

/// Runs `work`, whose own statements may write `table`: the root of a log, or its seals.
pub(in crate::audit) fn writing<T>(table: pg_sys::Oid, door: Door, work: impl FnOnce() -> T) -> T {
    let _restore = Restore(WRITING.replace(Some(Writing {
        table,
        depth: trigger::depth(),
        door,
    })));
    work()
}

fn is_ours(firing: &Firing<'_>) -> bool {
    let Some(writing) = WRITING.get() else {
        return false;
    };
    if writing.table != firing.relation().root() || writing.depth + 1 != trigger::depth() {
        return false;
    }
    match (writing.door, firing.event()) {
        (Door::OneRow, Event::Insert { .. }) => {
            WRITING.set(None);
            true
        }
        (Door::Move, Event::Insert { .. } | Event::Delete { .. })
        | (Door::Change, Event::Update { .. }) => true,
        _ => false,
    }
}

/// The rule of the trigger function `guard_audit_log`.
pub(super) fn guard_audit_log(firing: &Firing<'_>) {
    if role::current_is_superuser() || is_ours(firing) {
        return;
    }
    let table = firing.relation();
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("{} is written by audit triggers only", table.qualified_name()),
    )
    .detail("It is part of an audit log, which nobody changes or adds to by hand, not even its owner.")
    .hint("steward.audit(...) makes a table write its changes there; steward.trim_audit_log(...) drops what is old.")
    .table(table)
    .raise()
}
