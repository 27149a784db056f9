//! Questions about the surroundings of one task: a breadth-first walk, a query for each layer, every
//! node looked at once.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::Key;
use crate::pg::rows::Rows;
use crate::pg::statement::KeyQuery;

use super::reading::Reading;

/// Which way to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// To what a task waits for.
    Down,
    /// To what waits for it.
    Up,
}

/// `steward.would_cycle(edges, task, depends_on, name)`.
pub(super) fn would_cycle(arguments: &Arguments) -> bool {
    let (reading, task, dependency) = two_tasks(arguments);
    path(&reading, &dependency, &task).is_some()
}

/// `steward.dependency_path(edges, task, depends_on, name)`.
pub(super) fn dependency_path(arguments: &Arguments) -> Option<Vec<String>> {
    let (reading, task, dependency) = two_tasks(arguments);
    let path = path(&reading, &task, &dependency)?;
    Some(
        path.iter()
            .map(|node| reading.key_type.show(node))
            .collect(),
    )
}

/// `steward.dependencies(edges, task, max_depth, name)`.
pub(super) fn dependencies(arguments: &Arguments) -> Rows {
    surroundings(arguments, Way::Down)
}

/// `steward.dependents(edges, task, max_depth, name)`.
pub(super) fn dependents(arguments: &Arguments) -> Rows {
    surroundings(arguments, Way::Up)
}

fn two_tasks(arguments: &Arguments) -> (Reading, Key, Key) {
    let edges: pg_sys::Oid = arguments.required(0, "edges");
    let task = arguments.required_text(1, "task");
    let dependency = arguments.required_text(2, "depends_on");
    let guard: Option<String> = arguments.optional(3);
    let reading = Reading::of(edges, guard.as_deref());
    let (task, dependency) = (
        reading.key_type.parse(&task),
        reading.key_type.parse(&dependency),
    );
    (reading, task, dependency)
}

/// The shortest path from `task` down to `goal`, both included.
fn path(reading: &Reading, task: &Key, goal: &Key) -> Option<Vec<Key>> {
    let mut came_from = HashMap::new();
    if task != goal {
        let mut walk = Walk::start(reading, Way::Down, task);
        while !came_from.contains_key(goal) {
            let layer = walk.next_layer();
            if layer.is_empty() {
                break;
            }
            came_from.extend(layer);
        }
        walk.query.close();
        came_from.get(goal)?;
    }
    let mut path = vec![goal.clone()];
    while let Some(before) = path
        .last()
        .filter(|node| *node != task)
        .and_then(|node| came_from.get(node))
    {
        path.push(before.clone());
    }
    path.reverse();
    Some(path)
}

fn surroundings(arguments: &Arguments, way: Way) -> Rows {
    let edges: pg_sys::Oid = arguments.required(0, "edges");
    let task = arguments.required_text(1, "task");
    let max_depth: Option<i32> = arguments.optional(2);
    let guard: Option<String> = arguments.optional(3);
    if max_depth.is_some_and(|depth| depth < 1) {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "argument \"max_depth\" must be at least 1",
        )
        .hint("Leave it out to go all the way.")
        .raise()
    }
    let reading = Reading::of(edges, guard.as_deref());
    let mut walk = Walk::start(&reading, way, &reading.key_type.parse(&task));
    let mut rows = Vec::new();
    for depth in 1..=max_depth.unwrap_or(i32::MAX) {
        let layer = walk.next_layer();
        if layer.is_empty() {
            break;
        }
        rows.extend(
            layer
                .iter()
                .map(|(node, _)| vec![Some(reading.key_type.show(node)), Some(depth.to_string())]),
        );
    }
    walk.query.close();
    Rows(rows)
}

/// A walk, layer by layer.
struct Walk<'reading> {
    reading: &'reading Reading,
    query: KeyQuery,
    seen: HashSet<Key>,
    layer: Vec<Key>,
}

impl<'reading> Walk<'reading> {
    fn start(reading: &'reading Reading, way: Way, from: &Key) -> Self {
        let (from_column, to_column) = match way {
            Way::Down => ("task", "dependency"),
            Way::Up => ("dependency", "task"),
        };
        let sql = reading.select(
            &format!("{from_column}, {to_column}"),
            &format!("{from_column} operator(pg_catalog.=) any ($1)"),
        );
        Self {
            reading,
            query: KeyQuery::prepare(&sql, reading.key_type),
            seen: HashSet::from([from.clone()]),
            layer: vec![from.clone()],
        }
    }

    /// The nodes of the next layer, each with one of the nodes from which it was reached.
    fn next_layer(&mut self) -> Vec<(Key, Key)> {
        let mut reached = Vec::new();
        let (seen, key_type) = (&mut self.seen, self.reading.key_type);
        self.query.run(&self.layer, |row| {
            let (from, to) = (key_type.read(row.value(1)), key_type.read(row.value(2)));
            if let (Some(from), Some(to)) = (from, to)
                && seen.insert(to.clone())
            {
                reached.push((to, from));
            }
        });
        pgrx::check_for_interrupts!();
        self.layer = reached.iter().map(|(node, _)| node.clone()).collect();
        reached
    }
}
