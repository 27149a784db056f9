//! Telling people that nothing blocks their tasks any more.
//!
//! That a task has become ready shows in no row that a trigger could see: the rule that keeps readiness knows it
//! at the end of a statement, and calls this function then, as the tasks' owner.

use pgrx::pg_sys;

use crate::pg::attachment::{self, Attached, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::check_owner_of_written;
use crate::pg::statement;

use super::attach::ROW_FUNCTION;
use super::choice::Choice;
use super::event::Event;
use super::write::{Destination, Notice};

/// `steward.notify_unblocked(tasks, keys)`.
pub(super) fn notify_unblocked(arguments: &Arguments) -> i32 {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let keys: Vec<Option<String>> = arguments.required(1, "keys");
    let keys: Vec<String> = keys.into_iter().flatten().collect();
    let table = open_target(tasks);
    let told: usize = attachment::triggers_of(&table, ROW_FUNCTION)
        .iter()
        .map(|attached| tell(&table, attached, &keys))
        .sum();
    i32::try_from(told).unwrap_or(i32::MAX)
}

fn tell(table: &Relation, attached: &Attached, keys: &[String]) -> usize {
    let Some((choice, destination)) = told_in(attached) else {
        return 0;
    };
    check_owner_of_written(table, &destination);
    let notices = owner::run_as(table.owner(), || notices(table, &choice, keys));
    if notices.is_empty() {
        return 0;
    }
    let Some(writable) = Destination::prepare(&choice, &destination) else {
        Report::new(
            SqlState::UNDEFINED_COLUMN,
            format!(
                "table {} has changed since notices are written to it",
                destination.qualified_name()
            ),
        )
        .hint(format!(
            "Attach again: {}",
            choice.attach_call(table, &destination)
        ))
        .table(&destination)
        .raise()
    };
    writable.write(&notices, table);
    notices.len()
}

/// Where people are told that tasks are unblocked.
fn told_in(attached: &Attached) -> Option<(Choice, Relation)> {
    let choice = Choice::from_arguments(&attached.arguments)?;
    choice.label(Event::Unblocked)?;
    let destination = Relation::try_open(attached.bound_table?, Lock::AccessShare)?;
    Some((choice, destination))
}

/// In the order of the keys.
fn notices(table: &Relation, choice: &Choice, keys: &[String]) -> Vec<Notice> {
    let columns = &choice.tasks;
    let Some(key_type) = table
        .attribute(&columns.key)
        .and_then(|column| KeyType::of(&column))
    else {
        attachment::missing_column(table, &columns.key).raise()
    };
    let (key, assignee) = (
        name::identifier(&columns.key),
        name::identifier(&columns.assignee),
    );
    let title = columns.title.as_ref().map_or_else(
        || "null".to_owned(),
        |title| format!("t.{}", name::identifier(title)),
    );
    let listed: Vec<_> = keys.iter().map(|key| name::literal(key)).collect();
    let mut notices = Vec::new();
    let sql = format!(
        "select t.{key}::text, t.{assignee}::text, {title}::text \
         from unnest(array[{}]::text[]) with ordinality as k (key, number) \
         join {} as t on t.{key} = k.key::{} where t.{assignee} is not null order by k.number",
        listed.join(", "),
        table.qualified_name(),
        key_type.sql_name(),
    );
    statement::for_each_current_row(&sql, |row| {
        if let (Some(task), Some(user)) = (row.value(1).as_text(), row.value(2).as_text()) {
            notices.push(Notice {
                event: Event::Unblocked,
                user,
                task,
                title: row.value(3).as_text(),
            });
        }
    });
    notices
}
