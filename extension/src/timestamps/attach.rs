//! `track_updated_at`: checks the arguments against the catalog and creates the trigger.

use pgrx::pg_sys;

use crate::pg::attachment::{
    self, Attached, drop_trigger, free_trigger_name, open_target, required_column,
};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation};
use crate::pg::statement;
use crate::pg::transaction_time::TimestampColumn;

const FUNCTION: &str = "set_updated_at";
const ONLY_CHANGES: &str = "only_changes";
const DEFAULT_COLUMN: &str = "updated_at";

/// What the user chose, as it stands in the trigger's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) column: String,
    pub(super) only_changes: bool,
}

impl Choice {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(super) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let (column, only_changes) = match arguments {
            [] => (DEFAULT_COLUMN, false),
            [column] => (column.as_str(), false),
            [column, flag] if flag == ONLY_CHANGES => (column.as_str(), true),
            _ => return None,
        };
        Some(Self {
            column: column.to_owned(),
            only_changes,
        })
    }

    fn arguments(&self) -> String {
        let column = name::literal(&self.column);
        if self.only_changes {
            format!("{column}, '{ONLY_CHANGES}'")
        } else {
            column
        }
    }

    /// The call that attaches the same choice to another column.
    pub(super) fn attach_call(&self, table: &Relation, column: &str) -> String {
        let only_changes = if self.only_changes {
            ", only_changes => true"
        } else {
            ""
        };
        format!(
            "select steward.track_updated_at({}, column_name => {}{only_changes});",
            name::literal(&table.qualified_name()),
            name::literal(column),
        )
    }
}

/// `steward.track_updated_at(target, column_name, only_changes, name)`.
pub(super) fn track_updated_at(arguments: &Arguments) {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let choice = Choice {
        column: arguments.required(1, "column_name"),
        only_changes: arguments.required(2, "only_changes"),
    };
    let trigger_name: Option<String> = arguments.optional(3);
    let trigger_name = trigger_name.as_deref().map(attachment::trigger_name);

    let table = open_target(target);
    check_column(&table, &choice);
    check_inheritance_children(&table, &choice);
    attachment::attach_unless(
        table,
        |table| is_attached(table, &choice, trigger_name.as_deref()),
        |table| attach(table, &choice, trigger_name.clone()),
    );
}

fn check_column(table: &Relation, choice: &Choice) {
    let column = required_column(table, &choice.column);
    let problem = if column.generated {
        "is generated from other columns"
    } else if TimestampColumn::of(&column).is_none() {
        "is not of type timestamp or timestamp with time zone"
    } else {
        return;
    };
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} {problem}",
            name::identifier(&column.name),
            table.qualified_name(),
        ),
    )
    .hint(another_column(table, &column, choice))
    .table(table)
    .column(&column.name)
    .raise()
}

/// What to do about a column that cannot hold the stamp.
fn another_column(table: &Relation, column: &Attribute, choice: &Choice) -> String {
    let fitting = table
        .attributes()
        .find(|attribute| !attribute.generated && TimestampColumn::of(attribute).is_some());
    if let Some(fitting) = fitting {
        return format!(
            "Name a column that can hold it: {}",
            choice.attach_call(table, &fitting.name)
        );
    }
    let (table_name, column_name) = (table.qualified_name(), name::identifier(&column.name));
    let is_convertible = matches!(
        column.base_type(),
        pg_sys::DATEOID | pg_sys::TEXTOID | pg_sys::VARCHAROID
    );
    if is_convertible && !column.generated {
        return format!(
            "Change its type: alter table {table_name} alter column {column_name} type timestamptz \
             using {column_name}::timestamptz;"
        );
    }
    let free = [DEFAULT_COLUMN, "changed_at", "stamped_at"]
        .into_iter()
        .find(|name| table.attribute(name).is_none())
        .unwrap_or(DEFAULT_COLUMN);
    format!(
        "Add a column for the stamp: alter table {table_name} add column {free} timestamptz not null default now(); {}",
        choice.attach_call(table, free),
    )
}

/// A row trigger of a table does not fire for the rows of tables that inherit from it, so these have
/// to be attached first.
fn check_inheritance_children(table: &Relation, choice: &Choice) {
    if !table.may_have_inheritance_children() {
        return;
    }
    let bare = attachment::inheritance_children(table)
        .into_iter()
        .find(|child| of_column(child, &choice.column).is_none());
    let Some(child) = bare else { return };
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "table {} inherits from {} and is not tracked",
            child.qualified_name(),
            table.qualified_name(),
        ),
    )
    .detail("A trigger of a table does not fire for the rows of tables that inherit from it.")
    .hint(format!(
        "Attach to the child first: {}",
        choice.attach_call(&child, &choice.column)
    ))
    .table(table)
    .raise()
}

/// A trigger of ours whose column was renamed or dropped: the call that is made then is the one that
/// its error asks for.
fn of_missing_column(table: &Relation) -> Option<Attached> {
    attachment::triggers_of(table, FUNCTION)
        .into_iter()
        .find(|attached| {
            Choice::from_arguments(&attached.arguments)
                .is_some_and(|choice| table.attribute(&choice.column).is_none())
        })
}

/// The trigger of ours that stamps `column`, if there is one.
fn of_column(table: &Relation, column: &str) -> Option<(Attached, Choice)> {
    attachment::triggers_of(table, FUNCTION)
        .into_iter()
        .find_map(|attached| {
            let choice = Choice::from_arguments(&attached.arguments)?;
            (choice.column == column).then_some((attached, choice))
        })
}

fn is_attached(table: &Relation, choice: &Choice, trigger_name: Option<&str>) -> bool {
    of_column(table, &choice.column).is_some_and(|(attached, present)| {
        present == *choice && trigger_name.is_none_or(|name| name == attached.name)
    })
}

/// Creates the trigger, in place of the one that stamped the same column before, or a lost one.
fn attach(table: &Relation, choice: &Choice, trigger_name: Option<String>) {
    let replaced = of_column(table, &choice.column)
        .map(|(attached, _)| attached)
        .or_else(|| of_missing_column(table));
    if let Some(attached) = &replaced {
        attachment::refuse_inherited(table, attached);
        drop_trigger(table, &attached.name);
    }
    let trigger_name = trigger_name
        .or(replaced.map(|attached| attached.name))
        .unwrap_or_else(|| free_trigger_name(table, &format!("steward_{}", choice.column)));
    statement::run(&format!(
        "create trigger {} before update on {} for each row execute function steward.{FUNCTION}({})",
        name::identifier(&trigger_name),
        table.qualified_name(),
        choice.arguments(),
    ));
}
