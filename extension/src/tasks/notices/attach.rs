//! `notify_on`: checks the arguments against the catalog and creates the triggers.

use pgrx::pg_sys;

use crate::pg::attachment::{self, Attached, column_of_argument, drop_trigger, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::refuse_renamed_meanwhile;
use crate::pg::statement;

use super::super::settling;
use super::super::statuses::Ends;
use super::choice::{Choice, DestinationColumns, TaskColumns};
use super::event::{self, Event};
use super::requirements;
use super::write::Destination;

pub(super) const ROW_FUNCTION: &str = "collect_notices";
const STATEMENT_FUNCTION: &str = "settle_notices";
const DEFAULT_DESTINATION: &str = "notifications";
/// Sorts after the triggers of readiness and of progress: what they refuse is told to nobody, and their rows are
/// locked first.
const DEFAULT_TRIGGER: &str = "steward_tell";

/// `steward.notify_on(tasks, destination, events, key, assignee, creator, title, status, done, flag, user_column,
/// type_column, title_column, message_column, task_column, name)`.
pub(super) fn notify_on(arguments: &Arguments) {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let destination: Option<pg_sys::Oid> = arguments.optional(1);
    let events = events(&arguments.required_text(2, "events"));
    let name: Option<String> = arguments.optional(15);

    let table = open_target(tasks);
    let destination = open_destination(&table, destination);
    let choice = choice(arguments, &table, events);
    check_columns(&table, &destination, &choice);
    attachment::attach_unless(
        table,
        |table| is_attached(table, &destination, &choice, name.as_deref()),
        |table| {
            requirements::check(table, &destination, &choice);
            attach(table, &destination, &choice, name.as_deref());
        },
    );
}

/// The events of a map from event to label; those with NULL are none.
fn events(json: &str) -> Vec<(Event, String)> {
    let wrong = |message: String| -> ! {
        Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
            .hint(format!(
                "Map events to the labels of your table, as in '{{\"assigned\": \"task_assigned\"}}'. The events are: {}.",
                event::names()
            ))
            .raise()
    };
    let json = name::literal(json);
    let kind = statement::query(&format!("select pg_catalog.jsonb_typeof({json}::jsonb)"));
    if kind.first().and_then(|row| row[0].as_deref()) != Some("object") {
        wrong("argument \"events\" is not an object".to_owned());
    }
    let rows = statement::query(&format!(
        "select key, value from pg_catalog.jsonb_each_text({json}::jsonb)"
    ));
    let mut named = Vec::new();
    for row in rows {
        let [Some(name), label] = &row[..] else {
            continue;
        };
        let Some(event) = Event::of_name(name) else {
            wrong(format!("there is no event {}", name::literal(name)))
        };
        if let Some(label) = label {
            named.push((event, label.clone()));
        }
    }
    if named.is_empty() {
        wrong("argument \"events\" names no event".to_owned());
    }
    let in_order = Event::ALL
        .into_iter()
        .filter_map(|event| named.iter().find(|(one, _)| *one == event).cloned());
    in_order.collect()
}

fn open_destination(table: &Relation, destination: Option<pg_sys::Oid>) -> Relation {
    let oid = destination
        .or_else(|| table.neighbour(DEFAULT_DESTINATION))
        .unwrap_or_else(|| {
            let expected = name::qualified(&table.schema(), DEFAULT_DESTINATION);
            Report::new(
                SqlState::UNDEFINED_OBJECT,
                format!("table {expected} does not exist"),
            )
            .hint("Create it, or name another table with destination => '...'.")
            .raise()
        });
    Relation::open(oid, Lock::AccessShare)
}

/// Columns that no event needs are not read, and need not be there.
fn choice(arguments: &Arguments, table: &Relation, events: Vec<(Event, String)>) -> Choice {
    let tells_of = |wanted: Event| events.iter().any(|(event, _)| *event == wanted);
    let status: String = arguments.required(7, "status");
    let needs_status = tells_of(Event::Completed);
    let done = needs_status.then(|| {
        let status = column_of_argument(table, &status, "status");
        Ends::done_of_call(arguments, 8, table, &status)
    });
    Choice {
        tasks: TaskColumns {
            key: arguments.required(3, "key"),
            assignee: arguments.required(4, "assignee"),
            creator: needs_status.then(|| arguments.optional(5)).flatten(),
            title: arguments.optional(6),
            status: needs_status.then_some(status),
            flag: tells_of(Event::Delayed).then(|| arguments.required(9, "flag")),
        },
        done: done.unwrap_or_default(),
        destination: DestinationColumns {
            user: arguments.required(10, "user_column"),
            event: arguments.required(11, "type_column"),
            title: arguments.optional(12),
            message: arguments.optional(13),
            task: arguments.optional(14),
        },
        events,
    }
}

fn check_columns(table: &Relation, destination: &Relation, choice: &Choice) {
    let lacking = |relation: &Relation, argument: &str, column: &String, otherwise: &str| {
        if relation.attribute(column).is_none() {
            attachment::missing_column(relation, column)
                .hint(format!("{}{otherwise}", attachment::name_it_with(argument)))
                .raise()
        }
    };
    for (argument, column) in choice.tasks.named() {
        let otherwise = match argument {
            "creator" | "title" => format!(" There need be none: {argument} => null."),
            "status" => " Or leave completed out of the events.".to_owned(),
            "flag" => " Or leave delayed out of the events.".to_owned(),
            _ => String::new(),
        };
        lacking(table, argument, column, &otherwise);
    }
    for (argument, column) in choice.destination.named() {
        let otherwise = match argument {
            "user_column" | "type_column" => String::new(),
            _ => format!(" There need be none: {argument} => null."),
        };
        lacking(destination, argument, column, &otherwise);
    }
}

fn trigger_name(name: Option<&str>) -> String {
    settling::trigger_name(&name.map_or(DEFAULT_TRIGGER.to_owned(), |name| {
        format!("{DEFAULT_TRIGGER}_{name}")
    }))
}

fn present(table: &Relation, name: &str) -> Option<Attached> {
    let triggers = attachment::triggers_of(table, ROW_FUNCTION);
    triggers.into_iter().find(|trigger| trigger.name == name)
}

fn is_attached(
    table: &Relation,
    destination: &Relation,
    choice: &Choice,
    name: Option<&str>,
) -> bool {
    let name = trigger_name(name);
    present(table, &name).is_some_and(|attached| {
        attached.bound_table == Some(destination.oid())
            && Choice::from_arguments(&attached.arguments).as_ref() == Some(choice)
            && settling::are_there(table, &name, STATEMENT_FUNCTION)
    })
}

/// Creates the triggers, in place of those of the same name.
fn attach(table: &Relation, destination: &Relation, choice: &Choice, name: Option<&str>) {
    // Prepared for nothing but its errors: types that do not fit, a column named twice.
    // A plan evaluates what is constant in it.
    owner::run_restricted_as(destination.owner(), || {
        drop(Destination::prepare(choice, destination));
    });
    let name = trigger_name(name);
    if let Some(attached) = present(table, &name) {
        attachment::refuse_inherited(table, &attached);
        drop_trigger(table, &name);
    }
    settling::drop(table, &name, STATEMENT_FUNCTION);
    // A row that moves to another partition leaves the one that it was in.
    let events = if table.is_partitioned() {
        "insert or update or delete"
    } else {
        "insert or update"
    };
    statement::run(&format!(
        "create constraint trigger {} after {events} on {} from {} \
         for each row execute function steward.{ROW_FUNCTION}({})",
        name::identifier(&name),
        table.qualified_name(),
        destination.qualified_name(),
        choice.arguments(),
    ));
    settling::create(table, &name, STATEMENT_FUNCTION);
    let is_bound =
        present(table, &name).is_some_and(|made| made.bound_table == Some(destination.oid()));
    if !is_bound {
        refuse_renamed_meanwhile(table)
    }
}
