//! What a table needs before its completion can be tracked: columns of fitting types, statuses that exist, and
//! an index by the key. Whatever is missing is refused with what to do about it.

use crate::pg::attachment::{self, column_of_argument, missing_column};
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
    let key = column_of_argument(tasks, &choice.key, "key");
    check_key(tasks, &key);
    check_status(tasks, choice);
    check_completed_at(tasks, choice);
    if let Some(priority) = &choice.priority {
        let priority = column_of_argument(tasks, priority, "priority");
        if !can_be_priority(&priority) {
            wrong_type(
                tasks,
                &priority,
                "a priority: an enum, a number or a text",
                "priority",
            );
        }
    }
    if let Some(due) = &choice.due {
        let due = column_of_argument(tasks, due, "due");
        if due.category() != TypeCategory::Time {
            wrong_type(tasks, &due, "a due date: a date or a timestamp", "due");
        }
    }
    for (column, argument) in [(&choice.title, "title"), (&choice.assignee, "assignee")] {
        if let Some(column) = column {
            column_of_argument(tasks, column, argument);
        }
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
            "key",
        ),
        Some(key_type) => key_type,
    }
}

fn wrong_type(table: &Relation, column: &Attribute, wanted: &str, argument: &str) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} cannot be {wanted}",
            name::identifier(&column.name),
            table.qualified_name(),
        ),
    )
    .hint(format!("Name another one with {argument} => '...'."))
    .table(table)
    .column(&column.name)
    .raise()
}

/// Nobody could complete a task.
fn refuse_generated(tasks: &Relation, status: &Attribute) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} is generated",
            name::identifier(&status.name),
            tasks.qualified_name(),
        ),
    )
    .detail("A status is written, and a generated column cannot be.")
    .hint("Name another one with status => '...'.")
    .table(tasks)
    .column(&status.name)
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
    let status = column_of_argument(tasks, &choice.status, "status");
    if status.generated {
        refuse_generated(tasks, &status);
    }
    let key_type = KeyType::of(&status)
        .filter(|one| matches!(one, KeyType::Text | KeyType::Enum(_)))
        .unwrap_or_else(|| wrong_type(tasks, &status, "a status: an enum or a text", "status"));
    let Some(labels) = key_type.enum_labels() else {
        return;
    };
    let transitions = choice.transitions.iter().flatten();
    let of_transitions: Vec<String> = transitions
        .flat_map(|one| [&one.from].into_iter().chain(&one.to))
        .cloned()
        .collect();
    for (argument, named, example) in [
        ("done", &choice.done, "'{...}'"),
        ("cancelled", &choice.cancelled, "'{...}'"),
        ("transitions", &of_transitions, "'{\"...\": [\"...\"]}'"),
    ] {
        if let Some(unknown) = named.iter().find(|label| !labels.contains(label)) {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!(
                    "type {} has no label {}",
                    key_type.sql_name(),
                    name::literal(unknown)
                ),
            )
            .hint(format!(
                "Its labels are: {}. Name those that are meant with {argument} => {example}.",
                labels.join(", ")
            ))
            .table(tasks)
            .column(&status.name)
            .raise()
        }
    }
}

/// Says by a notice what works, and is hardly meant.
pub(super) fn advise(tasks: &Relation, choice: &Choice) {
    let priority = choice.priority.as_ref();
    let priority = priority.and_then(|column| tasks.attribute(column));
    if let Some(priority) = priority
        && priority.category() == TypeCategory::Text
        && choice.priorities.is_empty()
    {
        Report::new(
            SqlState::WARNING,
            format!(
                "the priorities in column {} of table {} are texts, which have no order of their own",
                name::identifier(&priority.name),
                tasks.qualified_name(),
            ),
        )
        .hint("Name them, the most urgent first: priorities => '{urgent,high,medium,low}'; or do without: priority => ''.")
        .table(tasks)
        .column(&priority.name)
        .notice();
    }
    let transitions = choice.transitions.as_ref();
    let is_done = |label: &String| choice.done.contains(label);
    if transitions.is_some_and(|all| !all.iter().any(|one| one.to.iter().any(is_done))) {
        Report::new(
            SqlState::WARNING,
            format!(
                "the transitions let no task of {} become done",
                tasks.qualified_name()
            ),
        )
        .hint("Name what leads to a done status: transitions => '{\"todo\": [\"done\"]}'.")
        .table(tasks)
        .notice();
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
        wrong_type(tasks, &attribute, "a stamp: a timestamp", "completed_at");
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
