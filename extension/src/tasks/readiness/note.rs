//! The triggers that see every row: they only note what happened, in the backend's memory, and say when a
//! statement begins and ends.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::edges;
use crate::pg::key::Key;
use crate::pg::pending::{Ending, Pending};
use crate::pg::relation::{Lock, Relation};
use crate::pg::trigger::{self, Event, Firing};
use crate::pg::trigger_state;
use crate::pg::tuple::Row;

use super::super::completion::choice::Choice;
use super::super::statuses::State;
use super::super::{has_changed, root_of};
use super::settle::{self, Counting};
use super::task_columns::{TaskColumns, Values};
use super::tracker::{Tracker, check_owner};

/// The functions of the row triggers, by which the tables of a group are found.
pub(in crate::tasks) const TASK_FUNCTION: &str = "note_task";
pub(in crate::tasks) const EDGE_FUNCTION: &str = "note_task_edge";

/// What happened to a row.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// To a task of that key, in that table: a partition, or the tasks themselves.
    Task(Key, pg_sys::Oid, TaskChange),
    Linked(Link),
    Unlinked(Link),
}

#[derive(Clone, Debug)]
pub(super) enum TaskChange {
    /// One is there now.
    Arrived(Values),
    /// It was there, in that state.
    Stayed(State, Values),
    /// There is none any more; it was in that state.
    Left(State),
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

/// The columns of a table that fires, and the group that it belongs to.
struct FiringTasks {
    group: pg_sys::Oid,
    table: pg_sys::Oid,
    columns: TaskColumns,
}

/// The row trigger of the tasks.
pub(in crate::tasks) fn note_task(firing: &Firing<'_>) {
    let tasks: Rc<Option<FiringTasks>> = trigger_state::of_trigger(firing.trigger_oid(), || {
        let group = group_of(firing);
        let tasks = firing_tasks(firing, group);
        (tasks, vec![firing.relation().oid(), group])
    });
    let Some(tasks) = tasks.as_ref() else {
        return;
    };
    let columns = &tasks.columns;
    let note = |task, what| {
        let change = Change::Task(task, tasks.table, what);
        PENDING.with(|pending| pending.note(tasks.group, change));
    };
    match firing.event() {
        Event::Insert { new } => {
            if let Some((key, values)) = columns.read(new) {
                note(key, TaskChange::Arrived(values));
            }
        }
        Event::Delete { old } => {
            if let Some((key, values)) = columns.read(old) {
                note(key, TaskChange::Left(values.state));
            }
        }
        Event::Update { old, new } => {
            if columns.agree(old, new) {
                return;
            }
            match (columns.read(old), columns.read(new)) {
                (Some((before, old)), Some((after, new))) if before == after => {
                    note(after, TaskChange::Stayed(old.state, new));
                }
                (before, after) => {
                    if let Some((key, values)) = before {
                        note(key, TaskChange::Left(values.state));
                    }
                    if let Some((key, values)) = after {
                        note(key, TaskChange::Arrived(values));
                    }
                }
            }
        }
        Event::Other => {}
    }
}

/// None where the table that fires is not the one that counts.
fn firing_tasks(firing: &Firing<'_>, group: pg_sys::Oid) -> Option<FiringTasks> {
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
    let columns = TaskColumns::of(table, &choice).unwrap_or_else(|| has_changed(table, &choice));
    Some(FiringTasks {
        group,
        table: table.oid(),
        columns,
    })
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
///
/// Changes can be trusted to be all that there is at the end of what somebody wrote: then each row of the group that
/// was written is noted. Within other triggers, and after a cascade, some can be stored of which nothing is noted.
pub(in crate::tasks) fn settle_tasks(firing: &Firing<'_>) {
    for group in groups_of(firing.relation()) {
        if firing.is_before() {
            PENDING.with(|pending| pending.begin_statement(group, firing.occasion()));
            continue;
        }
        match PENDING.with(|pending| pending.end_statement(group, firing.occasion())) {
            Ending::Inner => {}
            Ending::Outermost if trigger::depth() == 1 => {
                settle::settle(group, Counting::ByChanges);
            }
            Ending::Outermost | Ending::OfCascade => settle::settle(group, Counting::Whole),
        }
    }
}

/// The deferred row trigger of a partitioned table: works off what came straight into a partition, outside of
/// all statements on the table itself.
pub(in crate::tasks) fn settle_tasks_late(firing: &Firing<'_>) {
    let Some(group) = firing.bound_table() else {
        created_wrongly(firing)
    };
    settle_rest(group);
}

/// Works off what is noted outside of all statements.
pub(super) fn settle_rest(group: pg_sys::Oid) {
    if !PENDING.with(|pending| pending.is_in_statement(group)) {
        settle::settle(group, Counting::Whole);
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
