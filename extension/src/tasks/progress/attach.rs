//! `roll_up_progress`: checks the arguments against the catalog, makes the table of counters, counts the tasks
//! that are there, and creates the triggers.
//!
//! Two row triggers stand for an attachment, one bound to the counters and one to the parents: a trigger can be
//! bound to one table only. The first takes inserts and updates, the second deletes.

use pgrx::pg_sys;

use crate::pg::attachment::{
    self, SideTable, column_of_argument, drop_trigger, free_relation_name, open_target,
    required_column,
};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::requirements::refuse_renamed_meanwhile;
use crate::pg::statement;

use super::super::settling;
use super::super::statuses::Ends;
use super::choice::Choice;
use super::counters;
use super::requirements;
use super::roll_up::{self, Bound, destination_trigger};
use super::truncate;
use super::whole::Whole;

/// Of the row trigger that is bound to the counters, and of the one that is bound to the parents.
pub(super) const ROW_FUNCTION: &str = "collect_progress";
pub(super) const DELETE_FUNCTION: &str = "release_progress";
pub(super) const STATEMENT_FUNCTION: &str = "settle_progress";
pub(super) const TRUNCATE_FUNCTION: &str = "forget_progress";
/// Sorts after the triggers of readiness, so that in one statement their rows are locked first.
const DEFAULT_TRIGGER: &str = "steward_roll_up";

/// `steward.roll_up_progress(tasks, parent, destination, progress, key, status, done, cancelled, weight, empty,
/// name)`.
pub(super) fn roll_up_progress(arguments: &Arguments) {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let parent: String = arguments.required(1, "parent");
    let destination: Option<pg_sys::Oid> = arguments.optional(2);
    let key: Option<String> = arguments.optional(4);
    let status: String = arguments.required(5, "status");
    let name: Option<String> = arguments.optional(10);

    let table = open_target(tasks);
    refuse_partition(&table);
    let parent_column = column_of_argument(&table, &parent, "parent");
    let status_column = column_of_argument(&table, &status, "status");
    let reference = requirements::reference(&table, &parent_column);
    let destination = requirements::destination(&table, &parent, destination, reference.as_ref());
    let key = key
        .or_else(|| requirements::key_of(&destination, reference.as_ref()))
        .unwrap_or_else(|| requirements::refuse_without_key(&destination));
    let choice = Choice {
        parent,
        ends: Ends::of_call(arguments, (6, 7), &table, &status_column),
        status,
        weight: arguments.optional(8),
        key,
        progress: arguments.required(3, "progress"),
        empty: arguments.required_text(9, "empty"),
    };
    requirements::check(&table, &destination, &choice);
    attachment::attach_unless(
        table,
        |table| is_attached(table, &destination, &choice, name.as_deref()),
        |table| attach(table, &destination, &choice, name.as_deref()),
    );
}

fn refuse_partition(table: &Relation) {
    if table.is_partition() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("table {} is a partition", table.qualified_name()),
        )
        .detail("Its tasks are counted with those of the partitioned table.")
        .hint("Attach to the partitioned table; its partitions follow.")
        .table(table)
        .raise()
    }
}

/// The name of the row trigger that is bound to the counters.
pub(super) fn trigger_name(name: Option<&str>) -> String {
    settling::trigger_name(&name.map_or(DEFAULT_TRIGGER.to_owned(), |name| {
        format!("{DEFAULT_TRIGGER}_{name}")
    }))
}

/// What a caller gave as the name of the attachment with that row trigger; NULL for none.
pub(super) fn name_of(trigger: &str) -> String {
    trigger
        .strip_prefix(DEFAULT_TRIGGER)
        .and_then(|rest| rest.strip_prefix('_'))
        .map_or_else(|| "NULL".to_owned(), name::literal)
}

/// The name of the trigger for TRUNCATE beside that row trigger.
pub(super) fn truncate_name(name: &str) -> String {
    format!("{name}_truncate")
}

fn present(table: &Relation, name: Option<&str>) -> Option<(Bound, Choice)> {
    let wanted = trigger_name(name);
    roll_up::attached(table)
        .into_iter()
        .find_map(|(trigger, bound, choice)| (trigger.name == wanted).then_some((bound, choice)))
}

fn is_attached(
    table: &Relation,
    destination: &Relation,
    choice: &Choice,
    name: Option<&str>,
) -> bool {
    present(table, name).is_some_and(|(bound, present)| {
        bound.destination == destination.oid()
            && present == *choice
            && settling::are_there(table, &trigger_name(name), STATEMENT_FUNCTION)
    })
}

/// Makes the side table and the triggers, in place of those of the same name.
fn attach(table: &Relation, destination: &Relation, choice: &Choice, name: Option<&str>) {
    let trigger = trigger_name(name);
    drop_what_is_there(table, &trigger);
    table.lock_against_writers();
    let side_table = create_side_table(table, choice, name);
    let bound = Bound {
        side_table: side_table.oid(),
        destination: destination.oid(),
    };
    Whole::of(table, choice, bound).rebuild();
    let counts = RowTrigger {
        name: &trigger,
        events: "insert or update",
        function: ROW_FUNCTION,
        bound_table: &side_table,
    };
    let deletes = RowTrigger {
        name: &destination_trigger(&trigger),
        events: "delete",
        function: DELETE_FUNCTION,
        bound_table: destination,
    };
    create_row_trigger(table, &counts, choice);
    create_row_trigger(table, &deletes, choice);
    settling::create(table, &trigger, STATEMENT_FUNCTION);
    truncate::create(table, &truncate_name(&trigger));
    attachment::bind_side_table(table, &trigger, side_table.oid());
    check_bound(table, name, bound);
}

/// A row trigger that is to be created.
struct RowTrigger<'text> {
    name: &'text str,
    events: &'text str,
    function: &'text str,
    bound_table: &'text Relation,
}

fn drop_what_is_there(table: &Relation, trigger: &str) {
    settling::drop(table, trigger, STATEMENT_FUNCTION);
    truncate::drop(table, &truncate_name(trigger));
    let of_name = |function, name: &str| {
        let triggers = attachment::triggers_of(table, function);
        triggers.into_iter().find(|attached| attached.name == name)
    };
    if let Some(deletes) = of_name(DELETE_FUNCTION, &destination_trigger(trigger)) {
        drop_trigger(table, &deletes.name);
    }
    if let Some(counts) = of_name(ROW_FUNCTION, trigger) {
        drop_trigger(table, &counts.name);
        if let Some(side_table) = counts.bound_table {
            attachment::drop_side_table(side_table);
        }
    }
}

fn create_row_trigger(table: &Relation, trigger: &RowTrigger<'_>, choice: &Choice) {
    statement::run(&format!(
        "create constraint trigger {} after {} on {} from {} \
         for each row execute function steward.{}({})",
        name::identifier(trigger.name),
        trigger.events,
        table.qualified_name(),
        trigger.bound_table.qualified_name(),
        trigger.function,
        choice.arguments(),
    ));
}

/// The statements named the tables, and a schema may have been renamed since they were looked up.
fn check_bound(table: &Relation, name: Option<&str>, wanted: Bound) {
    if present(table, name).is_none_or(|(bound, _)| bound != wanted) {
        refuse_renamed_meanwhile(table)
    }
}

fn create_side_table(table: &Relation, choice: &Choice, name: Option<&str>) -> Relation {
    let wanted = match name {
        None => format!("{}_progress", table.name()),
        Some(name) => format!("{}_{name}_progress", table.name()),
    };
    let number = counters::number_type(choice);
    let key_type = requirements::key_type(table, &required_column(table, &choice.parent));
    attachment::create_side_table(
        table,
        &SideTable {
            name: &free_relation_name(table, &wanted),
            columns: &format!(
                "parent {} primary key, done {number} not null, total {number} not null",
                key_type.sql_name(),
            ),
            storage: "(fillfactor = 70)",
            purpose: "how much of each parent's tasks is done, so that its progress need not be counted",
            column_comments: &[
                ("parent", "The key of the parent."),
                ("done", "How many of its tasks are done, or their weight."),
                (
                    "total",
                    "How many of its tasks are not cancelled, or their weight.",
                ),
            ],
        },
    )
}
