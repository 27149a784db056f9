//! The trigger function: sees whether the stage changed, and writes the transition as the
//! destination's owner.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::requirements::check_owner_of_written;
use crate::pg::statement::Plan;
use crate::pg::trigger::{Event, Firing};
use crate::pg::trigger_state;
use crate::pg::tuple::{Row, Value};

use super::choice::Choice;

/// What a trigger's arguments come to on its table.
struct Recorder {
    key: i16,
    stage: i16,
    destination_owner: pg_sys::Oid,
    first: Plan,
    next: Plan,
    /// For a row that comes into a partition, perhaps from another one.
    arrival: Option<Plan>,
}

/// Writes the transition that the event is, if it is one.
pub(super) fn record_stage_transition(firing: &Firing<'_>) {
    match firing.event() {
        Event::Insert { new } => inserted(&kept_recorder(firing), new),
        Event::Update { old, new } => updated(&kept_recorder(firing), old, new),
        Event::Delete { .. } | Event::Other => firing
            .created_wrongly(
                "fires on other events than INSERT and UPDATE",
                "Create it with select steward.track_stages(...).",
            )
            .raise(),
    }
}

fn inserted(recorder: &Recorder, new: Row<'_>) {
    let stage = new.value(recorder.stage);
    if stage.is_null() {
        return;
    }
    let plan = recorder.arrival.as_ref().unwrap_or(&recorder.first);
    recorder.write(plan, &[new.value(recorder.key), stage]);
}

fn updated(recorder: &Recorder, old: Row<'_>, new: Row<'_>) {
    if old.agrees_in(new, recorder.stage) {
        return;
    }
    let values = [
        new.value(recorder.key),
        old.value(recorder.stage),
        new.value(recorder.stage),
    ];
    recorder.write(&recorder.next, &values);
}

impl Recorder {
    fn write(&self, plan: &Plan, values: &[Value<'_>]) {
        owner::run_as(self.destination_owner, || {
            plan.execute(values);
        });
    }
}

fn kept_recorder(firing: &Firing<'_>) -> Rc<Recorder> {
    trigger_state::of_trigger(firing.trigger_oid(), || {
        let destination = bound_destination(firing);
        let recorder = work_out(firing, &destination);
        let table = firing.relation();
        (
            recorder,
            vec![
                table.oid(),
                table.root(),
                destination.oid(),
                destination.root(),
            ],
        )
    })
}

fn bound_destination(firing: &Firing<'_>) -> Relation {
    let Some(oid) = firing.bound_table() else {
        firing
            .created_wrongly(
                "is not bound to a destination",
                "Create it with select steward.track_stages(...), or as CREATE CONSTRAINT TRIGGER ... FROM destination.",
            )
            .raise()
    };
    Relation::open(oid, Lock::AccessShare)
}

fn work_out(firing: &Firing<'_>, destination: &Relation) -> Recorder {
    let table = firing.relation();
    let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
        firing
            .created_wrongly(
                "has arguments that steward.record_stage_transition() does not take",
                "The arguments are: key, stage, row column, from column, to column, at column, duration column.",
            )
            .raise()
    };
    check_owner_of_written(table, destination);
    let missing = |relation: &Relation, column: &str| -> ! {
        firing
            .column_is_gone(relation, column, &choice.attach_call(table, destination))
            .raise()
    };
    let own = |column: &str| {
        table
            .attribute(column)
            .unwrap_or_else(|| missing(table, column))
    };
    let (key, stage) = (own(&choice.key), own(&choice.stage));
    for column in choice.destination.names() {
        if destination.attribute(column).is_none() {
            missing(destination, column);
        }
    }
    if let Some(row) = destination.attribute(&choice.destination.row) {
        check_key(table, &key, destination, &row);
    }
    Recorder::prepare(table, destination, &choice, &key, &stage)
}

impl Recorder {
    fn prepare(
        table: &Relation,
        destination: &Relation,
        choice: &Choice,
        key: &Attribute,
        stage: &Attribute,
    ) -> Self {
        let tables = [(destination.oid(), Lock::RowExclusive)];
        // The statements are read under the pinned search_path: their operators are PostgreSQL's own.
        owner::run_as(destination.owner(), || Self {
            key: key.number,
            stage: stage.number,
            destination_owner: destination.owner(),
            first: Plan::prepare(
                &first_transition(destination, choice),
                &[key.type_oid, stage.type_oid],
                &tables,
            ),
            next: Plan::prepare(
                &next_transition(destination, choice),
                &[key.type_oid, stage.type_oid, stage.type_oid],
                &tables,
            ),
            arrival: table.is_partition().then(|| {
                Plan::prepare(
                    &arrival(destination, choice),
                    &[key.type_oid, stage.type_oid],
                    &tables,
                )
            }),
        })
    }
}

/// Prepares the statements for nothing but the errors: types that do not fit, a column named twice.
pub(super) fn check_statements(
    table: &Relation,
    destination: &Relation,
    choice: &Choice,
    key: &Attribute,
    stage: &Attribute,
) {
    drop(Recorder::prepare(table, destination, choice, key, stage));
}

/// A row's previous transition is found by its key, so the two columns have to hold the same thing.
pub(super) fn check_key(
    table: &Relation,
    key: &Attribute,
    destination: &Relation,
    row: &Attribute,
) {
    let family = |column: &Attribute| match column.base_type() {
        pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => pg_sys::INT8OID,
        pg_sys::TEXTOID | pg_sys::VARCHAROID => pg_sys::TEXTOID,
        other => other,
    };
    if family(key) == family(row) {
        return;
    }
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} has another type than column {} of table {}",
            name::identifier(&row.name),
            destination.qualified_name(),
            name::identifier(&key.name),
            table.qualified_name(),
        ),
    )
    .hint("Give both the type of the key.")
    .table(destination)
    .column(&row.name)
    .raise()
}

/// `$1` the key, `$2` the stage. A row of that key may have been there before: its history is not gone
/// on with, but comes before.
fn first_transition(destination: &Relation, choice: &Choice) -> String {
    let insert = insert_into(destination, choice);
    let previous = previous_transition(destination, choice);
    format!(
        "{insert} select $1, null, $2, happened.at, null \
         from (select) as one left join {previous} on true, {HAPPENED}"
    )
}

/// `$1` the key, `$2` the stage before, `$3` the stage after.
fn next_transition(destination: &Relation, choice: &Choice) -> String {
    let insert = insert_into(destination, choice);
    let previous = previous_transition(destination, choice);
    format!(
        "{insert} select $1, $2, $3, happened.at, {DURATION} \
         from (select) as one left join {previous} on true, {HAPPENED}"
    )
}

/// A row that an UPDATE moves to another partition is inserted there: `$1` the key, `$2` the stage. It
/// goes on where its history ends.
fn arrival(destination: &Relation, choice: &Choice) -> String {
    let insert = insert_into(destination, choice);
    let previous = previous_transition(destination, choice);
    format!(
        "{insert} select $1, previous.stage, $2, happened.at, {DURATION} \
         from (select) as one left join {previous} on true, {HAPPENED} \
         where previous.stage::text is distinct from $2::text"
    )
}

/// Always after the previous transition of the row, if only by the smallest step.
const HAPPENED: &str =
    "lateral (select greatest(now(), previous.at + interval '1 microsecond') as at) as happened";
const DURATION: &str = "floor(extract(epoch from happened.at - previous.at) * 1000)";

fn insert_into(destination: &Relation, choice: &Choice) -> String {
    let columns: Vec<_> = choice
        .destination
        .names()
        .into_iter()
        .map(|column| name::identifier(column))
        .collect();
    format!(
        "insert into {} ({})",
        destination.qualified_name(),
        columns.join(", ")
    )
}

fn previous_transition(destination: &Relation, choice: &Choice) -> String {
    let columns = &choice.destination;
    let (row, to, at) = (
        name::identifier(&columns.row),
        name::identifier(&columns.to),
        name::identifier(&columns.at),
    );
    format!(
        "(select {to} as stage, {at} as at from {} where {row} = $1 order by {at} desc limit 1) as previous",
        destination.qualified_name(),
    )
}
