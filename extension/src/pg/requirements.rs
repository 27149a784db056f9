//! What several rules demand of the tables that they are attached to, and how they say so.

use super::error::{Report, SqlState};
use super::name;
use super::relation::{Attribute, Relation};

/// The usual way out where two tables have different owners.
pub(crate) const GIVE_THE_SAME_OWNER: &str =
    "Give both tables the same owner with ALTER TABLE ... OWNER TO.";

/// A table's owner can write any trigger by hand, with any arguments. So a rule on `table` writes, or counts for,
/// another one only where that owner could do it himself; of a partition the owner of the whole counts.
///
/// Errors: 42501.
pub(crate) fn check_same_owner(table: &Relation, other: &Relation, detail: &str, hint: &str) {
    if table.owner_of_root() == other.owner_of_root() {
        return;
    }
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!(
            "tables {} and {} have different owners",
            table.qualified_name(),
            other.qualified_name(),
        ),
    )
    .detail(detail)
    .hint(hint)
    .table(other)
    .raise()
}

/// The same for a table of the user's own that a rule writes.
pub(crate) fn check_owner_of_written(table: &Relation, written: &Relation) {
    check_same_owner(
        table,
        written,
        "A rule writes only into tables that belong to the owner of the table that it guards.",
        GIVE_THE_SAME_OWNER,
    );
}

/// Refuses a column that cannot play its role.
pub(crate) fn refuse_column(table: &Relation, column: &Attribute, message: &str, hint: &str) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} {message}",
            name::identifier(&column.name),
            table.qualified_name(),
        ),
    )
    .hint(hint)
    .table(table)
    .column(&column.name)
    .raise()
}

/// The error where a statement that attaches has named a table, and the name has come to mean another one.
pub(crate) fn refuse_renamed_meanwhile(table: &Relation) -> ! {
    Report::new(
        SqlState::SERIALIZATION_FAILURE,
        "a schema was renamed while the trigger was made",
    )
    .hint("Make the call again.")
    .table(table)
    .raise()
}
