//! The trigger function that records a TRUNCATE.
//!
//! It fires before, since afterwards nobody knows how many rows there were. A trigger on statements
//! cannot be bound to a table: it finds the destination by the row trigger beside it.

use std::rc::Rc;

use crate::pg::attachment;
use crate::pg::trigger::Firing;

use super::attach;
use super::choice::{Action, Choice};
use super::destination::{Record, Subject};
use super::record::{self, Recorder, Write};

/// Records that all rows of the table go.
pub(super) fn record_truncate(firing: &Firing<'_>) {
    while !attempt(firing) {}
}

fn attempt(firing: &Firing<'_>) -> bool {
    let trigger = firing.trigger_oid();
    let recorder: Rc<Recorder> = record::recorder_of(firing, trigger, || {
        let choice = Choice::from_arguments(&firing.arguments())?;
        let mut beside = attachment::triggers_of(firing.relation(), attach::ROW_FUNCTION);
        beside.retain(|attached| {
            Choice::from_arguments(&attached.arguments).as_ref() == Some(&choice)
        });
        // Several may record the same into several destinations; a name may have been changed.
        let name = firing.trigger_name();
        let by_name = beside
            .iter()
            .find(|attached| attach::truncate_name(&attached.name) == name);
        by_name.or(beside.first())?.bound_table
    });
    if !recorder.choice.records(Action::Truncate) {
        return true;
    }
    let table = firing.relation();
    let circumstances = recorder.circumstances(table);
    let record = Record {
        action: Action::Truncate,
        origin: &recorder.origin,
        fired: table.oid(),
        circumstances: &circumstances,
        subject: Subject::AllRows {
            estimate: table.planned_rows(),
        },
    };
    recorder.write(trigger, &record)
}
