//! `ready_tasks`: what can be begun, the best first.

use std::ops::ControlFlow;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::Key;
use crate::pg::relation::Lock;
use crate::pg::rows::Rows;
use crate::pg::scan::View;
use crate::pg::transaction;

use super::super::queue::Queue;
use super::super::queue::labels;
use super::super::queue::tracked::Tracked;
use super::super::queue::visible;

/// `steward.ready_tasks(tasks, max_rows, priorities)`.
pub(super) fn ready_tasks(arguments: &Arguments) -> Rows {
    rows(arguments, 1)
}

/// `steward.ready_tasks(tasks, key, max_rows, priorities)`.
pub(super) fn ready_tasks_typed(arguments: &Arguments) -> Rows {
    rows(arguments, 2)
}

fn rows(arguments: &Arguments, first_option: usize) -> Rows {
    let (tracked, queue) = Queue::open(arguments.required(0, "tasks"), Lock::AccessShare);
    visible::check_rights(&tracked);
    let limit = limit(arguments.optional(first_option));
    let priorities = labels::optional(arguments, first_option + 1, "priorities");
    let precedence = queue.precedence(&tracked, priorities.as_deref());
    let mut found = Found::new(&tracked, limit);
    let now = transaction::clock_time();
    queue.best_first(&precedence, View::AsAsked, now, |task| found.offer(task));
    let row = |task: &Key| vec![Some(tracked.show(task))];
    Rows(found.finish().iter().map(row).collect())
}

fn limit(max_rows: Option<i32>) -> usize {
    let limit = max_rows.and_then(|rows| usize::try_from(rows).ok());
    limit.filter(|rows| *rows > 0).unwrap_or_else(|| {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "argument \"max_rows\" must be at least 1",
        )
        .hint("Leave it out for 50. Keys of type integer are asked for with ready_tasks(..., key => null::integer).")
        .raise()
    })
}

/// The tasks that the caller sees, among those that are offered.
struct Found<'tracked> {
    tracked: &'tracked Tracked,
    limit: usize,
    /// How many are looked up at once: as many as are wanted, and more where most are hidden.
    at_once: usize,
    offered: Vec<Key>,
    seen: Vec<Key>,
}

impl<'tracked> Found<'tracked> {
    const MOST_AT_ONCE: usize = 1000;

    fn new(tracked: &'tracked Tracked, limit: usize) -> Self {
        Self {
            tracked,
            limit,
            at_once: limit.min(Self::MOST_AT_ONCE),
            offered: Vec::new(),
            seen: Vec::new(),
        }
    }

    fn offer(&mut self, task: Key) -> ControlFlow<()> {
        self.offered.push(task);
        if self.offered.len() >= self.at_once {
            self.look_up();
            self.at_once = (2 * self.at_once).min(Self::MOST_AT_ONCE);
        }
        if self.seen.len() >= self.limit {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn look_up(&mut self) {
        let visible = visible::among(self.tracked, &self.offered);
        let offered = self.offered.drain(..);
        self.seen
            .extend(offered.filter(|task| visible.contains(task)));
    }

    fn finish(mut self) -> Vec<Key> {
        if self.seen.len() < self.limit && !self.offered.is_empty() {
            self.look_up();
        }
        self.seen.truncate(self.limit);
        self.seen
    }
}
