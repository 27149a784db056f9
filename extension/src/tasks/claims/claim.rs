//! `claim_task`: the best task that can be begun, for whoever asks first.

use std::ops::ControlFlow;

use pgrx::pg_sys;

use crate::pg::attachment::required_column;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::interval::Interval;
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::relation::Lock;
use crate::pg::row_lock::{LockedRow, Locking, Patience, Strength};
use crate::pg::rows::Rows;
use crate::pg::scan::View;
use crate::pg::sequence;
use crate::pg::statement;
use crate::pg::transaction;
use crate::pg::tuple::Value;

use super::super::queue::Queue;
use super::super::queue::columns::is_free;
use super::super::queue::labels;
use super::super::queue::tracked::Tracked;
use super::super::readiness::tracker::column;
use super::claimant::Claimant;

/// A claim that was made.
struct Claim {
    task: Key,
    token: i64,
    until: i64,
}

/// `steward.claim_task(tasks, assignee, lease, priorities)`.
pub(super) fn claim_task(arguments: &Arguments) -> Rows {
    transaction::refuse_read_only("claim_task()");
    let (tracked, queue) = Queue::open(arguments.required(0, "tasks"), Lock::RowExclusive);
    let assignee: String = arguments.required(1, "assignee");
    let lease: Interval = arguments.required(2, "lease");
    let priorities = labels::optional(arguments, 3, "priorities");
    let precedence = queue.precedence(&tracked, priorities.as_deref());
    let mut search = Search {
        claimant: Claimant::caller(&tracked),
        tracked: &tracked,
        queue: &queue,
        assignee: &assignee,
        lease,
        candidates: Vec::new(),
        at_once: Search::AT_FIRST,
        claim: None,
    };
    end_of(&lease);
    let now = transaction::clock_time();
    queue.best_first(&precedence, View::Dirty, now, |task| search.offer(task));
    let claim = search.finish();
    let row = |claim: &Claim| {
        let until = Value::bigint(claim.until).shown_as(pg_sys::TIMESTAMPTZOID);
        vec![
            Some(tracked.show(&claim.task)),
            Some(claim.token.to_string()),
            Some(name::from_server(until.to_bytes())),
        ]
    };
    Rows(claim.iter().map(row).collect())
}

/// When a claim ends that is made or extended now.
pub(super) fn end_of(lease: &Interval) -> i64 {
    let now = transaction::clock_time();
    let end = lease.after(now);
    if end <= now {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "argument \"lease\" must be longer than nothing",
        )
        .hint("A claim ends by itself after this time: as lease => '10 minutes'.")
        .raise()
    }
    end
}

/// The search for a task that nobody else takes first.
struct Search<'call> {
    claimant: Claimant<'call>,
    tracked: &'call Tracked,
    queue: &'call Queue,
    assignee: &'call str,
    lease: Interval,
    candidates: Vec<Key>,
    /// How many candidates are looked up at once: few, and more where most are hidden.
    at_once: usize,
    claim: Option<Claim>,
}

impl Search<'_> {
    const AT_FIRST: usize = 4;
    const MOST_AT_ONCE: usize = 1000;

    fn offer(&mut self, task: Key) -> ControlFlow<()> {
        self.candidates.push(task);
        if self.candidates.len() < self.at_once {
            return ControlFlow::Continue(());
        }
        self.at_once = (2 * self.at_once).min(Self::MOST_AT_ONCE);
        self.try_candidates();
        if self.claim.is_some() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn finish(mut self) -> Option<Claim> {
        if self.claim.is_none() {
            self.try_candidates();
        }
        self.claim
    }

    fn try_candidates(&mut self) {
        let candidates = std::mem::take(&mut self.candidates);
        if candidates.is_empty() {
            return;
        }
        let mut seen = self.claimant.sees(candidates).into_iter();
        self.claim = seen.find_map(|task| self.try_to_claim(task));
    }

    fn try_to_claim(&self, task: Key) -> Option<Claim> {
        if !self.claimant.may_update(&task) {
            return None;
        }
        let queue = self.queue;
        let strength = Strength::NoKeyExclusive;
        let locking = queue.table.lock(
            &self.tracked.tracker.side.by_task,
            &task,
            strength,
            Patience::Skip,
        );
        let Locking::Locked(row) = locking else {
            return None;
        };
        if !is_free(row.row(), transaction::clock_time()) {
            return None;
        }
        let claim = self.write(row, task);
        if let Some(column) = &self.tracked.tracker.choice.assignee {
            self.assign(column, &claim.task);
        }
        Some(claim)
    }

    fn write(&self, row: LockedRow<'_>, task: Key) -> Claim {
        let token = sequence::next(self.queue.layout.tokens);
        let until = end_of(&self.lease);
        let assignee = name::in_server_encoding(self.assignee);
        self.queue.write(
            row,
            &[
                (column::IS_READY, Value::boolean(false)),
                (column::CLAIMED_BY, Value::text(&assignee)),
                (column::CLAIM_TOKEN, Value::bigint(token)),
                (column::CLAIMED_UNTIL, Value::bigint(until)),
            ],
        );
        Claim { task, token, until }
    }

    /// Writes the assignee into the task, as the caller's own UPDATE.
    fn assign(&self, column: &str, task: &Key) {
        let table = &self.tracked.table;
        let column = required_column(table, column);
        let updated = statement::change(&format!(
            "update {} set {} = {} where {}",
            table.qualified_name(),
            name::identifier(&column.name),
            name::literal(self.assignee),
            self.tracked.is_task(task),
        ));
        if updated > 0 {
            return;
        }
        let shown = self.tracked.show(task);
        if transaction::sees_its_beginning() {
            Report::new(
                SqlState::SERIALIZATION_FAILURE,
                format!("task {shown} came after the transaction began"),
            )
            .hint("Retry the transaction.")
            .table(table)
            .raise()
        }
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "the assignee could not be written into task {shown} of {}",
                table.qualified_name()
            ),
        )
        .detail("A trigger or a policy of the table kept the UPDATE from changing the row.")
        .table(table)
        .column(&column.name)
        .raise()
    }
}
