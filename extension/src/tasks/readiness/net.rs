//! What the changes of a statement come to: for each task whether it is there now and what it is like, for each
//! edge how many more or fewer there are.
//!
//! Rows of one statement can change places (`update tasks set id = 3 - id`), so for one key arrivals and
//! departures come in any order; what counts is how many there were of each.

use std::collections::{BTreeMap, HashMap};

use crate::pg::key::Key;

use super::super::statuses::State;
use super::note::{Change, Link, Values};

/// The sum of many changes.
#[derive(Default)]
pub(super) struct Net {
    pub(super) tasks: BTreeMap<Key, TaskNet>,
    pub(super) links: HashMap<Link, i64>,
}

/// The sum of the changes of one key.
#[derive(Default)]
pub(super) struct TaskNet {
    balance: i32,
    has_arrived: bool,
    is_known_to_have_been: bool,
    /// What it was like first, as far as it was changed.
    pub(super) first_state: Option<State>,
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
        net.links.retain(|_, count| *count != 0);
        net
    }

    fn add(&mut self, change: Change) {
        match change {
            Change::Arrived(key, values) => {
                let task = self.tasks.entry(key).or_default();
                task.balance += 1;
                task.has_arrived = true;
                task.values = Some(values);
            }
            Change::Left(key) => {
                let task = self.tasks.entry(key).or_default();
                task.balance -= 1;
                task.is_known_to_have_been |= !task.has_arrived;
            }
            Change::Stayed(key, before, values) => {
                let task = self.tasks.entry(key).or_default();
                task.is_known_to_have_been |= !task.has_arrived;
                task.first_state.get_or_insert(before);
                task.values = Some(values);
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
    /// What becomes of the task, which has a row in the side table or not.
    pub(super) fn fate(&self, has_row: bool) -> Fate {
        match self.balance {
            1.. => Fate::New,
            ..=-1 => Fate::Goes,
            0 if self.is_known_to_have_been || has_row => Fate::Stays,
            0 => Fate::Goes,
        }
    }

    /// What the task is like now, if it is there.
    pub(super) fn values(&self) -> Option<&Values> {
        self.values.as_ref()
    }

    /// True where what others wait for may be another now.
    pub(super) fn may_change_state(&self) -> bool {
        let unchanged = self.balance == 0
            && !self.has_arrived
            && self.values.as_ref().map(|values| values.state) == self.first_state;
        !unchanged
    }
}
