//! `track_stages`: checks the arguments against the catalog and creates the trigger.

use pgrx::pg_sys;

use crate::pg::attachment::{
    self, Attached, drop_trigger, free_trigger_name, open_target, required_column,
};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::requirements::check_owner_of_written;
use crate::pg::statement;
use crate::pg::transaction_time::TimestampColumn;

use super::choice::{Choice, DestinationColumns};
use super::record;

const FUNCTION: &str = "record_stage_transition";
const DEFAULT_DESTINATION: &str = "stage_transitions";

/// `steward.track_stages(target, stage, destination, key, row_column, from_column, to_column,
/// at_column, duration_column, name)`.
pub(super) fn track_stages(arguments: &Arguments) {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let destination: Option<pg_sys::Oid> = arguments.optional(2);
    let choice = Choice {
        stage: arguments.required(1, "stage"),
        key: arguments.required(3, "key"),
        destination: DestinationColumns {
            row: arguments.required(4, "row_column"),
            from: arguments.required(5, "from_column"),
            to: arguments.required(6, "to_column"),
            at: arguments.required(7, "at_column"),
            duration: arguments.required(8, "duration_column"),
        },
    };
    let trigger_name: Option<String> = arguments.optional(9);
    let trigger_name = trigger_name.as_deref().map(attachment::trigger_name);

    let table = open_target(target);
    let destination = open_destination(&table, destination);
    check_columns(&table, &destination, &choice);
    attachment::attach_unless(
        table,
        |table| is_attached(table, &destination, &choice, trigger_name.as_deref()),
        |table| {
            check(table, &destination, &choice);
            attach(table, &destination, &choice, trigger_name.clone());
        },
    );
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
    let destination = Relation::open(oid, Lock::AccessShare);
    if !destination.is_table() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not a table", destination.qualified_name()),
        )
        .table(&destination)
        .raise()
    }
    destination
}

fn check_columns(table: &Relation, destination: &Relation, choice: &Choice) {
    required_column(table, &choice.key);
    required_column(table, &choice.stage);
    for column in choice.destination.names() {
        required_column(destination, column);
    }
}

fn check(table: &Relation, destination: &Relation, choice: &Choice) {
    let key = required_column(table, &choice.key);
    let stage = required_column(table, &choice.stage);
    check_tables(table, destination);
    check_owner_of_written(table, destination);
    attachment::check_no_inheritance_children(table);
    let row = required_column(destination, &choice.destination.row);
    record::check_key(table, &key, destination, &row);
    check_precision(
        destination,
        &required_column(destination, &choice.destination.at),
    );
    check_index(
        destination,
        &required_column(destination, &choice.destination.row),
    );
    check_null_stage(
        table,
        destination,
        &stage,
        &required_column(destination, &choice.destination.to),
    );
    record::check_statements(table, destination, choice, &key, &stage);
}

fn check_tables(table: &Relation, destination: &Relation) {
    let wrong = |message: String, hint: &str| -> ! {
        Report::new(SqlState::WRONG_OBJECT_TYPE, message)
            .hint(hint)
            .table(destination)
            .raise()
    };
    if table.oid() == destination.oid() {
        wrong(
            format!(
                "table {} cannot record its own transitions",
                table.qualified_name()
            ),
            "Name another table with destination => '...'.",
        );
    }
    if destination.is_temporary() && !table.is_temporary() {
        wrong(
            format!(
                "temporary table {} cannot record the transitions of {}, which is not temporary",
                destination.qualified_name(),
                table.qualified_name(),
            ),
            "Other sessions could not write it: name an ordinary table.",
        );
    }
}

/// Transitions of one row are told apart by their time, to the microsecond.
fn check_precision(destination: &Relation, at: &Attribute) {
    if TimestampColumn::of(at).is_some_and(TimestampColumn::holds_microseconds) {
        return;
    }
    let column = name::identifier(&at.name);
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {column} of table {} does not hold timestamps to the microsecond",
            destination.qualified_name(),
        ),
    )
    .detail("Transitions of one row in one transaction differ by a microsecond; ordered by time they are in order.")
    .hint(format!(
        "alter table {} alter column {column} type timestamptz;",
        destination.qualified_name(),
    ))
    .table(destination)
    .column(&at.name)
    .raise()
}

/// Each transition looks the previous one up.
fn check_index(destination: &Relation, row: &Attribute) {
    let found = statement::query(&format!(
        "select from pg_catalog.pg_index \
         where indrelid = {} and indkey[0] = {} and indisvalid and indpred is null",
        destination.oid().to_u32(),
        row.number,
    ));
    if !found.is_empty() {
        return;
    }
    let column = name::identifier(&row.name);
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "table {} has no index that starts with column {column}",
            destination.qualified_name()
        ),
    )
    .detail("Each transition looks up the previous one of its row.")
    .hint(format!(
        "create index on {} ({column});",
        destination.qualified_name()
    ))
    .table(destination)
    .column(&row.name)
    .raise()
}

fn check_null_stage(table: &Relation, destination: &Relation, stage: &Attribute, to: &Attribute) {
    if stage.not_null || !to.not_null {
        return;
    }
    let (stage, to) = (name::identifier(&stage.name), name::identifier(&to.name));
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!(
            "column {stage} of table {} may become NULL, which column {to} of table {} does not take",
            table.qualified_name(),
            destination.qualified_name(),
        ),
    )
    .hint(format!(
        "alter table {} alter column {stage} set not null; or: alter table {} alter column {to} drop not null;",
        table.qualified_name(),
        destination.qualified_name(),
    ))
    .table(table)
    .column(&stage)
    .raise()
}

/// A trigger of ours whose stage column was renamed or dropped: the call that is made then is the one
/// that its error asks for.
fn of_missing_stage(table: &Relation) -> Option<Attached> {
    attachment::triggers_of(table, FUNCTION)
        .into_iter()
        .find(|attached| {
            Choice::from_arguments(&attached.arguments)
                .is_some_and(|choice| table.attribute(&choice.stage).is_none())
        })
}

/// The trigger of ours that watches the stage column, if there is one.
fn of_stage(table: &Relation, stage: &str) -> Option<(Attached, Choice)> {
    attachment::triggers_of(table, FUNCTION)
        .into_iter()
        .find_map(|attached| {
            let choice = Choice::from_arguments(&attached.arguments)?;
            (choice.stage == stage).then_some((attached, choice))
        })
}

fn is_attached(
    table: &Relation,
    destination: &Relation,
    choice: &Choice,
    trigger_name: Option<&str>,
) -> bool {
    of_stage(table, &choice.stage).is_some_and(|(attached, present)| {
        present == *choice
            && attached.bound_table == Some(destination.oid())
            && trigger_name.is_none_or(|name| name == attached.name)
    })
}

/// Creates the trigger, in place of the one that watched the same column before, or a lost one.
fn attach(table: &Relation, destination: &Relation, choice: &Choice, trigger_name: Option<String>) {
    let replaced = of_stage(table, &choice.stage)
        .map(|(attached, _)| attached)
        .or_else(|| of_missing_stage(table));
    if let Some(attached) = &replaced {
        attachment::refuse_inherited(table, attached);
        drop_trigger(table, &attached.name);
    }
    let trigger_name = trigger_name
        .or(replaced.map(|attached| attached.name))
        .unwrap_or_else(|| free_trigger_name(table, &format!("steward_{}", choice.stage)));
    statement::run(&format!(
        "create constraint trigger {} after insert or update on {} from {} \
         for each row execute function steward.{FUNCTION}({})",
        name::identifier(&trigger_name),
        table.qualified_name(),
        destination.qualified_name(),
        choice.arguments(),
    ));
}
