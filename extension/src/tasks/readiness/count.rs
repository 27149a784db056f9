//! Counting the blockers of the tasks that a statement touched, by what changed or as a whole.

use std::collections::BTreeSet;

use crate::pg::key::Key;
use crate::pg::row_lock::Strength;

use super::super::statuses::State;
use super::settle::{Counting, Settlement};

impl Settlement<'_> {
    /// To be called with all rows locked that are known to be needed.
    pub(super) fn count(&mut self) {
        self.count_wholes();
        if self.counting == Counting::ByChanges {
            self.count_links();
        }
        self.count_states();
        if self.counting == Counting::Whole {
            self.count_touched();
        }
    }

    fn count_wholes(&mut self) {
        let wholes: Vec<Key> = self
            .net
            .tasks
            .iter()
            .filter(|(key, task)| self.counting_of(key, task) == Counting::Whole)
            .map(|(key, _)| key.clone())
            .collect();
        for key in wholes {
            let blockers = self.blockers(&key);
            let others = blockers
                .iter()
                .filter(|blocker| !self.net.tasks.contains_key(blocker))
                .cloned()
                .collect();
            self.lock_ends(others, Strength::KeyShare, true);
            let blocking = blockers
                .iter()
                .filter(|blocker| self.blocks(self.state_after(blocker)))
                .count();
            self.wholes
                .insert(key, i64::try_from(blocking).unwrap_or(i64::MAX));
        }
    }

    fn count_links(&mut self) {
        for (link, count) in &self.net.links {
            if self.blocks(self.state_before(&link.blocker)) {
                self.add(&link.task, *count);
            }
        }
    }

    /// Counts the edges of all tasks that something was noted of. In whatever order changes are worked off, and
    /// however often, the last time comes to what is stored: the row of the task is locked, and so are those of
    /// the blockers to which it has new edges.
    fn count_touched(&mut self) {
        let touched: BTreeSet<Key> = self
            .net
            .tasks
            .iter()
            .filter(|(_, task)| task.may_change_state())
            .map(|(key, _)| key)
            .chain(self.net.links.keys().map(|link| &link.task))
            .chain(self.deltas.keys())
            .filter(|key| !self.wholes.contains_key(key))
            .cloned()
            .collect();
        for key in touched {
            if self.state_after(&key).is_none() {
                continue;
            }
            let blocking = self
                .blockers(&key)
                .iter()
                .filter(|blocker| self.blocks(self.state_known(blocker)))
                .count();
            self.wholes
                .insert(key, i64::try_from(blocking).unwrap_or(i64::MAX));
        }
    }

    /// The state that a task is going to have, locked or not.
    pub(super) fn state_known(&self, key: &Key) -> Option<State> {
        if self.net.tasks.contains_key(key) || self.row_of(key).is_some() {
            return self.state_after(key);
        }
        self.stored_state(key)
    }

    fn count_states(&mut self) {
        let changed: Vec<(Key, i64)> = self
            .net
            .tasks
            .keys()
            .filter_map(|key| {
                let before = self.blocks(self.state_before(key));
                let after = self.blocks(self.state_after(key));
                let delta = i64::from(after) - i64::from(before);
                (delta != 0).then(|| (key.clone(), delta))
            })
            .collect();
        let dependents: Vec<(Key, Vec<Key>, i64)> = changed
            .into_iter()
            .map(|(key, delta)| {
                let dependents = self.dependents(&key);
                (key, dependents, delta)
            })
            .collect();
        for of_new in [false, true] {
            let ends = dependents
                .iter()
                .filter(|(key, ..)| self.row_of(key).is_none() == of_new)
                .flat_map(|(_, dependents, _)| dependents)
                .filter(|dependent| !self.net.tasks.contains_key(dependent))
                .cloned()
                .collect();
            self.lock_ends(ends, Strength::NoKeyExclusive, of_new);
        }
        for (key, dependents, delta) in dependents {
            for dependent in dependents {
                self.add(&dependent, delta);
                if delta > 0 {
                    self.reopened.push((key.clone(), dependent));
                }
            }
        }
    }

    fn add(&mut self, task: &Key, count: i64) {
        if !self.wholes.contains_key(task) {
            *self.deltas.entry(task.clone()).or_default() += count;
        }
    }
}
