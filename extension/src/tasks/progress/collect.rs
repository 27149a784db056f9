//! The row trigger, which notes what changed, and the statement's, which works it off.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::pg::key::Key;
use crate::pg::pending::Pending;
use crate::pg::trigger::{Event, Firing};
use crate::pg::tuple::Row;

use super::super::settling;
use super::super::statuses::State;
use super::counters::Delta;
use super::roll_up::{self, RollUp};

thread_local! {
    static PENDING: Pending<Change> = Pending::new();
}

/// A task that counts for a parent from now on, or no longer.
#[derive(Clone)]
struct Change {
    roll_up: Rc<RollUp>,
    parent: Key,
    is_done: bool,
    /// None for a task that counts as one.
    weight: Option<String>,
    direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Comes,
    Goes,
}

/// Notes what the event changes.
pub(super) fn collect_progress(firing: &Firing<'_>) {
    let Some(roll_up) = roll_up::of_firing(firing) else {
        return;
    };
    match firing.event() {
        Event::Insert { new } => note(&roll_up, new, Direction::Comes),
        Event::Delete { old } => note(&roll_up, old, Direction::Goes),
        Event::Update { old, new } => {
            if !roll_up.agree(old, new) {
                note(&roll_up, old, Direction::Goes);
                note(&roll_up, new, Direction::Comes);
            }
        }
        Event::Other => {}
    }
}

fn note(roll_up: &Rc<RollUp>, task: Row<'_>, direction: Direction) {
    let Some(parent) = roll_up.parent(task) else {
        return;
    };
    let state = roll_up.statuses.state(task);
    if state == State::Cancelled {
        return;
    }
    let change = Change {
        roll_up: Rc::clone(roll_up),
        parent,
        is_done: state == State::Done,
        weight: roll_up.weight(task),
        direction,
    };
    PENDING.with(|pending| pending.note(roll_up.group, change));
}

/// Says that a statement begins, or works off what it changed.
pub(super) fn settle_progress(firing: &Firing<'_>) {
    PENDING.with(|pending| settling::settle(firing, pending, work_off));
}

fn work_off(changes: Vec<Change>) {
    let mut of_roll_up: BTreeMap<_, (Rc<RollUp>, Sums)> = BTreeMap::new();
    for change in changes {
        let (_, sums) = of_roll_up
            .entry(change.roll_up.counters.order())
            .or_insert_with(|| (Rc::clone(&change.roll_up), Sums::default()));
        sums.add(change);
    }
    for (roll_up, sums) in of_roll_up.into_values() {
        let deltas = sums.deltas();
        if !deltas.is_empty() {
            roll_up.counters.apply(&deltas);
        }
    }
}

/// What is added up here: tasks that count as one. Weights are added up by PostgreSQL.
#[derive(Default)]
struct Sums {
    counted: BTreeMap<Key, (i64, i64)>,
    weighed: Vec<Delta>,
}

impl Sums {
    fn add(&mut self, change: Change) {
        let goes = change.direction == Direction::Goes;
        let Some(weight) = change.weight else {
            let (done, total) = self.counted.entry(change.parent).or_default();
            let one = if goes { -1 } else { 1 };
            *total += one;
            *done += if change.is_done { one } else { 0 };
            return;
        };
        let weight = if goes { format!("-{weight}") } else { weight };
        self.weighed.push(Delta {
            parent: change.parent,
            done: if change.is_done {
                weight.clone()
            } else {
                "0".to_owned()
            },
            total: weight,
        });
    }

    fn deltas(self) -> Vec<Delta> {
        let counted = self
            .counted
            .into_iter()
            .filter(|(_, sums)| *sums != (0, 0))
            .map(|(parent, (done, total))| Delta {
                parent,
                done: done.to_string(),
                total: total.to_string(),
            });
        counted.chain(self.weighed).collect()
    }
}
