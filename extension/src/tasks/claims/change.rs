//! `extend_claim` and `release_claim`: what the holder of a claim can do with it.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::interval::Interval;
use crate::pg::key::Key;
use crate::pg::relation::Lock;
use crate::pg::row_lock::{Locked, Wait, lock};
use crate::pg::side_table::{Location, Writer};
use crate::pg::transaction;
use crate::pg::tuple::{Row, Value};

use super::super::queue::{Lease, Queue};
use super::super::tracked::Tracked;
use super::check::refuse_late;
use super::claim::end_of;
use super::claimant::Claimant;

/// `steward.extend_claim(tasks, id, token, lease)`.
pub(super) fn extend_claim(arguments: &Arguments) -> i64 {
    transaction::refuse_read_only("extend_claim()");
    let lease: Interval = arguments.required(3, "lease");
    let held = Held::of(arguments);
    if held.lease.until.is_none() {
        refuse_late(
            &held.tracked.table,
            &held.shown(),
            held.lease.token,
            &held.lease,
        );
    }
    let until = end_of(&lease);
    let columns = &held.queue.columns;
    held.replace(held.row.with(columns.claimed_until, Value::bigint(until)));
    until
}

/// `steward.release_claim(tasks, id, token)`.
pub(super) fn release_claim(arguments: &Arguments) -> bool {
    transaction::refuse_read_only("release_claim()");
    let held = Held::of(arguments);
    if held.lease.until.is_none() {
        return false;
    }
    let columns = &held.queue.columns;
    let is_ready = columns.is_open_and_unblocked(held.row);
    held.replace(
        held.row
            .with(columns.ready, Value::boolean(is_ready))
            .with(columns.claimed_by, Value::NULL)
            .with(columns.claimed_until, Value::NULL),
    );
    true
}

/// A row whose last claim has the token that the caller shows. It is locked.
struct Held {
    tracked: Tracked,
    queue: Queue,
    task: Key,
    row: Row<'static>,
    lease: Lease,
}

impl Held {
    /// Errors: P0002 where the caller sees no such task; 55000 where another token is the current one.
    fn of(arguments: &Arguments) -> Self {
        let tasks: pg_sys::Oid = arguments.required(0, "tasks");
        let task = arguments.required_text(1, "id");
        let token: i64 = arguments.required(2, "token");
        let tracked = Tracked::of(tasks);
        let task = tracked.key_type.parse(&task);
        let claimant = Claimant::caller(&tracked);
        let is_seen = !claimant.sees(vec![task.clone()]).is_empty();
        drop(claimant);
        let queue = Queue::open(&tracked, Lock::RowExclusive);
        let locked = is_seen.then(|| lock(&queue.table, &queue.by_task, &task, Wait::Block));
        let Some(Locked::Row(row)) = locked else {
            tracked.no_such_task(&task)
        };
        let lease = queue.columns.lease(row);
        if lease.token != token {
            refuse_late(&tracked.table, &tracked.key_type.show(&task), token, &lease);
        }
        Self {
            tracked,
            queue,
            task,
            row,
            lease,
        }
    }

    fn shown(&self) -> String {
        self.tracked.key_type.show(&self.task)
    }

    fn replace(&self, row: Row<'_>) {
        let mut writer = Writer::open(self.queue.table.relation());
        writer.replace(Location::of(self.row), row);
        writer.close();
    }
}
