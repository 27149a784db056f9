//! The side table as a queue: what can be begun, the best first.
//!
//! An index holds all rows with those first that are `is_ready` (open, unblocked, not claimed), by priority,
//! due date and key; so the first of them cost the same in a queue of a thousand and of a million. A task
//! whose claim has expired is ready too, which nobody has written down: there is an index on the ends of
//! claims, and the few that have ended are sorted in between.

use std::ops::ControlFlow;
use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::kept_value::{KeptColumn, KeptValue};
use crate::pg::key::Key;
use crate::pg::ordered::{Condition, rows_from_the_end, rows_in_order};
use crate::pg::relation::Lock;
use crate::pg::row_lock::LockedRow;
use crate::pg::scan::{Indexed, View};
use crate::pg::side_table::Writer;
use crate::pg::tuple::{Row, Value};

pub(super) mod columns;
pub(super) mod labels;
mod layout;
mod precedence;
pub(super) mod tracked;
pub(super) mod visible;

use super::completion::choice::MostUrgent;
use columns::{Expired, is_free};
use layout::Layout;
use precedence::Precedence;
use tracked::Tracked;

/// The side table, open.
pub(super) struct Queue {
    pub(super) table: Indexed,
    pub(super) layout: Rc<Layout>,
}

impl Queue {
    /// Opens a table of tasks and its side table.
    ///
    /// Errors: 42704 where the tasks are not tracked.
    pub(super) fn open(tasks: pg_sys::Oid, lock: Lock) -> (Tracked, Self) {
        loop {
            let tracked = Tracked::of(tasks);
            let opened = Indexed::try_open(tracked.tracker.side.table, lock);
            // What is open is locked. Before, the tasks may have been attached anew.
            if let Some(table) = opened
                && tracked.is_current()
            {
                let layout = Rc::clone(&tracked.layout);
                return (tracked, Self { table, layout });
            }
        }
    }

    /// Which priorities come first: those of the call, else those of the attachment.
    pub(super) fn precedence(&self, tracked: &Tracked, asked: Option<&[String]>) -> Precedence {
        let table = &tracked.table;
        let labels = match (asked, &self.layout.columns.priority) {
            (Some(labels), Some(_)) if !labels.is_empty() => labels,
            (_, Some(_)) => &tracked.tracker.choice.priorities,
            (Some(_), None) => Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!(
                    "argument \"priorities\" is given, and no priority is tracked of the tasks in {}",
                    table.qualified_name()
                ),
            )
            .hint("Attach again with the column: select steward.track_completion(..., priority => '...').")
            .table(table)
            .raise(),
            (None, None) => &[],
        };
        let Some(priority) = &self.layout.columns.priority else {
            return Precedence::default();
        };
        let most_urgent = tracked.tracker.choice.most_urgent;
        Precedence::read(table, &priority.column, labels, most_urgent)
    }

    /// Writes columns of a row that is locked.
    pub(super) fn write(&self, row: LockedRow<'_>, values: &[(i16, Value<'_>)]) {
        let mut writer = Writer::open(self.table.relation());
        writer.replace(row.location(), row.row().with_all(values));
        writer.close();
    }

    /// Calls `each` with all tasks that are ready at `time`, the best first, until it breaks. Under a view that
    /// is no snapshot a task may come twice.
    pub(super) fn best_first(
        &self,
        precedence: &Precedence,
        view: View,
        time: i64,
        mut each: impl FnMut(Key) -> ControlFlow<()>,
    ) {
        let columns = &self.layout.columns;
        let mut expired = self.expired(precedence, view, time).into_iter().peekable();
        let flow = self.ready(precedence, view, |row| {
            while let Some(other) =
                expired.next_if(|other| columns.compare(precedence, other, row).is_lt())
            {
                each(other.task)?;
            }
            columns
                .task(row)
                .map_or(ControlFlow::Continue(()), &mut each)
        });
        if flow.is_continue() {
            let _ = expired.try_for_each(|other| each(other.task));
        }
    }

    /// Calls `each` with the rows that are marked ready, in their order.
    fn ready(
        &self,
        precedence: &Precedence,
        view: View,
        mut each: impl FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let table = self.table.relation();
        let run = |condition: Option<Condition<'_>>,
                   each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>| {
            let ready = Condition::Equal(Value::boolean(true));
            let conditions: Vec<_> = [ready].into_iter().chain(condition).collect();
            let mut flow = ControlFlow::Continue(());
            rows_in_order(table, self.layout.ready_index, &conditions, view, |row| {
                flow = each(row);
                flow
            });
            flow
        };
        let is_downwards = precedence.most_urgent() == MostUrgent::Highest;
        let Some(priority) = self
            .layout
            .columns
            .priority
            .as_ref()
            .filter(|_| precedence.is_given() || is_downwards)
        else {
            return run(None, &mut each);
        };
        for label in precedence.labels() {
            run(Some(Condition::Equal(*label)), &mut each)?;
        }
        if is_downwards {
            // The index has due dates in one direction, so each priority is read for itself.
            let mut last = self.highest_below(None, view);
            while let Some(next) = last {
                let value = next.value();
                if precedence.label(priority.order, value).is_none() {
                    run(Some(Condition::Equal(value)), &mut each)?;
                }
                last = self.highest_below(Some(value), view);
            }
            return run(Some(Condition::Null), &mut each);
        }
        // All others. Where one of the labels is met, the search goes on behind it.
        let mut above = None;
        loop {
            let mut met = None;
            let mut ended = ControlFlow::Continue(());
            let _ = run(above.map(Condition::Above), &mut |row| {
                let value = row.value(priority.column.number);
                met = precedence.label(priority.order, value);
                if met.is_some() || value.is_null() {
                    return ControlFlow::Break(());
                }
                ended = each(row);
                ended
            });
            ended?;
            match met {
                Some(label) => above = Some(label),
                None => return run(Some(Condition::Null), &mut each),
            }
        }
    }

    /// The highest priority of a task that is marked ready, below another one.
    fn highest_below(&self, bound: Option<Value<'_>>, view: View) -> Option<KeptValue> {
        let priority = self.layout.columns.priority.as_ref()?;
        let column = KeptColumn::of(&priority.column);
        let condition = bound.map_or(Condition::NotNull, Condition::Below);
        let conditions = [Condition::Equal(Value::boolean(true)), condition];
        let (table, index) = (self.table.relation(), self.layout.ready_index);
        let mut highest = None;
        rows_from_the_end(table, index, &conditions, view, |row| {
            highest = Some(column.read(row));
            ControlFlow::Break(())
        });
        highest
    }

    /// The tasks whose claims have expired, in their order.
    fn expired(&self, precedence: &Precedence, view: View, time: i64) -> Vec<Expired> {
        let mut found = Vec::new();
        let until = [Condition::UpTo(Value::bigint(time))];
        let (table, columns) = (self.table.relation(), &self.layout.columns);
        rows_in_order(table, self.layout.lease_index, &until, view, |row| {
            if is_free(row, time) {
                found.extend(columns.expired(precedence, row));
            }
            ControlFlow::Continue(())
        });
        found.sort_by(|one, other| columns.compare_expired(precedence, one, other));
        found
    }
}
