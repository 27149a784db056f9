//! Working off what a statement did: the states of its tasks, and the counters of what waits for them.
//!
//! The invariant: a task's counter is the number of its *counted* edges whose blocker blocks, by the state that
//! the side table has of it. Every counter is then kept by two rules. An edge that comes or goes counts by the
//! state that the side table has of its blocker. A blocker whose state changes there counts for every counted
//! edge that leads to it. The second rule reads the edges that are stored; of these, the ones that this very
//! statement made are not counted yet, and the ones that it deleted still are. So both rules together come to:
//! *edges first, by the states from before; then the states, for all edges that are stored*.
//!
//! Why it is right for sessions that run at the same time:
//! - A state changes only under the exclusive lock on its row, and the edges are read after that. An edge is
//!   counted only under a key-share lock on its blocker's row. Each is held to the end of the transaction.
//!   So an edge that another transaction has made and not committed is either committed and seen when the state
//!   changes, or counted afterwards by the new state: once in any case.
//! - A counter changes only under a lock on its row that no two transactions can have, and what it was is read
//!   from the newest version, under any isolation level. So is what a refusal is decided by: a task is done
//!   only while its counter is known to be zero, and whoever reopens a blocker waits for that row.
//! - A blocker without a row does not block, and a task without one has no counter. What gets a row later counts
//!   the edges that are stored then. Whoever relies on a row being missing and whoever adds one wait for each
//!   other through a lock on the whole side table, unless foreign keys see to it that it cannot happen. (Two
//!   that add the rows of both ends of an edge do both: one of them has to retry.)
//!
//! All that holds where every row that is stored is noted. Where some may not be (`note` tells when), each task that
//! something is noted of is counted whole, by the edges that are stored; and so it is when the rest is noted.
//!
//! Rows are locked in the order of their keys, all that are known to be needed at once: so statements wait for
//! each other in one direction. What turns out to be needed only then is locked as it comes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use pgrx::pg_sys;

use crate::pg::edges::{Edges, End};
use crate::pg::key::Key;
use crate::pg::lock::{self, Class, Mode};
use crate::pg::relation::Lock;
use crate::pg::row_lock::{LockedRow, Patience, Strength};
use crate::pg::scan::{Indexed, View};

use super::super::statuses::State;
use super::net::{Fate, Net, TaskNet};
use super::note::PENDING;
use super::refuse;
use super::stored::StoredTasks;
use super::task_columns::Values;
use super::tracker::{Tracker, column};
use super::write;

/// Works off what is noted for a group.
pub(in crate::tasks) fn settle(group: pg_sys::Oid, counting: Counting) {
    let is_distrusted = PENDING.with(|pending| {
        if counting == Counting::Whole {
            pending.distrust(group);
        }
        pending.is_distrusted(group)
    });
    let mut net = Net::of(PENDING.with(|pending| pending.take(group)));
    if net.is_empty() {
        return;
    }
    loop {
        let tracker = Tracker::of(group);
        let has_partitions = tracker
            .edges
            .as_ref()
            .is_some_and(|edges| edges.has_partitions);
        let counting = if is_distrusted || has_partitions {
            Counting::Whole
        } else {
            net.leave_out_passing_links();
            Counting::ByChanges
        };
        // What is open is locked, so that nobody alters it any more.
        let Some(tables) = Tables::open(&tracker).filter(|_| tracker.is_current()) else {
            continue;
        };
        Settlement::new(&tracker, &tables, &net, counting).run();
        return;
    }
}

/// The tables of a group, open.
pub(super) struct Tables<'tracker> {
    pub(super) side: Indexed,
    pub(super) edges: Option<Edges<'tracker>>,
}

impl<'tracker> Tables<'tracker> {
    /// None where one of them is gone.
    fn open(tracker: &'tracker Tracker) -> Option<Self> {
        let edges = match &tracker.edges {
            None => None,
            Some(edges) => Some(Edges::open(&edges.sources, None)?),
        };
        Some(Self {
            side: Indexed::try_open(tracker.side.table, Lock::RowExclusive)?,
            edges,
        })
    }
}

/// A row of the side table, locked, as it was when this statement came to it.
#[derive(Clone, Copy)]
pub(super) struct Held<'open> {
    pub(super) row: LockedRow<'open>,
    pub(super) state: State,
    pub(super) open_blockers: i32,
}

/// How a task comes to its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum Counting {
    /// By what changes.
    ByChanges,
    /// By all edges that are stored: it has no row yet, and may have edges from before; or there may be edges that
    /// nothing is noted of, or that were counted already.
    Whole,
}

/// What a task comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) state: State,
    pub(super) open_blockers: i32,
}

pub(super) struct Settlement<'open> {
    pub(super) tracker: &'open Tracker,
    pub(super) tables: &'open Tables<'open>,
    pub(super) net: &'open Net,
    pub(super) counting: Counting,
    /// What was looked for, and locked if it is there.
    pub(super) held: HashMap<Key, (Strength, Option<Held<'open>>)>,
    /// What is stored of the tasks of which that is not clear otherwise; none where there is none any more.
    stored: HashMap<Key, Option<Values>>,
    /// What the counters change by.
    pub(super) deltas: BTreeMap<Key, i64>,
    /// The counters that are counted as a whole.
    pub(super) wholes: HashMap<Key, i64>,
    /// The tasks that wait for one that blocks again.
    pub(super) reopened: Vec<(Key, Key)>,
}

impl<'open> Settlement<'open> {
    fn new(
        tracker: &'open Tracker,
        tables: &'open Tables<'open>,
        net: &'open Net,
        counting: Counting,
    ) -> Self {
        Self {
            tracker,
            tables,
            net,
            counting,
            held: HashMap::new(),
            stored: HashMap::new(),
            deltas: BTreeMap::new(),
            wholes: HashMap::new(),
            reopened: Vec::new(),
        }
    }

    fn run(mut self) {
        for (key, strength) in self.known_to_be_needed() {
            self.lock(&key, strength);
        }
        self.look_at_stored();
        self.lock_missing();
        self.count();
        refuse::check(&self);
        write::write(&self);
    }

    /// The rows that are going to be needed, as far as that can be told before they are locked.
    fn known_to_be_needed(&self) -> BTreeMap<Key, Strength> {
        let mut needed = BTreeMap::new();
        let mut need = |key: &Key, strength: Strength| {
            let known = needed.entry(key.clone()).or_insert(strength);
            *known = strength.max(*known);
        };
        for (key, task) in &self.net.tasks {
            if self.counting == Counting::ByChanges && !task.may_change_state() {
                need(key, Strength::NoKeyExclusive);
                continue;
            }
            need(key, Strength::Exclusive);
            if task.is_doubtful(true) || task.fate(true) == Fate::Stays {
                for dependent in self.dependents(key) {
                    need(&dependent, Strength::NoKeyExclusive);
                }
            }
        }
        for link in self.net.links.keys() {
            need(&link.task, Strength::NoKeyExclusive);
            need(&link.blocker, Strength::KeyShare);
        }
        needed
    }

    pub(super) fn dependents(&self, blocker: &Key) -> Vec<Key> {
        let Some(edges) = &self.tables.edges else {
            return Vec::new();
        };
        let found = edges.with(blocker, End::Dependency, View::Latest);
        found.into_iter().map(|edge| edge.task).collect()
    }

    pub(super) fn blockers(&self, task: &Key) -> Vec<Key> {
        let Some(edges) = &self.tables.edges else {
            return Vec::new();
        };
        let found = edges.with(task, End::Task, View::Latest);
        found.into_iter().map(|edge| edge.dependency).collect()
    }

    /// Locks the row of a task, unless that is done. One that was missing is looked for again.
    fn lock(&mut self, key: &Key, strength: Strength) -> Option<Held<'open>> {
        if let Some((known, Some(held))) = self.held.get(key)
            && *known >= strength
        {
            return Some(*held);
        }
        let side = &self.tables.side;
        let row = side
            .lock(&self.tracker.side.by_task, key, strength, Patience::Wait)
            .row();
        let held = row.map(|row| Held {
            state: State::of_number(row.row().value(column::STATE).as_smallint()),
            open_blockers: row.row().value(column::OPEN_BLOCKERS).as_integer(),
            row,
        });
        self.held.insert(key.clone(), (strength, held));
        held
    }

    pub(super) fn row_of(&self, key: &Key) -> Option<&Held<'open>> {
        self.held.get(key)?.1.as_ref()
    }

    /// Looks at the tasks of which it is not clear what they are like.
    fn look_at_stored(&mut self) {
        let mut tasks = StoredTasks::of(self.tracker);
        for (key, task) in &self.net.tasks {
            let has_row = self.row_of(key).is_some();
            if self.counting == Counting::Whole || task.is_doubtful(has_row) {
                let values = tasks.values(task.table, key);
                self.stored.insert(key.clone(), values);
            }
        }
    }

    /// What a task is like now that something is noted of.
    pub(super) fn values(&self, key: &Key) -> Option<&Values> {
        match self.stored.get(key) {
            Some(stored) => stored.as_ref(),
            None => self.net.tasks.get(key)?.values(),
        }
    }

    fn fate(&self, key: &Key, task: &TaskNet) -> Fate {
        let has_row = self.row_of(key).is_some();
        match self.stored.get(key) {
            Some(stored) => task.fate_of_stored(stored.is_some(), has_row),
            None => task.fate(has_row),
        }
    }

    pub(super) fn counting_of(&self, key: &Key, task: &TaskNet) -> Counting {
        let can_dangle = self
            .tracker
            .edges
            .as_ref()
            .is_some_and(|edges| edges.can_dangle);
        match (self.row_of(key), self.fate(key, task)) {
            // It exists, but was loaded past the triggers.
            (None, Fate::Stays) => Counting::Whole,
            (None, Fate::New) if can_dangle => Counting::Whole,
            _ => Counting::ByChanges,
        }
    }

    /// Sees to it that rows that are missing stay missing, or that nobody relies on their being so.
    fn lock_missing(&mut self) {
        if self.tracker.edges.is_none() {
            return;
        }
        let adds = self
            .net
            .tasks
            .iter()
            .any(|(key, task)| self.counting_of(key, task) == Counting::Whole);
        if adds {
            self.presence().acquire(Mode::IntentionExclusive);
        }
        let ends = self.net.links.keys().flat_map(|link| {
            [
                (&link.task, Strength::NoKeyExclusive),
                (&link.blocker, Strength::KeyShare),
            ]
        });
        let missing: BTreeMap<Key, Strength> = ends
            .filter(|(key, _)| self.row_of(key).is_none() && !self.net.tasks.contains_key(key))
            .map(|(key, strength)| (key.clone(), strength))
            .collect();
        self.look_again(missing);
    }

    fn presence(&self) -> lock::Lock {
        lock::Lock::on(Class::Tasks, self.tracker.side.table, b"")
    }

    /// Waits for those who add rows, and keeps others from it, and looks again for what was missing.
    fn look_again(&mut self, missing: BTreeMap<Key, Strength>) {
        if missing.is_empty() {
            return;
        }
        self.presence().acquire(Mode::Shared);
        for (key, strength) in missing {
            self.lock(&key, strength);
        }
    }

    /// Locks the other ends of edges. Those of a task that gets its row only now are looked for again where they
    /// are missing: the other end may be getting its own.
    pub(super) fn lock_ends(&mut self, ends: BTreeSet<Key>, strength: Strength, of_new: bool) {
        let mut missing = BTreeMap::new();
        for end in ends {
            if self.lock(&end, strength).is_none() && of_new {
                missing.insert(end, strength);
            }
        }
        self.look_again(missing);
    }

    /// The state that the side table has of a task before this statement, if it has any. What foreign keys
    /// guard is as if it had come before its edges.
    pub(super) fn state_before(&self, key: &Key) -> Option<State> {
        if let Some(task) = self.net.tasks.get(key)
            && self.row_of(key).is_none()
            && self.counting_of(key, task) == Counting::ByChanges
        {
            return self.state_after(key);
        }
        self.row_of(key).map(|held| held.state)
    }

    /// The state that it is going to have.
    pub(super) fn state_after(&self, key: &Key) -> Option<State> {
        let row = self.row_of(key);
        let Some(task) = self.net.tasks.get(key) else {
            return row.map(|held| held.state);
        };
        if self.fate(key, task) == Fate::Goes {
            return None;
        }
        if let Some(held) = row
            && !task.may_change_state()
            && !self.stored.contains_key(key)
        {
            return Some(held.state);
        }
        self.values(key).map(|values| values.state)
    }

    pub(super) fn blocks(&self, state: Option<State>) -> bool {
        state.is_some_and(|state| state.blocks(&self.tracker.choice))
    }

    /// What a task comes to; none where it has no row then.
    pub(super) fn standing(&self, key: &Key) -> Option<Standing> {
        let state = self.state_after(key)?;
        let before = self
            .row_of(key)
            .map_or(0, |held| i64::from(held.open_blockers));
        let open_blockers = self
            .wholes
            .get(key)
            .copied()
            .unwrap_or_else(|| before + self.deltas.get(key).copied().unwrap_or_default());
        Some(Standing {
            state,
            // What was loaded past the triggers may not have been counted.
            open_blockers: i32::try_from(open_blockers.max(0)).unwrap_or(i32::MAX),
        })
    }

    /// The tasks that are going to be written.
    pub(super) fn touched(&self) -> BTreeSet<&Key> {
        self.net
            .tasks
            .keys()
            .chain(self.deltas.keys())
            .chain(self.wholes.keys())
            .collect()
    }

    /// The tasks that become done by this statement, in the order of their keys.
    pub(super) fn completed(&self) -> impl Iterator<Item = &Key> {
        self.net
            .tasks
            .iter()
            .filter(|(key, task)| {
                // The side table may know of it already, where all was counted meanwhile.
                let kept = self.row_of(key).map(|held| held.state);
                let after = self.state_after(key);
                let noted = task
                    .first_state()
                    .or(after)
                    .filter(|_| self.fate(key, task) == Fate::Stays);
                let was_done = noted.or(kept) == Some(State::Done)
                    && kept.is_none_or(|kept| kept == State::Done);
                after == Some(State::Done) && !was_done
            })
            .map(|(key, _)| key)
    }

    /// The links that are new, with their tasks and blockers there.
    pub(super) fn new_links(&self) -> impl Iterator<Item = (&Key, &Key)> {
        let links = self.net.links.iter().filter(|(_, count)| **count > 0);
        links.map(|(link, _)| (&link.task, &link.blocker))
    }

    /// The tasks that were done before this statement already.
    pub(super) fn was_done(&self, key: &Key) -> bool {
        self.row_of(key)
            .is_some_and(|held| held.state == State::Done)
    }

    /// The state that a task has whose row is not locked: only to be shown.
    pub(super) fn stored_state(&self, key: &Key) -> Option<State> {
        let mut state = None;
        let side = &self.tables.side;
        side.rows_with(&self.tracker.side.by_task, key, View::Latest, |row| {
            state = Some(State::of_number(row.value(column::STATE).as_smallint()));
            ControlFlow::Break(())
        });
        state
    }
}
