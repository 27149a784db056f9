//! The arguments of `track_completion`, as a choice.

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Relation, TypeCategory};
use crate::pg::statement;

use super::choice::{Choice, Enforcement, MostUrgent, OnCancelled, OnReopen, Transition};
use super::requirements;

const DEFAULT_CANCELLED: &str = "cancelled";

/// The choice of a call `steward.track_completion(tasks, key, status, done, cancelled, completed_at, edges,
/// enforce, on_cancelled, on_reopen, transitions, priority, priorities, due, title, assignee, highest_first)`.
pub(super) fn choice(arguments: &Arguments, tasks: &Relation) -> Choice {
    let status: String = arguments.required(2, "status");
    let enforce: bool = arguments.required(7, "enforce");
    let done = labels(arguments, 3, "done");
    if done.is_empty() {
        wrong(
            "argument \"done\" must name a status",
            "Name the statuses of a task that is done: done => '{done}'.",
        );
    }
    let cancelled = cancelled(arguments, tasks, &status);
    if let Some(both) = done.iter().find(|label| cancelled.contains(label)) {
        wrong(
            &format!("status {} is both done and cancelled", name::literal(both)),
            "A status is one of the two, or neither.",
        );
    }
    Choice {
        key: arguments.required(1, "key"),
        status,
        done,
        cancelled,
        completed_at: arguments.optional(5),
        enforcement: if enforce {
            Enforcement::Refuse
        } else {
            Enforcement::Warn
        },
        on_cancelled: one_of(
            arguments,
            8,
            "on_cancelled",
            [
                ("block", OnCancelled::Block),
                ("satisfy", OnCancelled::Satisfy),
            ],
        ),
        on_reopen: one_of(
            arguments,
            9,
            "on_reopen",
            [("allow", OnReopen::Allow), ("block", OnReopen::Block)],
        ),
        transitions: arguments.optional_text(10).map(|json| transitions(&json)),
        priority: column(arguments, 11, tasks, "priority", |table, name| {
            let column = table.attribute(name);
            column.is_some_and(|column| requirements::can_be_priority(&column))
        }),
        priorities: arguments
            .optional::<Vec<Option<String>>>(12)
            .map(|given| whole(given, "priorities"))
            .unwrap_or_default(),
        due: column(arguments, 13, tasks, "due_date", |table, name| {
            let column = table.attribute(name);
            column.is_some_and(|column| column.category() == TypeCategory::Time)
        }),
        title: column(arguments, 14, tasks, "title", |table, name| {
            table.attribute(name).is_some()
        }),
        assignee: arguments.optional(15),
        most_urgent: if arguments.required(16, "highest_first") {
            MostUrgent::Highest
        } else {
            MostUrgent::Lowest
        },
    }
}

/// A column that is used if it is there and fits, unless another is named; the empty name stands for none.
fn column(
    arguments: &Arguments,
    position: usize,
    tasks: &Relation,
    by_default: &str,
    fits: impl Fn(&Relation, &str) -> bool,
) -> Option<String> {
    let named: Option<String> = arguments.optional(position);
    match named {
        Some(name) if name.is_empty() => None,
        Some(name) => Some(name),
        None => fits(tasks, by_default).then(|| by_default.to_owned()),
    }
}

/// The label that is meant unless others are named is left out where the type of the column has none such.
fn cancelled(arguments: &Arguments, tasks: &Relation, status: &str) -> Vec<String> {
    let given = labels(arguments, 4, "cancelled");
    let enum_labels = tasks
        .attribute(status)
        .and_then(|column| KeyType::of(&column))
        .and_then(KeyType::enum_labels);
    let is_missing =
        enum_labels.is_some_and(|labels| !labels.iter().any(|label| label == DEFAULT_CANCELLED));
    if given == [DEFAULT_CANCELLED] && is_missing {
        return Vec::new();
    }
    given
}

fn labels(arguments: &Arguments, position: usize, argument: &str) -> Vec<String> {
    whole(arguments.required(position, argument), argument)
}

fn whole(given: Vec<Option<String>>, argument: &str) -> Vec<String> {
    given
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .unwrap_or_else(|| {
            wrong(
                &format!("argument \"{argument}\" must not contain NULL"),
                "A task without a status is neither done nor cancelled.",
            )
        })
}

fn one_of<T: Copy>(
    arguments: &Arguments,
    position: usize,
    argument: &str,
    known: [(&str, T); 2],
) -> T {
    let given: String = arguments.required(position, argument);
    known.iter().find(|(name, _)| *name == given).map_or_else(
        || {
            wrong(
                &format!(
                    "argument \"{argument}\" cannot be {}",
                    name::literal(&given)
                ),
                &format!("It is '{}' or '{}'.", known[0].0, known[1].0),
            )
        },
        |(_, meant)| *meant,
    )
}

/// An object with an array of statuses for each status.
fn transitions(json: &str) -> Vec<Transition> {
    let json = name::literal(json);
    let rows = statement::query(&format!(
        "select pg_catalog.jsonb_typeof({json}::pg_catalog.jsonb) = 'object'"
    ));
    let shape = "It is an object of arrays: '{\"todo\": [\"in_progress\"], \"in_progress\": [\"todo\", \"done\"]}'.";
    if rows != [[Some("t".to_owned())]] {
        wrong("argument \"transitions\" is no object", shape);
    }
    let members = statement::query(&format!(
        "select key, pg_catalog.jsonb_typeof(value) = 'array', value::pg_catalog.text \
         from pg_catalog.jsonb_each({json}::pg_catalog.jsonb) order by key"
    ));
    members
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            let from = row.next()??;
            if row.next()?? != "t" {
                wrong(
                    &format!(
                        "argument \"transitions\" has no array for {}",
                        name::literal(&from)
                    ),
                    shape,
                );
            }
            let to = statement::query(&format!(
                "select case pg_catalog.jsonb_typeof(value) when 'string' then value #>> '{{}}' end \
                 from pg_catalog.jsonb_array_elements({}::pg_catalog.jsonb)",
                name::literal(&row.next()??),
            ));
            let to: Option<Vec<String>> = to.into_iter().map(|mut row| row.pop().flatten()).collect();
            let to = to.unwrap_or_else(|| {
                wrong(
                    &format!(
                        "argument \"transitions\" has something else than statuses for {}",
                        name::literal(&from)
                    ),
                    shape,
                )
            });
            Some(Transition { from, to })
        })
        .collect()
}

fn wrong(message: &str, hint: &str) -> ! {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
        .hint(hint)
        .raise()
}
