//! What a trigger knows about its tasks and about the destination: worked out once, and kept.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::requirements::check_owner_of_written;
use crate::pg::trigger::Firing;
use crate::pg::trigger_state;
use crate::pg::tuple::Row;

use super::super::statuses::{self, Ends, State, Statuses};
use super::choice::Choice;
use super::event::Event;
use super::write::Destination;

/// How people are told of what happens to the tasks of a table.
pub(super) struct Notifier {
    /// The table of tasks that the user sees.
    pub(super) group: pg_sys::Oid,
    events: Vec<Event>,
    key: (i16, KeyType),
    assignee: Column,
    creator: Option<Column>,
    title: Option<Column>,
    statuses: Option<Statuses>,
    flag: Option<i16>,
    pub(super) destination: Destination,
}

/// A column whose values are shown as text.
#[derive(Clone, Copy)]
struct Column {
    number: i16,
    type_oid: pg_sys::Oid,
}

/// What matters about a task.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) assignee: Option<String>,
    pub(super) creator: Option<String>,
    pub(super) title: Option<String>,
    pub(super) is_done: bool,
    pub(super) is_delayed: bool,
}

impl Column {
    fn of(attribute: &Attribute) -> Self {
        Self {
            number: attribute.number,
            type_oid: attribute.type_oid,
        }
    }

    fn read(self, row: Row<'_>) -> Option<String> {
        let value = row.value(self.number);
        (!value.is_null()).then(|| name::from_server(value.shown_as(self.type_oid).as_bytes()))
    }
}

/// The notifier behind a trigger that fires.
pub(super) fn of_firing(firing: &Firing<'_>) -> Rc<Notifier> {
    let kept: Rc<Rc<Notifier>> = trigger_state::of_trigger(firing.trigger_oid(), || {
        let Some(destination) = firing.bound_table() else {
            firing
                .created_wrongly(
                    "is not bound to a destination",
                    "Create it with select steward.notify_on(...).",
                )
                .raise()
        };
        let destination = Relation::open(destination, Lock::AccessShare);
        let table = firing.relation();
        let relations = vec![
            table.oid(),
            table.root(),
            destination.oid(),
            destination.root(),
        ];
        (Rc::new(work_out(firing, &destination)), relations)
    });
    Rc::clone(&kept)
}

fn work_out(firing: &Firing<'_>, destination: &Relation) -> Notifier {
    let table = firing.relation();
    let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
        firing
            .created_wrongly(
                "has arguments that steward.collect_notices() does not take",
                "Create it with select steward.notify_on(...).",
            )
            .raise()
    };
    let attach_again = choice.attach_call(table, destination);
    if let Some(gone) = choice
        .tasks
        .names()
        .find(|column| table.attribute(column).is_none())
    {
        firing.column_is_gone(table, gone, &attach_again).raise()
    }
    if let Some(gone) = choice
        .destination
        .names()
        .find(|column| destination.attribute(column).is_none())
    {
        firing
            .column_is_gone(destination, gone, &attach_again)
            .raise()
    }
    check_owner_of_written(table, destination);
    Notifier::of(table, &choice, destination).unwrap_or_else(|| {
        let status = choice.tasks.status.as_ref();
        let status = status.and_then(|status| table.attribute(status));
        status
            .map_or_else(
                || firing.column_is_gone(table, &choice.tasks.key, &attach_again),
                |status| statuses::changed(table, &status, &attach_again),
            )
            .raise()
    })
}

impl Notifier {
    /// None where a column is gone or has another type.
    pub(super) fn of(table: &Relation, choice: &Choice, destination: &Relation) -> Option<Self> {
        let columns = &choice.tasks;
        let optional = |name: &Option<String>| match name {
            None => Some(None),
            Some(name) => table.attribute(name).map(Some),
        };
        let key = table.attribute(&columns.key)?;
        let ends = Ends {
            done: choice.done.clone(),
            cancelled: Vec::new(),
        };
        let statuses = match optional(&columns.status)? {
            None => None,
            Some(status) => Some(Statuses::of(&status, &ends.done, &ends.cancelled)?),
        };
        Some(Self {
            group: table.root(),
            events: choice.events.iter().map(|(event, _)| *event).collect(),
            key: (key.number, KeyType::of(&key)?),
            assignee: Column::of(&table.attribute(&columns.assignee)?),
            creator: optional(&columns.creator)?.as_ref().map(Column::of),
            title: optional(&columns.title)?.as_ref().map(Column::of),
            statuses,
            flag: optional(&columns.flag)?.map(|flag| flag.number),
            destination: Destination::prepare(choice, destination)?,
        })
    }

    pub(super) fn tells_of(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    /// True where nothing has changed that anybody is told of.
    pub(super) fn agree(&self, old: Row<'_>, new: Row<'_>) -> bool {
        [self.assignee.number]
            .into_iter()
            .chain(self.statuses.as_ref().map(|statuses| statuses.column))
            .chain(self.flag)
            .all(|column| old.agrees_in(new, column))
    }

    /// True where the task is somebody's.
    pub(super) fn is_assigned(&self, task: Row<'_>) -> bool {
        !task.value(self.assignee.number).is_null()
    }

    pub(super) fn key(&self, task: Row<'_>) -> Option<Key> {
        self.key.1.read(task.value(self.key.0))
    }

    pub(super) fn show(&self, key: &Key) -> String {
        self.key.1.show(key)
    }

    pub(super) fn facts(&self, task: Row<'_>) -> Facts {
        let flag = self.flag.map(|flag| task.value(flag));
        Facts {
            assignee: self.assignee.read(task),
            creator: self.creator.and_then(|creator| creator.read(task)),
            title: self.title.and_then(|title| title.read(task)),
            is_done: self
                .statuses
                .as_ref()
                .is_some_and(|statuses| statuses.state(task) == State::Done),
            is_delayed: flag.is_some_and(|flag| !flag.is_null() && flag.as_boolean()),
        }
    }
}
