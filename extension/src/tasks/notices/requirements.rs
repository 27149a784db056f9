//! What a destination of notices has to take. What can be known when the rule is attached is refused then; at run
//! time it would be a warning for every notice.

use pgrx::pg_sys;

use crate::pg::attachment::{self, required_column};
use crate::pg::error::{Report, SqlState};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Attribute, Relation, TypeCategory};
use crate::pg::requirements::{check_owner_of_written, refuse_column};
use crate::pg::statement;

use super::super::statuses::{self, Ends};
use super::choice::Choice;
use super::event::Event;

/// Refuses what cannot work.
pub(super) fn check(table: &Relation, destination: &Relation, choice: &Choice) {
    check_tables(table, destination);
    check_owner_of_written(table, destination);
    attachment::check_no_inheritance_children(table);
    check_task_columns(table, choice);
    check_same_kind(table, destination, choice);
    let event = required_column(destination, &choice.destination.event);
    for (one, label) in &choice.events {
        check_label(destination, &event, *one, label);
    }
    check_deferrable(destination);
    check_filled(destination, choice);
}

fn check_tables(table: &Relation, destination: &Relation) {
    let wrong = |message: String, hint: &str| -> ! {
        Report::new(SqlState::WRONG_OBJECT_TYPE, message)
            .hint(hint)
            .table(destination)
            .raise()
    };
    if !destination.is_table() {
        wrong(
            format!("{} is not a table", destination.qualified_name()),
            "Name the table that notices are written to.",
        );
    }
    if destination.oid() == table.oid() {
        wrong(
            format!(
                "table {} cannot hold the notices about itself",
                table.qualified_name()
            ),
            "Name another table with destination => '...'.",
        );
    }
    if destination.is_temporary() && !table.is_temporary() {
        wrong(
            format!(
                "temporary table {} cannot hold notices about {}, which is not temporary",
                destination.qualified_name(),
                table.qualified_name(),
            ),
            "Other sessions could not write it: name an ordinary table.",
        );
    }
}

fn check_task_columns(table: &Relation, choice: &Choice) {
    let key = required_column(table, &choice.tasks.key);
    if matches!(KeyType::of(&key), None | Some(KeyType::Enum(_))) {
        refuse_column(
            table,
            &key,
            "cannot be a key",
            "It has to be of type uuid, integer, bigint or text: name another one with key => '...'.",
        );
    }
    if let Some(status) = &choice.tasks.status {
        let ends = Ends {
            done: choice.done.clone(),
            cancelled: Vec::new(),
        };
        statuses::check(table, &required_column(table, status), &ends);
    }
    if let Some(flag) = &choice.tasks.flag {
        let flag = required_column(table, flag);
        if flag.base_type() != pg_sys::BOOLOID {
            refuse_column(
                table,
                &flag,
                "is not boolean",
                "Name another one with flag => '...', or leave delayed out of the events.",
            );
        }
    }
}

/// Who a task is assigned to is who a notice is for, and it is about that task.
fn check_same_kind(table: &Relation, destination: &Relation, choice: &Choice) {
    let (tasks, columns) = (&choice.tasks, &choice.destination);
    let pairs = [
        (Some(&tasks.assignee), Some(&columns.user)),
        (tasks.creator.as_ref(), Some(&columns.user)),
        (Some(&tasks.key), columns.task.as_ref()),
    ];
    for (mine, theirs) in pairs {
        let (Some(mine), Some(theirs)) = (mine, theirs) else {
            continue;
        };
        let mine = required_column(table, mine);
        let theirs = required_column(destination, theirs);
        if kind(&mine) != kind(&theirs) {
            refuse_column(
                destination,
                &theirs,
                &format!(
                    "has another type than column {} of table {}",
                    name::identifier(&mine.name),
                    table.qualified_name(),
                ),
                "Give both the same type.",
            );
        }
    }
}

fn kind(column: &Attribute) -> pg_sys::Oid {
    match column.base_type() {
        pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => pg_sys::INT8OID,
        pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID => pg_sys::TEXTOID,
        other => other,
    }
}

/// A label that the column would never take.
fn check_label(destination: &Relation, column: &Attribute, event: Event, label: &str) {
    let refuse = |hint: String| -> ! {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!(
                "column {} of table {} does not take {} for {}",
                name::identifier(&column.name),
                destination.qualified_name(),
                name::literal(label),
                event.name(),
            ),
        )
        .hint(hint)
        .table(destination)
        .column(&column.name)
        .raise()
    };
    if column.category() == TypeCategory::Enum {
        let known = statuses::enum_labels(column.base_type());
        if !known.iter().any(|one| one == label) {
            refuse(format!("Its labels are: {}.", known.join(", ")));
        }
    }
    if let Some(most) = column.most_characters()
        && label.chars().count() > most
    {
        refuse(format!("It holds at most {most} characters."));
    }
    for (constraint, condition) in checks_of(destination, column) {
        let probe = format!(
            "select coalesce(({condition})::boolean, true) from (select {}::{} as {}) as {}",
            name::literal(label),
            column.type_name(),
            name::identifier(&column.name),
            name::identifier(&destination.name()),
        );
        // What a check calls is the destination's owner's.
        let holds = owner::run_restricted_as(destination.owner(), || statement::query(&probe));
        if holds.first().and_then(|row| row[0].as_deref()) == Some("f") {
            refuse(format!(
                "Constraint {} says: {condition}. Map the event to a label that it takes, or to null.",
                name::identifier(&constraint),
            ));
        }
    }
}

/// The CHECK constraints that look at this column only, by name.
fn checks_of(destination: &Relation, column: &Attribute) -> Vec<(String, String)> {
    statement::query(&format!(
        "select conname, pg_catalog.pg_get_expr(conbin, conrelid) from pg_catalog.pg_constraint \
         where contype = 'c' and conrelid = {} and conkey = array[{}]::pg_catalog.int2[] order by conname",
        destination.oid().to_u32(),
        column.number,
    ))
    .into_iter()
    .filter_map(|row| {
        let mut row = row.into_iter();
        Some((row.next()??, row.next()??))
    })
    .collect()
}

/// What is checked at the end of the transaction cannot be borne by then.
fn check_deferrable(destination: &Relation) {
    let found = statement::query(&format!(
        "select conname, contype from pg_catalog.pg_constraint \
         where conrelid = {} and condeferrable and contype in ('f', 'p', 'u', 'x') order by conname limit 1",
        destination.oid().to_u32(),
    ));
    let Some([Some(constraint), Some(kind)]) = found.first().map(Vec::as_slice) else {
        return;
    };
    let (table, shown) = (destination.qualified_name(), name::identifier(constraint));
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("constraint {shown} of table {table} is deferrable"),
    )
    .detail("A notice that it refuses at the end of the transaction would take the change of the task along.")
    .hint(if kind == "f" {
        format!("alter table {table} alter constraint {shown} not deferrable;")
    } else {
        "Drop it and create it again as NOT DEFERRABLE.".to_owned()
    })
    .table(destination)
    .constraint(constraint.as_str())
    .raise()
}

/// A column that needs a value and gets none.
fn check_filled(destination: &Relation, choice: &Choice) {
    let written: Vec<_> = choice
        .destination
        .names()
        .map(|column| name::literal(column))
        .collect();
    let found = statement::query(&format!(
        "select a.attname from pg_catalog.pg_attribute as a where a.attrelid = {0} and a.attnum > 0 \
             and not a.attisdropped and a.attnotnull and not a.atthasdef and a.attidentity = '' \
             and a.attname not in ({1}) \
             and not exists (select from pg_catalog.pg_type as t where t.oid = a.atttypid and t.typdefault is not null) \
             and not exists (select from pg_catalog.pg_trigger as g where g.tgrelid = {0} and not g.tgisinternal \
                 and g.tgtype & 7 = 7) \
         order by a.attnum limit 1",
        destination.oid().to_u32(),
        written.join(", "),
    ));
    let Some([Some(column)]) = found.first().map(Vec::as_slice) else {
        return;
    };
    let (table, shown) = (destination.qualified_name(), name::identifier(column));
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("column {shown} of table {table} must not be NULL, and a notice has nothing for it"),
    )
    .hint(format!(
        "Name what it is for, as in message_column => {}, or give it a default: alter table {table} alter column {shown} set default ...;",
        name::literal(column),
    ))
    .table(destination)
    .column(column)
    .raise()
}
