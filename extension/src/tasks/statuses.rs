//! The statuses of tasks: which labels mean that a task is done, and which that it will never be.
//!
//! All others mean that it is open, and so does NULL. The labels of an enum are known, and a wrong one is
//! refused; texts are taken as they are given.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation, TypeCategory};
use crate::pg::statement;

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
