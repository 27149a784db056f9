//! Whether the caller may claim a task: who may not update it, or does not see it, may not.

use std::ops::ControlFlow;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::relation::Lock;
use crate::pg::scan::{Indexed, LookUp, View};
use crate::pg::statement;

use super::super::queue::tracked::Tracked;
use super::super::queue::visible;

/// The caller, and how it is found out what it sees.
pub(super) struct Claimant<'tracked> {
    tracked: &'tracked Tracked,
    sight: Sight,
}

enum Sight {
    /// Every row that there is. They are looked up without a snapshot: at SERIALIZABLE one would leave
    /// predicate locks, over which innocent transactions fail.
    All(Indexed, LookUp),
    /// What its policies show it.
    Some,
}

impl<'tracked> Claimant<'tracked> {
    /// Errors: 42501 where the caller may not read the keys or not update the status.
    pub(super) fn caller(tracked: &'tracked Tracked) -> Self {
        let table = &tracked.table;
        visible::check_rights(tracked);
        if !table.is_updatable_by_current_user(std::slice::from_ref(&tracked.tracker.choice.status))
        {
            Report::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for table {}", table.name()),
            )
            .hint(format!(
                "Claiming a task needs the right to UPDATE its column {}.",
                name::identifier(&tracked.tracker.choice.status)
            ))
            .table(table)
            .raise()
        }
        Self {
            tracked,
            sight: sight(tracked),
        }
    }

    /// Those of the tasks that the caller sees, in their order.
    pub(super) fn sees(&self, tasks: Vec<Key>) -> Vec<Key> {
        match &self.sight {
            Sight::All(table, by_key) => tasks
                .into_iter()
                .filter(|task| is_there(table, by_key, task))
                .collect(),
            Sight::Some => statement::under_latest_snapshot(|| {
                let seen = visible::among(self.tracked, &tasks);
                tasks
                    .into_iter()
                    .filter(|task| seen.contains(task))
                    .collect()
            }),
        }
    }

    /// True where policies let the caller update the task, and nobody else is changing what they look at.
    ///
    /// A claim that writes the task's own row too locks that first: a completion locks the two in the same
    /// order.
    pub(super) fn may_update(&self, task: &Key) -> bool {
        let strength = match (&self.tracked.tracker.choice.assignee, &self.sight) {
            (Some(_), _) => "no key update",
            (None, Sight::Some) => "key share",
            (None, Sight::All(..)) => return true,
        };
        statement::lock_rows(&format!(
            "select from {} where {} for {strength} skip locked",
            self.tracked.table.qualified_name(),
            self.tracked.is_task(task),
        )) > 0
    }
}

fn sight(tracked: &Tracked) -> Sight {
    if tracked.table.hides_rows_from_current_user() {
        return Sight::Some;
    }
    let by_key = tracked.layout.by_key.clone();
    let table = Indexed::try_open(tracked.table.oid(), Lock::AccessShare);
    match (table, by_key) {
        (Some(table), Some(by_key)) => Sight::All(table, by_key),
        _ => Sight::Some,
    }
}

fn is_there(table: &Indexed, by_key: &LookUp, task: &Key) -> bool {
    let mut found = false;
    table.rows_with(by_key, task, View::Dirty, |_| {
        found = true;
        ControlFlow::Break(())
    });
    found
}
