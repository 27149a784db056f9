//! What `audit` demands of its arguments before it makes anything.

use pgrx::pg_sys;

use crate::pg::attachment::{self, required_column};
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::check_same_owner;

use super::choice::Choice;
use super::destination::{self, Key};
use super::key;
use super::log;
use super::record;

pub(super) fn check_columns(table: &Relation, choice: &Choice) {
    for column in choice.columns() {
        required_column(table, column);
    }
    for column in key::columns_of(table, choice.key.as_deref()) {
        let left_out = if choice.redact.contains(&column.name) {
            "redacted"
        } else if choice.ignore.contains(&column.name) {
            "ignored"
        } else {
            continue;
        };
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!(
                "column {} of table {} identifies the row and cannot be {left_out}",
                name::identifier(&column.name),
                table.qualified_name(),
            ),
        )
        .hint("Name another column or columns with key => '{...}'.")
        .table(table)
        .column(&column.name)
        .raise()
    }
}

pub(super) fn check(table: &Relation, destination: pg_sys::Oid, choice: &Choice) {
    attachment::check_no_inheritance_children(table);
    let destination = Relation::open(destination, Lock::AccessShare);
    check_tables(table, &destination);
    let key = key::kind_of(table, choice.key.as_deref());
    if key == Key::None {
        refuse_no_key(table);
    }
    record::check_destination(table, &destination, key);
}

fn check_tables(table: &Relation, destination: &Relation) {
    let wrong = |message: String, hint: &str| -> ! {
        Report::new(SqlState::WRONG_OBJECT_TYPE, message)
            .hint(hint)
            .table(destination)
            .raise()
    };
    let name = destination.qualified_name();
    if !destination.is_table() {
        wrong(
            format!("{name} is not a table"),
            "Create a log with select steward.create_audit_log('audit.log').",
        );
    }
    if destination::is_log(destination) && log::of(destination).is_none() {
        wrong(
            format!("table {name} is a part of an audit log, not the log"),
            "Name the log itself: an entry goes into the partition of its time.",
        );
    }
    if table.root() == destination.root() || destination::is_log(table) {
        wrong(
            format!(
                "table {} cannot be audited: it is where changes are recorded",
                table.qualified_name()
            ),
            "Name the table whose changes are to be recorded first.",
        );
    }
    if destination.is_temporary() && !table.is_temporary() {
        wrong(
            format!(
                "temporary table {name} cannot record the changes of {}, which is not temporary",
                table.qualified_name()
            ),
            "Other sessions could not write it: name an ordinary table.",
        );
    }
    if destination::is_log(destination) && !destination.may_be_inserted_into_by_current_user() {
        Report::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("permission denied for audit log {name}"),
        )
        .detail("Who audits into a log of somebody else's needs the right to INSERT on it; writing it past the audit triggers is refused all the same.")
        .hint(format!("grant insert on {name} to ...; -- as the owner of the log"))
        .table(destination)
        .raise()
    }
}

fn refuse_no_key(table: &Relation) -> ! {
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("table {} has no primary key", table.qualified_name()),
    )
    .detail("The history of a row is found by its key.")
    .hint("Add a primary key, or name the columns that identify a row with key => '{...}'.")
    .table(table)
    .raise()
}

/// A table's owner can write any trigger by hand. So a table that is no log is written only where that
/// owner could have written it himself.
pub(super) fn check_owner(table: &Relation, destination: &Relation) {
    check_same_owner(
        table,
        destination,
        "Changes are recorded in a table of the same owner, or in a log made by steward.create_audit_log().",
        "Give both tables the same owner with ALTER TABLE ... OWNER TO, or audit into a log.",
    );
}
