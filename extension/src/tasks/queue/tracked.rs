//! A table of tasks, as a call names it.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};

use super::super::readiness::tracker::Tracker;
use super::layout::Layout;

/// A table of tasks whose completion is tracked, open.
pub(in crate::tasks) struct Tracked {
    pub(in crate::tasks) table: Relation,
    pub(in crate::tasks) tracker: Rc<Tracker>,
    pub(in crate::tasks) layout: Rc<Layout>,
}

impl Tracked {
    /// Errors: 42704 where the tasks are not tracked.
    pub(in crate::tasks) fn of(tasks: pg_sys::Oid) -> Self {
        let table = Relation::open(tasks, Lock::AccessShare);
        let tracker = Tracker::of_tasks(&table);
        let Some(layout) = Layout::of(&table, &tracker) else {
            side_table_has_changed(&table)
        };
        Self {
            table,
            tracker,
            layout,
        }
    }

    pub(in crate::tasks) fn key_type(&self) -> KeyType {
        self.tracker.key_type
    }

    pub(in crate::tasks) fn show(&self, task: &Key) -> String {
        self.key_type().show(task)
    }

    /// The condition that a row is that task.
    pub(in crate::tasks) fn is_task(&self, task: &Key) -> String {
        format!(
            "{} operator(pg_catalog.=) {}::{}",
            name::identifier(&self.layout.key.name),
            name::literal(&self.show(task)),
            self.key_type().sql_name(),
        )
    }

    /// The error for a task that is not there, or that the caller does not see.
    pub(in crate::tasks) fn no_such_task(&self, task: &Key) -> ! {
        Report::new(
            SqlState::NO_DATA_FOUND,
            format!(
                "there is no task {} in {}",
                self.show(task),
                self.table.qualified_name()
            ),
        )
        .hint("It was deleted, or a policy hides it from you.")
        .table(&self.table)
        .raise()
    }

    /// False where something has changed since.
    pub(super) fn is_current(&self) -> bool {
        self.tracker.is_current()
            && Layout::of(&self.table, &self.tracker)
                .is_some_and(|layout| Rc::ptr_eq(&layout, &self.layout))
    }
}

fn side_table_has_changed(tasks: &Relation) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "the side table of {} is gone or has changed",
            tasks.qualified_name()
        ),
    )
    .hint("Detach, and attach again with select steward.track_completion(...).")
    .table(tasks)
    .raise()
}
