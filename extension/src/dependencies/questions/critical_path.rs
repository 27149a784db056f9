//! `critical_path`: the chain that takes longest.

use pgrx::pg_sys;

use crate::pg::attachment::required_column;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::rows::Rows;
use crate::pg::statement;

use super::super::rebuild::Numbered;
use super::order::refuse_cycle;
use super::reading::Reading;

/// `steward.critical_path(edges, tasks, duration, key, name)`.
pub(super) fn critical_path(arguments: &Arguments) -> Rows {
    let edges: pg_sys::Oid = arguments.required(0, "edges");
    let tasks: Option<pg_sys::Oid> = arguments.optional(1);
    let duration: Option<String> = arguments.optional(2);
    let key: String = arguments.required(3, "key");
    let guard: Option<String> = arguments.optional(4);
    let reading = Reading::of(edges, guard.as_deref());
    let mut graph = reading.whole();
    let weights = match (tasks, duration) {
        (Some(tasks), duration) => durations(&mut graph, tasks, &key, duration.as_deref()),
        (None, None) => vec![1.0; graph.nodes.len()],
        (None, Some(_)) => Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "argument \"duration\" needs the argument \"tasks\"",
        )
        .hint("Name the table that has the column: tasks => '...'.")
        .raise(),
    };
    let chain = graph
        .graph()
        .longest_chain(&weights)
        .unwrap_or_else(|cycle| refuse_cycle(&reading, &graph, &cycle));
    let mut total = 0.0;
    let row = |(position, node): (u64, &u32)| {
        pgrx::check_for_interrupts!();
        let node = *node as usize;
        total += weights[node];
        vec![
            Some(position.to_string()),
            Some(reading.key_type.show(&graph.nodes[node])),
            Some(weights[node].to_string()),
            Some(total.to_string()),
        ]
    };
    Rows((1_u64..).zip(&chain).map(row).collect())
}

/// The duration of every task, those without an edge included; 0 for tasks that cannot be read.
fn durations(
    graph: &mut Numbered,
    tasks: pg_sys::Oid,
    key: &str,
    duration: Option<&str>,
) -> Vec<f64> {
    let tasks = Relation::open(tasks, Lock::AccessShare);
    let key = required_column(&tasks, key);
    let expression = duration.map_or("1.0::pg_catalog.float8".to_owned(), |column| {
        in_numbers(&tasks, column)
    });
    let mut weights = vec![0.0; graph.nodes.len()];
    let sql = format!(
        "select {}, {expression} from {}",
        name::identifier(&key.name),
        tasks.qualified_name(),
    );
    statement::for_each_row(&sql, |row| {
        let Some(key) = KeyType::read_as(row.value(1), &key) else {
            return;
        };
        let weight = row.value(2).as_double().unwrap_or(0.0);
        if !weight.is_finite() || weight < 0.0 {
            refuse_duration(&tasks, duration.unwrap_or_default(), weight);
        }
        let number = graph.number(key, None) as usize;
        if number == weights.len() {
            weights.push(weight);
        } else {
            weights[number] = weight;
        }
    });
    weights
}

/// The column as double precision; an interval in seconds.
fn in_numbers(tasks: &Relation, column: &str) -> String {
    let attribute = required_column(tasks, column);
    let column = name::identifier(column);
    match attribute.base_type() {
        pg_sys::INTERVALOID => format!("pg_catalog.date_part('epoch', {column})"),
        pg_sys::INT2OID
        | pg_sys::INT4OID
        | pg_sys::INT8OID
        | pg_sys::NUMERICOID
        | pg_sys::FLOAT4OID
        | pg_sys::FLOAT8OID => format!("{column}::pg_catalog.float8"),
        _ => Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "column {column} of table {} is no duration",
                tasks.qualified_name()
            ),
        )
        .hint("Name a column with numbers or intervals.")
        .table(tasks)
        .column(&attribute.name)
        .raise(),
    }
}

fn refuse_duration(tasks: &Relation, column: &str, weight: f64) -> ! {
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!(
            "column {} of table {} holds {weight}, which is no duration",
            name::identifier(column),
            tasks.qualified_name(),
        ),
    )
    .hint("A duration is a finite number, zero or more.")
    .table(tasks)
    .column(column)
    .raise()
}
