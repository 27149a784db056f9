//! The table of tasks, whichever partition of it is at hand.

use crate::pg::error::{Report, SqlState};
use crate::pg::relation::{Lock, Relation};

use super::choice::Choice;

/// The table that the user sees.
pub(in crate::tasks) fn root_of(table: &Relation) -> Relation {
    Relation::open(table.root(), Lock::AccessShare)
}

/// The error for a table that is not what it was when it was attached.
pub(in crate::tasks) fn has_changed(table: &Relation, choice: &Choice) -> ! {
    let tasks = root_of(table);
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "table {} has changed since its completion was tracked",
            table.qualified_name()
        ),
    )
    .detail("The type of a column has changed, or a status that is named has another name.")
    .hint(format!("Attach again: {}", choice.attach_call(&tasks)))
    .table(table)
    .raise()
}
