//! `extend_claim` and `release_claim`: what the holder of a claim can do with it.

use crate::pg::function::Arguments;
use crate::pg::interval::Interval;
use crate::pg::relation::Lock;
use crate::pg::row_lock::{LockedRow, Patience, Strength};
use crate::pg::transaction;
use crate::pg::tuple::Value;

use super::super::queue::Queue;
use super::super::queue::columns::{Lease, is_open_and_unblocked};
use super::super::queue::tracked::Tracked;
use super::super::readiness::tracker::column;
use super::check::refuse_late;
use super::claim::end_of;
use super::claimant::Claimant;

/// `steward.extend_claim(tasks, id, token, lease)`.
pub(super) fn extend_claim(arguments: &Arguments) -> i64 {
    transaction::refuse_read_only("extend_claim()");
    let token: i64 = arguments.required(2, "token");
    let lease: Interval = arguments.required(3, "lease");
    of_the_holder(arguments, token, |tracked, queue, row| {
        let held = Lease::of(row.row());
        if held.until.is_none() {
            let task = queue.layout.columns.task(row.row());
            let shown = task.map_or_else(String::new, |task| tracked.show(&task));
            refuse_late(&tracked.table, &shown, token, &held);
        }
        let until = end_of(&lease);
        queue.write(row, &[(column::CLAIMED_UNTIL, Value::bigint(until))]);
        until
    })
}

/// `steward.release_claim(tasks, id, token)`.
pub(super) fn release_claim(arguments: &Arguments) -> bool {
    transaction::refuse_read_only("release_claim()");
    let token: i64 = arguments.required(2, "token");
    of_the_holder(arguments, token, |_, queue, row| {
        if Lease::of(row.row()).until.is_none() {
            return false;
        }
        let is_ready = is_open_and_unblocked(row.row());
        queue.write(
            row,
            &[
                (column::IS_READY, Value::boolean(is_ready)),
                (column::CLAIMED_BY, Value::NULL),
                (column::CLAIMED_UNTIL, Value::NULL),
            ],
        );
        true
    })
}

/// Locks the row of a task, and calls `change` with it.
///
/// Errors: P0002 where the caller sees no such task; 55000 where another token is the current one.
fn of_the_holder<T>(
    arguments: &Arguments,
    token: i64,
    change: impl FnOnce(&Tracked, &Queue, LockedRow<'_>) -> T,
) -> T {
    let (tracked, queue) = Queue::open(arguments.required(0, "tasks"), Lock::RowExclusive);
    let task = tracked.key_type().parse(&arguments.required_text(1, "id"));
    if Claimant::caller(&tracked)
        .sees(vec![task.clone()])
        .is_empty()
    {
        tracked.no_such_task(&task)
    }
    let strength = Strength::NoKeyExclusive;
    let locking = queue.table.lock(
        &tracked.tracker.side.by_task,
        &task,
        strength,
        Patience::Wait,
    );
    let Some(row) = locking.row() else {
        tracked.no_such_task(&task)
    };
    let lease = Lease::of(row.row());
    if lease.token != token {
        refuse_late(&tracked.table, &tracked.show(&task), token, &lease);
    }
    change(&tracked, &queue, row)
}
