//! What the changes of a statement come to: for each task whether it is there now and what it is like, for each
//! edge how many more or fewer there are.
//!
//! Rows of one statement can change places (`update tasks set id = 3 - id`), so for one key arrivals and
//! departures come in any order; what counts is how many there were of each. Where that does not tell what the
//! task is like now, it is looked at (`stored`).

use std::collections::{BTreeMap, HashMap};

use pgrx::pg_sys;

use crate::pg::key::Key;

use super::super::statuses::State;
use super::note::{Change, Link, TaskChange};
use super::task_columns::Values;

/// The sum of many changes.
#[derive(Default)]
pub(super) struct Net {
    pub(super) tasks: BTreeMap<Key, TaskNet>,
    pub(super) links: HashMap<Link, i64>,
}

/// The sum of the changes of one key.
#[derive(Default)]
pub(super) struct TaskNet {
    /// The table that it was last noted in.
    pub(super) table: pg_sys::Oid,
    arrived: i32,
    stayed: i32,
    left: i32,
    /// How many rows came to each state, less those that left it.
    states: [i32; State::ALL.len()],
    values: Option<Values>,
}

/// What becomes of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was not there before, and is now.
    New,
    /// It is there, as it was before.
    Stays,
    Goes,
}

impl Net {
    pub(super) fn of(changes: Vec<Change>) -> Self {
        let mut net = Self::default();
        for change in changes {
            net.add(change);
        }
        net
    }

    /// Leaves out the edges that came and went: where they were not counted meanwhile.
    pub(super) fn leave_out_passing_links(&mut self) {
        self.links.retain(|_, count| *count != 0);
    }

    fn add(&mut self, change: Change) {
        match change {
            Change::Task(key, table, what) => {
                let task = self.tasks.entry(key).or_default();
                task.table = table;
                task.add(what);
            }
            Change::Linked(link) => *self.links.entry(link).or_default() += 1,
            Change::Unlinked(link) => *self.links.entry(link).or_default() -= 1,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.links.is_empty()
    }
}

impl TaskNet {
    fn add(&mut self, change: TaskChange) {
        let (before, after) = match change {
            TaskChange::Arrived(values) => {
                self.arrived += 1;
                (None, Some(values))
            }
            TaskChange::Stayed(before, values) => {
                self.stayed += 1;
                (Some(before), Some(values))
            }
            TaskChange::Left(before) => {
                self.left += 1;
                (Some(before), None)
            }
        };
        if let Some(before) = before {
            self.states[before.index()] -= 1;
        }
        if let Some(values) = after {
            self.states[values.state.index()] += 1;
            self.values = Some(values);
        }
    }

    /// True where it cannot be told from what was noted what the task is like: the order is unknown. A row that made
    /// way for another one under the same key is no such case, where it is known that it was there.
    pub(super) fn is_doubtful(&self, has_row: bool) -> bool {
        match (self.arrived, self.stayed, self.left) {
            (1, 0, 1) => !has_row,
            (arrived, stayed, left) => arrived + stayed + left > 1,
        }
    }

    /// What becomes of the task, which has a row in the side table or not.
    pub(super) fn fate(&self, has_row: bool) -> Fate {
        match self.arrived - self.left {
            1.. => Fate::New,
            ..=-1 => Fate::Goes,
            0 if self.stayed > 0 || has_row => Fate::Stays,
            0 => Fate::Goes,
        }
    }

    /// What becomes of the task, of which it is known whether it is stored.
    pub(super) fn fate_of_stored(&self, is_stored: bool, has_row: bool) -> Fate {
        match (is_stored, has_row) {
            (false, _) => Fate::Goes,
            (true, false) if self.arrived > self.left => Fate::New,
            (true, _) => Fate::Stays,
        }
    }

    /// What the task was like last, by what was noted.
    pub(super) fn values(&self) -> Option<&Values> {
        self.values.as_ref()
    }

    /// The state that the task had first, where it was there: what is left when each row that was replaced is taken
    /// from what replaced it, in whatever order they were noted. None where it has come back to that.
    pub(super) fn first_state(&self) -> Option<State> {
        State::ALL
            .into_iter()
            .find(|state| self.states[state.index()] < 0)
    }

    /// True where what others wait for may be another now.
    pub(super) fn may_change_state(&self) -> bool {
        let stayed_once = (self.arrived, self.stayed, self.left) == (0, 1, 0);
        !stayed_once || self.states.iter().any(|count| *count != 0)
    }
}
