//! Finding what got past the guard, and mending it.

use std::collections::HashMap;

use pgrx::pg_sys;

use crate::pg::attachment::{self, open_target};
use crate::pg::edges::Edge;
use crate::pg::function::Arguments;
use crate::pg::key::{Key, KeyType};
use crate::pg::relation::{Lock, Relation};
use crate::pg::rows::Rows;
use crate::pg::statement;

use super::attach;
use super::cycle;
use super::guard::Guard;
use super::questions::reading::Reading;
use super::ranks::Standing;
use super::rebuild::{self, Numbered};

/// `steward.rebuild_dependencies(edges, name)`.
pub(super) fn rebuild_dependencies(arguments: &Arguments) -> i64 {
    let edges: pg_sys::Oid = arguments.required(0, "edges");
    let name: Option<String> = arguments.optional(1);
    let edges = open_target(edges);
    edges.lock_against_writers();
    let reading = Reading::of(edges.oid(), name.as_deref());
    let guard = Guard::new(
        &edges,
        reading.choice,
        reading.ranks.unwrap_or(pg_sys::InvalidOid),
    );
    attachment::bind_side_table(&edges, &reading.trigger, guard.ranks.table);
    match rebuild::rank_everything(&guard) {
        Ok(changed) => i64::try_from(changed).unwrap_or(i64::MAX),
        Err(path) => attach::refuse_cycle(&edges, &guard, &path),
    }
}

/// `steward.verify_dependencies(edges, name)`.
///
/// Edges and ranks are read under one snapshot, and what is committed at one moment always agrees: so
/// nothing has to be locked.
pub(super) fn verify_dependencies(arguments: &Arguments) -> Rows {
    let edges: pg_sys::Oid = arguments.required(0, "edges");
    let name: Option<String> = arguments.optional(1);
    let table = open_target(edges);
    let reading = Reading::of(edges, name.as_deref());
    // Raises an error where the table of ranks is not what it was made as.
    drop(Guard::new(
        &table,
        reading.choice.clone(),
        reading.ranks.unwrap_or(pg_sys::InvalidOid),
    ));
    let scope_type = reading
        .choice
        .scope
        .as_ref()
        .and_then(|scope| KeyType::of(&reading.table.attribute(scope)?));
    let ranks = standings(&reading, scope_type);
    let mut graph = Numbered::default();
    let mut problems = Vec::new();
    for_each_edge(&reading, scope_type, |edge| {
        if let Some((problem, detail)) = problem_of(&edge, &ranks) {
            problems.push(row(
                &reading,
                problem,
                Some((&edge.task, &edge.dependency)),
                detail,
            ));
        }
        graph.add(edge);
    });
    if let Err(found) = graph.graph().topological_order() {
        let path = graph.path(&found);
        let ends = path.first().zip(path.get(1));
        let detail = cycle::show_path(reading.key_type, &path);
        problems.insert(0, row(&reading, "cycle", ends, Some(detail)));
    }
    Rows(problems)
}

fn row(
    reading: &Reading,
    problem: &str,
    edge: Option<(&Key, &Key)>,
    detail: Option<String>,
) -> Vec<Option<String>> {
    let show = |key: &Key| reading.key_type.show(key);
    vec![
        Some(problem.to_owned()),
        edge.map(|(task, _)| show(task)),
        edge.map(|(_, dependency)| show(dependency)),
        detail,
    ]
}

fn problem_of(
    edge: &Edge,
    ranks: &HashMap<Key, Standing>,
) -> Option<(&'static str, Option<String>)> {
    let (Some(task), Some(dependency)) = (ranks.get(&edge.task), ranks.get(&edge.dependency))
    else {
        return Some(("unranked", None));
    };
    if task.scope != edge.scope || dependency.scope != edge.scope {
        return Some(("other scope", None));
    }
    let detail = || {
        format!(
            "rank {} of what is waited for, {} of the task",
            dependency.rank, task.rank
        )
    };
    (task.rank <= dependency.rank).then(|| ("out of order", Some(detail())))
}

fn standings(reading: &Reading, scope_type: Option<KeyType>) -> HashMap<Key, Standing> {
    let Some(ranks) = reading.ranks else {
        return HashMap::new();
    };
    let table = Relation::open(ranks, Lock::AccessShare).qualified_name();
    let scope = if scope_type.is_some() { ", scope" } else { "" };
    let mut standings = HashMap::new();
    statement::for_each_row(&format!("select node, rank{scope} from {table}"), |row| {
        let scope = scope_type.and_then(|scope_type| scope_type.read(row.value(3)));
        if let Some(node) = reading.key_type.read(row.value(1)) {
            standings.insert(
                node,
                Standing {
                    rank: row.value(2).as_bigint(),
                    scope,
                },
            );
        }
    });
    standings
}

fn for_each_edge(reading: &Reading, scope_type: Option<KeyType>, mut each: impl FnMut(Edge)) {
    let what = if scope_type.is_some() {
        "task, dependency, scope"
    } else {
        "task, dependency"
    };
    statement::for_each_row(&reading.select(what, "true"), |row| {
        let (task, dependency) = (
            reading.key_type.read(row.value(1)),
            reading.key_type.read(row.value(2)),
        );
        let scope = scope_type.and_then(|scope_type| scope_type.read(row.value(3)));
        if let (Some(task), Some(dependency)) = (task, dependency) {
            each(Edge {
                task,
                dependency,
                scope,
            });
        }
    });
}
