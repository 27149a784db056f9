//! The trigger function: sees what an event changed, and writes it to the destination.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::relation::{Lock, Relation};
use crate::pg::trigger::Firing;
use crate::pg::trigger_state;

use super::actor;
use super::change::{Column, Columns, Difference};
use super::choice::Choice;
use super::circumstances::Circumstances;
use super::destination::{self, Destination, Key, Origin, Record, Subject};
use super::key;

/// What a trigger's arguments come to on its table.
pub(super) struct Recorder {
    pub(super) choice: Choice,
    pub(super) origin: Origin,
    pub(super) destination: Destination,
    columns: Columns,
}

/// Records the event, if it changed something that is to be recorded.
pub(super) fn record_change(firing: &Firing<'_>) {
    // What is known of the destination may be overtaken: a partition more, a column less.
    let mut written = 0;
    while !attempt(firing, &mut written) {}
}

/// Records what is not yet `written` of the event; false where that has to be tried again.
fn attempt(firing: &Firing<'_>, written: &mut usize) -> bool {
    let trigger = firing.trigger_oid();
    let recorder = recorder_of(firing, trigger, || firing.bound_table());
    let Some(difference) = Difference::of(&recorder.columns, firing.event()) else {
        firing
            .created_wrongly(
                "fires on another event than INSERT, UPDATE and DELETE",
                "Create it with select steward.audit(...).",
            )
            .raise()
    };
    if !recorder.choice.records(difference.action) {
        return true;
    }
    for change in difference.changes().skip(*written) {
        let circumstances = recorder.circumstances(firing.relation());
        let record = Record {
            action: difference.action,
            origin: &recorder.origin,
            fired: firing.relation().oid(),
            circumstances: &circumstances,
            subject: Subject::Row(change),
        };
        if !recorder.write(trigger, &record) {
            return false;
        }
        *written += 1;
    }
    true
}

impl Recorder {
    /// Under whom the change happens, or an error where somebody has to make it and nobody is known.
    pub(super) fn circumstances(&self, table: &Relation) -> Rc<Circumstances> {
        let circumstances = Circumstances::current();
        if self.choice.require_actor && !circumstances.actor.is_established {
            actor::refuse_anonymous(table);
        }
        circumstances
    }
}

/// Offers to write a record, and to say whether that has to be tried again.
pub(super) trait Write {
    fn write(&self, trigger: pg_sys::Oid, record: &Record<'_>) -> bool;
}

impl Write for Rc<Recorder> {
    fn write(&self, trigger: pg_sys::Oid, record: &Record<'_>) -> bool {
        let is_current = || trigger_state::is_current(trigger, self);
        self.destination.write(record, &is_current)
    }
}

/// The recorder of a trigger, kept for its next firing. `bound` tells the destination.
pub(super) fn recorder_of(
    firing: &Firing<'_>,
    trigger: pg_sys::Oid,
    bound: impl FnOnce() -> Option<pg_sys::Oid>,
) -> Rc<Recorder> {
    trigger_state::of_trigger(trigger, || {
        let destination = destination::bound(firing, bound());
        let recorder = work_out(firing, &destination);
        let table = firing.relation();
        let mut relations = vec![table.oid(), table.root(), destination.oid()];
        relations.extend(recorder.destination.looks_into());
        (recorder, relations)
    })
}

fn work_out(firing: &Firing<'_>, destination: &Relation) -> Recorder {
    let table = firing.relation();
    let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
        firing
            .created_wrongly(
                "has arguments that steward.record_change() does not take",
                "Create it with select steward.audit(...).",
            )
            .raise()
    };
    let root = Relation::open(table.root(), Lock::AccessShare);
    if let Some(column) = choice
        .columns()
        .find(|column| table.attribute(column).is_none())
    {
        firing
            .column_is_gone(
                table,
                column,
                &choice.attach_call(&root, destination, firing.is_always()),
            )
            .raise()
    }
    let columns = columns_of(table, &choice);
    let key = key::kind_of(table, choice.key.as_deref());
    Recorder {
        origin: Origin::of(&root),
        destination: Destination::open(&root, destination, key),
        columns,
        choice,
    }
}

fn columns_of(table: &Relation, choice: &Choice) -> Columns {
    let recorded = table
        .attributes()
        .filter(|column| !column.computed_when_read && !choice.ignore.contains(&column.name))
        .map(|column| Column::of(&column, choice.redact.contains(&column.name)));
    let key = key::columns_of(table, choice.key.as_deref());
    Columns {
        recorded: recorded.collect(),
        // A redacted column may have become the key since.
        key: key
            .iter()
            .map(|column| Column::of(column, choice.redact.contains(&column.name)))
            .collect(),
    }
}

/// For what attaching has to know beforehand.
pub(super) fn check_destination(table: &Relation, destination: &Relation, key: Key) {
    drop(Destination::open(table, destination, key));
}
