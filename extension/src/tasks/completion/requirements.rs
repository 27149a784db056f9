//! What a table needs before its completion can be tracked: columns of fitting types, statuses that exist, and
//! an index by the key. Whatever is missing is refused with what to do about it.

use crate::pg::attachment::{self, missing_column, required_column};
use crate::pg::error::{Report, SqlState};
use crate::pg::index;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation, TypeCategory};
use crate::pg::scan::LookUp;
use crate::pg::transaction_time::TimestampColumn;

use super::choice::Choice;

/// Refuses what cannot be tracked.
pub(super) fn check(tasks: &Relation, choice: &Choice) {
    if tasks.is_partition() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("table {} is a partition", tasks.qualified_name()),
        )
        .hint("Attach to the partitioned table; its partitions follow.")
        .table(tasks)
        .raise()
    }
    attachment::check_no_inheritance_children(tasks);
    let key = required_column(tasks, &choice.key);
    check_key(tasks, &key);
    check_status(tasks, choice);
    check_completed_at(tasks, choice);
    if let Some(priority) = &choice.priority {
        let priority = required_column(tasks, priority);
        if !can_be_priority(&priority) {
            wrong_type(tasks, &priority, "a priority: an enum, a number or a text");
        }
    }
    if let Some(due) = &choice.due {
        let due = required_column(tasks, due);
        if due.category() != TypeCategory::Time {
            wrong_type(tasks, &due, "a due date: a date or a timestamp");
        }
    }
    for column in [&choice.title, &choice.assignee].into_iter().flatten() {
        required_column(tasks, column);
    }
}

pub(super) fn can_be_priority(column: &Attribute) -> bool {
    match column.category() {
        TypeCategory::Enum | TypeCategory::Number => true,
        TypeCategory::Text => KeyType::of(column).is_some(),
        TypeCategory::Time | TypeCategory::Other => false,
    }
}

/// The type of the tasks' keys.
pub(in crate::tasks) fn key_type_of(table: &Relation, key: &Attribute) -> KeyType {
    match KeyType::of(key) {
        Some(KeyType::Enum(_)) | None => wrong_type(
            table,
            key,
            "a key: uuid, integer, bigint or text, with an equality that is that of its bytes",
        ),
        Some(key_type) => key_type,
    }
}

fn wrong_type(table: &Relation, column: &Attribute, wanted: &str) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} cannot be {wanted}",
            name::identifier(&column.name),
            table.qualified_name(),
        ),
    )
    .table(table)
    .column(&column.name)
    .raise()
}

/// A partitioned table cannot always have a unique index on the key alone.
fn check_key(tasks: &Relation, key: &Attribute) {
    let key_type = key_type_of(tasks, key);
    let has_index = LookUp::of(tasks, key.number, key_type).index.is_some();
    if has_index && (tasks.is_partitioned() || index::is_unique_by(tasks, key.number)) {
        return;
    }
    let (table, column) = (tasks.qualified_name(), name::identifier(&key.name));
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("table {table} has no unique index on column {column}"),
    )
    .detail("A task is found by its key.")
    .hint(format!("create unique index on {table} ({column});"))
    .table(tasks)
    .column(&key.name)
    .raise()
}

fn check_status(tasks: &Relation, choice: &Choice) {
    let status = required_column(tasks, &choice.status);
    let key_type = KeyType::of(&status)
        .filter(|one| matches!(one, KeyType::Text | KeyType::Enum(_)))
        .unwrap_or_else(|| wrong_type(tasks, &status, "a status: an enum or a text"));
    let transitions = choice.transitions.iter().flatten();
    let named = choice
        .done
        .iter()
        .chain(&choice.cancelled)
        .chain(transitions.flat_map(|one| [&one.from].into_iter().chain(&one.to)));
    if let Some(labels) = key_type.enum_labels()
        && let Some(unknown) = named.into_iter().find(|label| !labels.contains(label))
    {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!(
                "type {} has no label {}",
                key_type.sql_name(),
                name::literal(unknown)
            ),
        )
        .hint(format!("Its labels are: {}.", labels.join(", ")))
        .table(tasks)
        .column(&status.name)
        .raise()
    }
}

fn check_completed_at(tasks: &Relation, choice: &Choice) {
    let Some(column) = &choice.completed_at else {
        return;
    };
    let attribute = tasks.attribute(column).unwrap_or_else(|| {
        missing_column(tasks, column)
            .hint("Name the column for the stamp with completed_at => '...', or do without one: completed_at => NULL.")
            .raise()
    });
    if TimestampColumn::of(&attribute).is_none() {
        wrong_type(tasks, &attribute, "a stamp: a timestamp");
    }
    if attribute.not_null {
        let column = name::identifier(column);
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "column {column} of table {} cannot be NULL",
                tasks.qualified_name()
            ),
        )
        .detail("A task that is not done bears no stamp.")
        .hint(format!(
            "alter table {} alter column {column} drop not null;",
            tasks.qualified_name()
        ))
        .table(tasks)
        .column(&attribute.name)
        .raise()
    }
}
