//! The trigger function that runs before a task is written: which status may follow which, and the stamp of
//! a task that is done.

use std::collections::HashMap;
use std::rc::Rc;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::transaction_time::TimestampColumn;
use crate::pg::trigger::{Event, Firing};
use crate::pg::trigger_state;
use crate::pg::tuple::{Row, Value};

use super::super::statuses::{State, Statuses};
use super::choice::Choice;
use super::labels;

/// What a trigger's arguments come to on its table.
struct Stamping {
    statuses: Statuses,
    completed_at: Option<(i16, TimestampColumn)>,
    /// What may follow each status; none where everything may.
    allowed: Option<HashMap<Key, Vec<Key>>>,
}

/// Stamps a task that becomes done, and takes the stamp from one that is reopened. One that is inserted as done
/// keeps the stamp that it brings. Otherwise the stamp is nobody's to write: who says when a task was done is the
/// one who completes it.
pub(in crate::tasks) fn stamp_completion<'trigger>(firing: &Firing<'trigger>) -> Row<'trigger> {
    let stamping: Rc<Stamping> = trigger_state::of_trigger(firing.trigger_oid(), || {
        (work_out(firing), vec![firing.relation().oid()])
    });
    match firing.event() {
        Event::Insert { new } => stamping.arrived(new),
        Event::Update { old, new } => {
            stamping.check_transition(firing, old, new);
            stamping.changed(old, new)
        }
        Event::Delete { .. } | Event::Other => firing
            .created_wrongly(
                "fires on other events than INSERT and UPDATE",
                "Create it with select steward.track_completion(...).",
            )
            .raise(),
    }
}

impl Stamping {
    fn arrived<'trigger>(&self, new: Row<'trigger>) -> Row<'trigger> {
        let Some((column, timestamp)) = self.completed_at else {
            return new;
        };
        let is_stamped = !new.value(column).is_null();
        match (self.statuses.state(new) == State::Done, is_stamped) {
            (true, false) => new.with(column, timestamp.now()),
            (false, true) => new.with(column, Value::NULL),
            (true, true) | (false, false) => new,
        }
    }

    fn changed<'trigger>(&self, old: Row<'trigger>, new: Row<'trigger>) -> Row<'trigger> {
        let Some((column, timestamp)) = self.completed_at else {
            return new;
        };
        let was_done = self.statuses.state(old) == State::Done;
        let is_done = self.statuses.state(new) == State::Done;
        let is_stamped = !new.value(column).is_null();
        match (was_done, is_done) {
            (false, true) => new.with(column, timestamp.now()),
            (true, false) if is_stamped => new.with(column, Value::NULL),
            // What was done before the rule was there may be given its stamp, and what was not may lose one.
            (true, true) if !old.value(column).is_null() => Self::unchanged(column, old, new),
            (false, false) if is_stamped => Self::unchanged(column, old, new),
            (true | false, _) => new,
        }
    }

    /// With the stamp that the task had.
    fn unchanged<'trigger>(column: i16, old: Row<'trigger>, new: Row<'trigger>) -> Row<'trigger> {
        if old.agrees_in(new, column) {
            return new;
        }
        new.with(column, old.value(column))
    }

    fn check_transition(&self, firing: &Firing<'_>, old: Row<'_>, new: Row<'_>) {
        let Some(allowed) = &self.allowed else {
            return;
        };
        let status = |row: Row<'_>| self.statuses.key_type.read(row.value(self.statuses.column));
        let (Some(from), to) = (status(old), status(new)) else {
            return;
        };
        let following = allowed.get(&from).map_or(&[][..], Vec::as_slice);
        let may = to
            .as_ref()
            .is_some_and(|to| *to == from || following.contains(to));
        if !may {
            self.refuse(firing.relation(), &from, to.as_ref(), following);
        }
    }

    fn refuse(&self, table: &Relation, from: &Key, to: Option<&Key>, following: &[Key]) -> ! {
        let show = |status: &Key| name::literal(&self.statuses.key_type.show(status));
        let to = to.map_or_else(|| "NULL".to_owned(), show);
        let from = show(from);
        let allowed: Vec<_> = following.iter().map(show).collect();
        let detail = if allowed.is_empty() {
            format!("Nothing may follow {from}.")
        } else {
            format!("What may follow {from}: {}.", allowed.join(", "))
        };
        let tasks = crate::tasks::root_of(table);
        let mut report = Report::new(
            SqlState::CHECK_VIOLATION,
            format!("a task of {} cannot go from {from} to {to}", tasks.qualified_name()),
        )
        .detail(detail)
        .hint("Go there step by step, or change the transitions that steward.track_completion(...) was given.")
        .table(&tasks)
        .constraint(format!("{}_transitions", tasks.name()));
        if let Some(column) = table
            .attributes()
            .find(|column| column.number == self.statuses.column)
        {
            report = report.column(&column.name);
        }
        report.raise()
    }
}

fn work_out(firing: &Firing<'_>) -> Stamping {
    let table = firing.relation();
    let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
        firing
            .created_wrongly(
                "has arguments that steward.stamp_completion() does not take",
                "Create it with select steward.track_completion(...).",
            )
            .raise()
    };
    for column in [&choice.status].into_iter().chain(&choice.completed_at) {
        if table.attribute(column).is_none() {
            firing
                .column_is_gone(table, column, &choice.attach_call(table))
                .raise()
        }
    }
    let stamping = || {
        let statuses = labels::statuses_of(table, &choice)?;
        let completed_at = match &choice.completed_at {
            None => None,
            Some(column) => {
                let attribute = table.attribute(column)?;
                Some((attribute.number, TimestampColumn::of(&attribute)?))
            }
        };
        let allowed = match &choice.transitions {
            None => None,
            Some(transitions) => Some(
                transitions
                    .iter()
                    .map(|one| {
                        let from = statuses.key_type.label(&one.from)?;
                        Some((from, statuses.key_type.labels(&one.to)?))
                    })
                    .collect::<Option<HashMap<_, _>>>()?,
            ),
        };
        Some(Stamping {
            statuses,
            completed_at,
            allowed,
        })
    };
    stamping().unwrap_or_else(|| crate::tasks::has_changed(table, &choice))
}
