//! `topological_order`: the whole graph, what is waited for first.

use pgrx::pg_sys;
use steward_rules::topology::{Cycle, Order};

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::rows::Rows;

use super::super::cycle;
use super::super::rebuild::Numbered;
use super::reading::Reading;

/// `steward.topological_order(edges, name)`.
pub(super) fn topological_order(arguments: &Arguments) -> Rows {
    let guard: Option<String> = arguments.optional(1);
    rows(arguments.required(0, "edges"), guard.as_deref())
}

/// `steward.topological_order(edges, key, name)`.
pub(super) fn topological_order_typed(arguments: &Arguments) -> Rows {
    let guard: Option<String> = arguments.optional(2);
    rows(arguments.required(0, "edges"), guard.as_deref())
}

fn rows(edges: pg_sys::Oid, guard: Option<&str>) -> Rows {
    let reading = Reading::of(edges, guard);
    let graph = reading.whole();
    let Order { nodes, depths } = graph
        .graph()
        .topological_order()
        .unwrap_or_else(|cycle| refuse_cycle(&reading, &graph, &cycle));
    let row = |(position, node): (u64, &u32)| {
        pgrx::check_for_interrupts!();
        let node = *node as usize;
        vec![
            Some(position.to_string()),
            Some(reading.key_type.show(&graph.nodes[node])),
            Some(depths[node].to_string()),
        ]
    };
    Rows((1_u64..).zip(&nodes).map(row).collect())
}

/// A graph with a cycle has no order: the edges were loaded past the guard.
pub(super) fn refuse_cycle(reading: &Reading, graph: &Numbered, cycle: &Cycle) -> ! {
    let edges = &reading.table;
    Report::new(
        SqlState::CHECK_VIOLATION,
        format!("the dependencies in {} hold a cycle", edges.qualified_name()),
    )
    .detail(format!(
        "Each waits for the next: {}.",
        cycle::show_path(reading.key_type, &graph.path(cycle)),
    ))
    .hint("These rows were loaded past the guard; select * from steward.verify_dependencies(...) finds all of them.")
    .table(edges)
    .constraint(cycle::constraint_of(edges))
    .raise()
}
