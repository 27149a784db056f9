//! What a trigger knows about its tasks and their parents: worked out once, and kept.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::attachment::{self, Attached};
use crate::pg::key::{Key, KeyType};
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::check_owner_of_written;
use crate::pg::trigger::Firing;
use crate::pg::trigger_state;
use crate::pg::tuple::Row;

use super::super::statuses::{self, Statuses};
use super::attach::{DELETE_FUNCTION, ROW_FUNCTION};
use super::choice::Choice;
use super::counters::Counters;

/// How tasks count for their parents.
pub(super) struct RollUp {
    /// The table of tasks that the user sees.
    pub(super) group: pg_sys::Oid,
    parent: (i16, KeyType),
    weight: Option<(i16, pg_sys::Oid)>,
    pub(super) statuses: Statuses,
    pub(super) counters: Counters,
}

/// The tables that the triggers of one attachment are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) side_table: pg_sys::Oid,
    pub(super) destination: pg_sys::Oid,
}

/// The name of the trigger that is bound to the parents, beside the one that is bound to the counters.
pub(super) fn destination_trigger(name: &str) -> String {
    format!("{name}{DESTINATION}")
}

const DESTINATION: &str = "_into";

impl Bound {
    /// What the attachment is bound to of which `name` is a row trigger; none where a table is gone.
    fn of(table: &Relation, name: &str) -> Option<Self> {
        let counts = attachment::triggers_of(table, ROW_FUNCTION);
        let deletes = attachment::triggers_of(table, DELETE_FUNCTION);
        let bound = |triggers: &[Attached], name: &str| {
            let trigger = triggers.iter().find(|trigger| trigger.name == name)?;
            trigger.bound_table
        };
        let is_first = counts.iter().any(|trigger| trigger.name == name);
        let name = if is_first {
            name
        } else {
            name.strip_suffix(DESTINATION)?
        };
        Some(Self {
            side_table: bound(&counts, name)?,
            destination: bound(&deletes, &destination_trigger(name))?,
        })
    }
}

/// The attachments of a table, each with the row trigger that is bound to its counters.
pub(super) fn attached(table: &Relation) -> Vec<(Attached, Bound, Choice)> {
    let triggers = attachment::triggers_of(table, ROW_FUNCTION);
    triggers
        .into_iter()
        .filter_map(|trigger| {
            let bound = Bound::of(table, &trigger.name)?;
            let choice = Choice::from_arguments(&trigger.arguments)?;
            Some((trigger, bound, choice))
        })
        .collect()
}

/// None where the parents' table was dropped: then there is nothing left to keep.
pub(super) fn of_firing(firing: &Firing<'_>) -> Option<Rc<RollUp>> {
    let kept: Rc<Option<Rc<RollUp>>> = trigger_state::of_trigger(firing.trigger_oid(), || {
        let table = firing.relation();
        let mut relations = vec![table.oid(), table.root()];
        let bound = Bound::of(table, &firing.trigger_name());
        relations.extend(
            bound
                .iter()
                .flat_map(|bound| [bound.side_table, bound.destination]),
        );
        (
            bound.map(|bound| Rc::new(work_out(firing, bound))),
            relations,
        )
    });
    kept.as_ref().clone()
}

fn work_out(firing: &Firing<'_>, bound: Bound) -> RollUp {
    let table = firing.relation();
    let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
        firing
            .created_wrongly(
                "has arguments that steward.collect_progress() does not take",
                "Create it with select steward.roll_up_progress(...).",
            )
            .raise()
    };
    let destination = Relation::open(bound.destination, Lock::AccessShare);
    let side_table = Relation::open(bound.side_table, Lock::AccessShare);
    let attach_again = choice.attach_call(table, &destination);
    for column in choice.columns() {
        if table.attribute(column).is_none() {
            firing.column_is_gone(table, column, &attach_again).raise()
        }
    }
    for column in [&choice.key, &choice.progress] {
        if destination.attribute(column).is_none() {
            firing
                .column_is_gone(&destination, column, &attach_again)
                .raise()
        }
    }
    check_owner_of_written(table, &destination);
    check_owner_of_written(table, &side_table);
    RollUp::of(table, &choice, &destination, &side_table).unwrap_or_else(|| {
        table
            .attribute(&choice.status)
            .map_or_else(
                || firing.column_is_gone(table, &choice.status, &attach_again),
                |status| statuses::changed(table, &status, &attach_again),
            )
            .raise()
    })
}

impl RollUp {
    pub(super) fn of(
        table: &Relation,
        choice: &Choice,
        destination: &Relation,
        side_table: &Relation,
    ) -> Option<Self> {
        let parent = table.attribute(&choice.parent)?;
        let status = table.attribute(&choice.status)?;
        let weight = choice.weight.as_ref().map(|weight| table.attribute(weight));
        let weight = match weight {
            None => None,
            Some(column) => Some(column?),
        };
        let key_type = KeyType::of(&parent)?;
        Some(Self {
            group: table.root(),
            parent: (parent.number, key_type),
            weight: weight.map(|weight| (weight.number, weight.base_type())),
            statuses: Statuses::of(&status, &choice.ends.done, &choice.ends.cancelled)?,
            counters: Counters::prepare(choice, key_type, destination, side_table)?,
        })
    }

    /// True where both count the same for the same parent.
    pub(super) fn agree(&self, old: Row<'_>, new: Row<'_>) -> bool {
        let weight = self.weight.map(|(column, _)| column);
        [self.parent.0, self.statuses.column]
            .into_iter()
            .chain(weight)
            .all(|column| old.agrees_in(new, column))
    }

    /// The parent of a task, if it has one.
    pub(super) fn parent(&self, task: Row<'_>) -> Option<Key> {
        self.parent.1.read(task.value(self.parent.0))
    }

    /// The weight of a task; none where each counts as one. What is no positive number counts for nothing.
    pub(super) fn weight(&self, task: Row<'_>) -> Option<String> {
        let (column, type_oid) = self.weight?;
        let value = task.value(column);
        if value.is_null() {
            return Some("0".to_owned());
        }
        let shown = value.shown_as(type_oid);
        let number = shown.to_string_lossy();
        let counts = !(number.starts_with('-') || matches!(&*number, "NaN" | "Infinity"));
        Some(if counts {
            number.into_owned()
        } else {
            "0".to_owned()
        })
    }
}
