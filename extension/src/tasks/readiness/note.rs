//! The triggers that see every row: they only note what happened, in the backend's memory, and say when a
//! statement begins and ends.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::edges;
use crate::pg::kept_value::{KeptColumn, KeptValue};
use crate::pg::key::{Key, KeyType};
use crate::pg::pending::Pending;
use crate::pg::relation::{Lock, Relation};
use crate::pg::trigger::{Event, Firing};
use crate::pg::trigger_state;
use crate::pg::tuple::Row;

use super::super::completion::choice::Choice;
use super::super::completion::labels;
use super::super::statuses::{State, Statuses};
use super::super::{has_changed, root_of};
use super::settle;
use super::tracker::{Tracker, check_owner};

/// The functions of the row triggers, by which the tables of a group are found.
pub(in crate::tasks) const TASK_FUNCTION: &str = "note_task";
pub(in crate::tasks) const EDGE_FUNCTION: &str = "note_task_edge";

/// What happened to a row.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A task is there now under this key.
    Arrived(Key, Values),
    /// It was there, in that state.
    Stayed(Key, State, Values),
    /// None is there any more.
    Left(Key),
    Linked(Link),
    Unlinked(Link),
}

/// What the side table holds of a task's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) state: State,
    pub(super) priority: KeptValue,
    pub(super) due: KeptValue,
}

/// A task and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) task: Key,
    pub(super) blocker: Key,
}

thread_local! {
    pub(super) static PENDING: Pending<Change> = Pending::new();
}

/// Where a row of one table (each partition has its own column numbers) has what counts.
struct TaskColumns {
    group: pg_sys::Oid,
    key: (i16, KeyType),
    statuses: Statuses,
    priority: Option<KeptColumn>,
    due: Option<KeptColumn>,
}

impl TaskColumns {
    fn read(&self, row: Row<'_>) -> Option<(Key, Values)> {
        let (column, key_type) = self.key;
        let key = key_type.read(row.value(column))?;
        let keep =
            |column: Option<KeptColumn>| column.map_or(KeptValue::Null, |column| column.read(row));
        let values = Values {
            state: self.statuses.state(row),
            priority: keep(self.priority),
            due: keep(self.due),
        };
        Some((key, values))
    }

    /// True where nothing has changed that counts; found out without copying anything.
    fn agree(&self, old: Row<'_>, new: Row<'_>) -> bool {
        let kept = [self.priority, self.due]
            .into_iter()
            .flatten()
            .map(KeptColumn::number);
        [self.key.0, self.statuses.column]
            .into_iter()
            .chain(kept)
            .all(|column| old.agrees_in(new, column))
    }
}

/// The row trigger of the tasks.
pub(in crate::tasks) fn note_task(firing: &Firing<'_>) {
    let columns: Rc<Option<TaskColumns>> = trigger_state::of_trigger(firing.trigger_oid(), || {
        let group = group_of(firing);
        let columns = task_columns(firing, group);
        (columns, vec![firing.relation().oid(), group])
    });
    let Some(columns) = columns.as_ref() else {
        return;
    };
    let note = |change| PENDING.with(|pending| pending.note(columns.group, change));
    match firing.event() {
        Event::Insert { new } => {
            if let Some((key, values)) = columns.read(new) {
                note(Change::Arrived(key, values));
            }
        }
        Event::Delete { old } => {
            if let Some((key, _)) = columns.read(old) {
                note(Change::Left(key));
            }
        }
        Event::Update { old, new } => {
            if columns.agree(old, new) {
                return;
            }
            match (columns.read(old), columns.read(new)) {
                (Some((before, old)), Some((after, new))) if before == after => {
                    note(Change::Stayed(after, old.state, new));
                }
                (before, after) => {
                    if let Some((key, _)) = before {
                        note(Change::Left(key));
                    }
                    if let Some((key, values)) = after {
                        note(Change::Arrived(key, values));
                    }
                }
            }
        }
        Event::Other => {}
    }
}

/// None where the table that fires is not the one that counts.
fn task_columns(firing: &Firing<'_>, group: pg_sys::Oid) -> Option<TaskColumns> {
    let table = firing.relation();
    let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
        created_wrongly(firing)
    };
    if let Some(column) = choice
        .columns()
        .find(|column| table.attribute(column).is_none())
    {
        firing
            .column_is_gone(table, column, &choice.attach_call(&root_of(table)))
            .raise()
    }
    is_kept(firing, group, |tracker| Some(tracker.tasks)).then_some(())?;
    let columns = || {
        let key = table.attribute(&choice.key)?;
        let kept = |column: &Option<String>| {
            let column = column.as_ref()?;
            table.attribute(column).map(|one| KeptColumn::of(&one))
        };
        Some(TaskColumns {
            group,
            key: (key.number, KeyType::of(&key)?),
            statuses: labels::statuses_of(table, &choice)?,
            priority: kept(&choice.priority),
            due: kept(&choice.due),
        })
    };
    Some(columns().unwrap_or_else(|| has_changed(table, &choice)))
}

struct EdgeColumns {
    group: pg_sys::Oid,
    columns: edges::EdgeColumns,
}

impl EdgeColumns {
    fn read(&self, row: Row<'_>) -> Option<Link> {
        self.columns.read(row).map(|edge| Link {
            task: edge.task,
            blocker: edge.dependency,
        })
    }
}

/// The row trigger of the edges.
pub(in crate::tasks) fn note_task_edge(firing: &Firing<'_>) {
    let columns: Rc<Option<EdgeColumns>> = trigger_state::of_trigger(firing.trigger_oid(), || {
        let group = group_of(firing);
        let columns = edge_columns(firing, group);
        (columns, vec![firing.relation().oid(), group])
    });
    let Some(columns) = columns.as_ref() else {
        return;
    };
    let (before, after) = match firing.event() {
        Event::Insert { new } => (None, columns.read(new)),
        Event::Delete { old } => (columns.read(old), None),
        Event::Update { old, new } => (columns.read(old), columns.read(new)),
        Event::Other => return,
    };
    if before == after {
        return;
    }
    let changes = before
        .map(Change::Unlinked)
        .into_iter()
        .chain(after.map(Change::Linked));
    for change in changes {
        PENDING.with(|pending| pending.note(columns.group, change));
    }
}

/// None where the table that fires is not the one that counts.
fn edge_columns(firing: &Firing<'_>, group: pg_sys::Oid) -> Option<EdgeColumns> {
    let table = firing.relation();
    let Some(choice) = edges::Choice::from_arguments(&firing.arguments()) else {
        created_wrongly(firing)
    };
    let attach_again = "select steward.track_completion(...);";
    if let Some(column) = choice
        .columns()
        .find(|column| table.attribute(column).is_none())
    {
        firing.column_is_gone(table, column, attach_again).raise()
    }
    let edges_of = |tracker: &Tracker| tracker.edges.as_ref().map(|edges| edges.table);
    is_kept(firing, group, edges_of).then_some(())?;
    let columns = edges::EdgeColumns::of(table, &choice)
        .unwrap_or_else(|| super::tracker::edges_have_changed(table));
    Some(EdgeColumns { group, columns })
}

/// The trigger that says when a statement begins, and when it ends.
pub(in crate::tasks) fn settle_tasks(firing: &Firing<'_>) {
    for group in groups_of(firing.relation()) {
        if firing.is_before() {
            PENDING.with(|pending| pending.begin_statement(group));
        } else if PENDING.with(|pending| pending.end_statement(group)) {
            settle::settle(group);
        }
    }
}

/// The deferred row trigger of a partitioned table: works off what came straight into a partition, outside of
/// all statements on the table itself.
pub(in crate::tasks) fn settle_tasks_late(firing: &Firing<'_>) {
    let Some(group) = firing.bound_table() else {
        created_wrongly(firing)
    };
    if !PENDING.with(|pending| pending.is_in_statement(group)) {
        settle::settle(group);
    }
}

/// A statement's trigger cannot be bound to a table: the groups are those of the row triggers beside it.
pub(in crate::tasks) fn groups_of(table: &Relation) -> Vec<pg_sys::Oid> {
    let mut groups: Vec<_> = [TASK_FUNCTION, EDGE_FUNCTION]
        .iter()
        .flat_map(|function| attachment::triggers_of(table, function))
        .filter_map(|attached| attached.bound_table)
        .collect();
    groups.sort_unstable_by_key(|group| group.to_u32());
    groups.dedup();
    groups
}

fn group_of(firing: &Firing<'_>) -> pg_sys::Oid {
    firing
        .bound_table()
        .unwrap_or_else(|| created_wrongly(firing))
}

/// True where the table that fires is the one that is kept together with the side table. A trigger can be written
/// by hand, and a partition that was detached is left with those of the whole.
fn is_kept(
    firing: &Firing<'_>,
    group: pg_sys::Oid,
    kept: impl Fn(&Tracker) -> Option<pg_sys::Oid>,
) -> bool {
    let table = root_of(firing.relation());
    check_owner(&table, &Relation::open(group, Lock::AccessShare));
    kept(&Tracker::of(group)) == Some(table.oid())
}

fn created_wrongly(firing: &Firing<'_>) -> ! {
    firing
        .created_wrongly(
            "is not as steward.track_completion() creates it",
            "Attach again: select steward.track_completion(...).",
        )
        .raise()
}
