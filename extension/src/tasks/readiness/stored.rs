//! Looking at the tasks that are stored, where what was noted of them does not tell what they are like now.
//!
//! Triggers do not fire in the order in which rows were written. What a BEFORE trigger does, or an AFTER trigger that
//! sorts before ours, is noted before the row that it fired for; so the last thing noted of a task need not be the last
//! that happened to it. And while rows may be stored of which nothing is noted yet, what is noted may be overtaken.
//!
//! Nobody else can be changing these rows: this transaction has written them, or removed them and keeps their place in
//! the unique index of the keys. A task stays in its partition as long as it has its key, because a unique index of
//! the keys alone is one of the column that the table is partitioned by.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::key::Key;
use crate::pg::relation::Lock;
use crate::pg::scan::{Indexed, LookUp, View};
use crate::pg::trigger_state;

use super::super::has_changed;
use super::task_columns::{TaskColumns, Values};
use super::tracker::Tracker;

/// How the tasks of one table are found and read.
struct Source {
    by_key: LookUp,
    columns: TaskColumns,
}

/// The tables that tasks are stored in, as far as they have been looked at.
pub(super) struct StoredTasks<'tracker> {
    tracker: &'tracker Tracker,
    open: HashMap<pg_sys::Oid, Option<(Indexed, Rc<Source>)>>,
}

impl<'tracker> StoredTasks<'tracker> {
    pub(super) fn of(tracker: &'tracker Tracker) -> Self {
        Self {
            tracker,
            open: HashMap::new(),
        }
    }

    /// What the task of that key is like now, if it is there.
    pub(super) fn values(&mut self, table: pg_sys::Oid, key: &Key) -> Option<Values> {
        let tracker = self.tracker;
        let opened = self
            .open
            .entry(table)
            .or_insert_with(|| open(tracker, table));
        let (table, source) = opened.as_ref()?;
        let mut found = None;
        table.rows_with(&source.by_key, key, View::Settled, |row| {
            found = Some(source.columns.values(row));
            ControlFlow::Break(())
        });
        found
    }
}

/// None where the table is gone, or belongs to the tasks no more.
fn open(tracker: &Tracker, table: pg_sys::Oid) -> Option<(Indexed, Rc<Source>)> {
    let opened = Indexed::try_open(table, Lock::AccessShare)?;
    let relation = opened.relation();
    if relation.root() != tracker.tasks {
        return None;
    }
    let source = trigger_state::of_trigger(table, || {
        let columns = TaskColumns::of(relation, &tracker.choice)
            .unwrap_or_else(|| has_changed(relation, &tracker.choice));
        let (column, key_type) = columns.key;
        let source = Source {
            by_key: LookUp::of(relation, column, key_type),
            columns,
        };
        (source, vec![table, tracker.side.table])
    });
    Some((opened, source))
}
