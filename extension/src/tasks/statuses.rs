//! The statuses of tasks: which labels mean that a task is done, and which that it will never be.
//!
//! All others mean that it is open, and so does NULL. The labels of an enum are known, and a wrong one is
//! refused; texts are taken as they are given.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation, TypeCategory};
use crate::pg::statement;
use crate::pg::tuple::Row;

/// The label that the functions take for cancelled unless they are told otherwise; an enum need not have it.
const USUAL_CANCELLED: &str = "cancelled";

/// The labels that end a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) done: Vec<String>,
    pub(super) cancelled: Vec<String>,
}

impl Ends {
    /// Those that a call names, held against the column's type.
    ///
    /// Errors: 22023 for NULL, a label that the enum lacks, or one that is in both.
    pub(super) fn of_call(
        arguments: &Arguments,
        (done, cancelled): (usize, usize),
        table: &Relation,
        status: &Attribute,
    ) -> Self {
        let ends = Self {
            done: labels(arguments, done, "done"),
            cancelled: labels(arguments, cancelled, "cancelled"),
        };
        if let Some(both) = ends
            .done
            .iter()
            .find(|label| ends.cancelled.contains(label))
        {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("status {} is both done and cancelled", name::literal(both)),
            )
            .raise()
        }
        ends.fitted(table, status)
    }

    /// The done ones alone.
    pub(super) fn done_of_call(
        arguments: &Arguments,
        done: usize,
        table: &Relation,
        status: &Attribute,
    ) -> Vec<String> {
        let ends = Self {
            done: labels(arguments, done, "done"),
            cancelled: Vec::new(),
        };
        ends.fitted(table, status).done
    }

    fn fitted(mut self, table: &Relation, status: &Attribute) -> Self {
        if status.category() != TypeCategory::Enum {
            return self;
        }
        let known = enum_labels(status.base_type());
        self.cancelled
            .retain(|label| label != USUAL_CANCELLED || known.contains(label));
        let unknown = self.all().find(|label| !known.contains(label));
        if let Some(unknown) = unknown {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!(
                    "column {} of table {} has no status {}",
                    name::identifier(&status.name),
                    table.qualified_name(),
                    name::literal(unknown),
                ),
            )
            .hint(format!("Its statuses are: {}.", known.join(", ")))
            .table(table)
            .column(&status.name)
            .raise()
        }
        self
    }

    /// All labels that end a task.
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        self.done.iter().chain(&self.cancelled)
    }
}

fn labels(arguments: &Arguments, position: usize, argument: &str) -> Vec<String> {
    let labels: Vec<Option<String>> = arguments.required(position, argument);
    labels
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .unwrap_or_else(|| {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("argument \"{argument}\" must not contain NULL"),
            )
            .hint("A task without a status is open.")
            .raise()
        })
}

/// The labels of an enum, in its order.
pub(super) fn enum_labels(enum_type: pg_sys::Oid) -> Vec<String> {
    statement::query(&format!(
        "select enumlabel from pg_catalog.pg_enum where enumtypid = {} order by enumsortorder",
        enum_type.to_u32(),
    ))
    .into_iter()
    .filter_map(|mut row| row.pop().flatten())
    .collect()
}

/// What a status means. The numbers stand in side tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Also where the status is NULL, or none that was named.
    Open = 0,
    Done = 1,
    Cancelled = 2,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Cancelled];

    pub(super) const fn number(self) -> i16 {
        self as i16
    }

    /// Its place in `ALL`.
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// The state of that number; of any other one, open.
    pub(super) const fn of_number(number: i16) -> Self {
        match number {
            1 => Self::Done,
            2 => Self::Cancelled,
            _ => Self::Open,
        }
    }
}

/// The status column of a table, ready to be read.
#[derive(Clone, Debug)]
pub(super) struct Statuses {
    pub(super) column: i16,
    pub(super) key_type: KeyType,
    done: Vec<Key>,
    cancelled: Vec<Key>,
}

impl Statuses {
    /// None where the type is none that labels can be told apart in, or has lost one of them.
    pub(super) fn of(status: &Attribute, done: &[String], cancelled: &[String]) -> Option<Self> {
        let key_type = KeyType::of(status)?;
        Some(Self {
            column: status.number,
            key_type,
            done: key_type.labels(done)?,
            cancelled: key_type.labels(cancelled)?,
        })
    }

    /// What the status of a row means.
    pub(super) fn state(&self, row: Row<'_>) -> State {
        let Some(status) = self.key_type.read(row.value(self.column)) else {
            return State::Open;
        };
        if self.done.contains(&status) {
            State::Done
        } else if self.cancelled.contains(&status) {
            State::Cancelled
        } else {
            State::Open
        }
    }
}

/// Refuses a status column whose labels cannot be told apart by their bytes.
pub(super) fn check(table: &Relation, status: &Attribute, ends: &Ends) {
    if Statuses::of(status, &ends.done, &ends.cancelled).is_some() {
        return;
    }
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} cannot be a status",
            name::identifier(&status.name),
            table.qualified_name(),
        ),
    )
    .detail("It has to be text, an enum, integer, bigint or uuid, or a domain over one, with an equality that is that of its bytes.")
    .hint("Name another one with status => '...'.")
    .table(table)
    .column(&status.name)
    .raise()
}

/// The error for a status column that has changed since a trigger was created.
pub(super) fn changed(table: &Relation, status: &Attribute, attach_again: &str) -> Report {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} has changed since the rule was attached",
            name::identifier(&status.name),
            table.qualified_name(),
        ),
    )
    .detail("Its type is another one, or a status that is named has another name.")
    .hint(format!("Attach again: {attach_again}"))
    .table(table)
    .column(&status.name)
}
