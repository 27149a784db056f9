//! Settling an edge that does not agree with the ranks as they are, under the exclusive lock of its
//! graph: no other transaction has an edge of this scope that it has not committed.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use pgrx::pg_sys;
use steward_rules::order::{self, Settlement};

use crate::pg::edges::{Edge, End};
use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::relation::{Lock, Relation};
use crate::pg::scan::View;
use crate::pg::transaction;

use super::check::{Check, Open};
use super::cycle;
use super::graph::StoredGraph;
use super::rebuild;
use super::scope_lock::ScopeMode;

/// From this many edges on, nodes that were loaded past the guard are ranked with the whole graph.
const MANY_EDGES: usize = 10_000;
/// How many edges a transaction looks at before ranking the whole graph again is considered.
const LEAST_ALLOWANCE: usize = 200_000;

/// Makes the edge agree with the ranks, or refuses it.
pub(super) fn settle(check: &Check<'_>, open: &Open<'_>) {
    let mut waiting = vec![check.edge.clone()];
    for (node, end) in [
        (&check.edge.task, End::Task),
        (&check.edge.dependency, End::Dependency),
    ] {
        if bring_into_order(check, open, node, end, &mut waiting) == Progress::WholeScopeRanked {
            return;
        }
    }
    settle_all(check, open, waiting);
}

/// What is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The edges that wait are to be settled.
    EdgesWait,
    /// All edges of the scope agree with the ranks.
    WholeScopeRanked,
}

/// Gives a node a rank in the scope of the edge. The edges that it has already are added to those that
/// wait.
fn bring_into_order(
    check: &Check<'_>,
    open: &Open<'_>,
    node: &Key,
    end: End,
    waiting: &mut Vec<Edge>,
) -> Progress {
    loop {
        let Some(standing) = check.place(open, node, end) else {
            return adopt(check, open, node, waiting);
        };
        if standing.scope == check.edge.scope {
            return Progress::EdgesWait;
        }
        // Whoever placed it there may not have committed yet: the lock waits for that. Meanwhile it may
        // have gone to a third scope, so only what is seen under the lock counts.
        let _ = check.lock_scope(standing.scope.as_ref(), ScopeMode::Exclusive);
        let is_still_there = open
            .ranks
            .find(node)
            .is_some_and(|now| now.scope == standing.scope);
        if is_still_there {
            bring_into_scope(check, open, node, standing.scope.as_ref());
        }
    }
}

/// A node belongs to the scope of its first edge. It can go to another one when no edge holds it back.
/// Both scopes are locked exclusively.
fn bring_into_scope(check: &Check<'_>, open: &Open<'_>, node: &Key, from: Option<&Key>) {
    let is_held = [End::Task, End::Dependency]
        .into_iter()
        .flat_map(|end| open.edges.with(node, end, View::Latest))
        .any(|edge| edge.scope.as_ref() == from);
    if is_held {
        refuse_other_scope(check, node, from);
    }
    open.ranks.move_to_scope(node, check.edge.scope.as_ref());
}

fn refuse_other_scope(check: &Check<'_>, node: &Key, scope: Option<&Key>) -> ! {
    let column = check.guard.choice.scope.as_deref().unwrap_or_default();
    let mut report = Report::new(
        SqlState::CHECK_VIOLATION,
        format!("a dependency would connect two scopes of {}", cycle::edges_of(check).qualified_name()),
    )
    .hint(format!("Both tasks of a dependency belong to the same {column}; the other dependencies of a task decide which."))
    .table(&cycle::edges_of(check))
    .column(column)
    .constraint(cycle::constraint(check));
    if cycle::may_name_rows(check)
        && let Some((_, scope_type)) = check.guard.ranks.scope
    {
        let show =
            |scope: Option<&Key>| scope.map_or("NULL".to_owned(), |scope| scope_type.show(scope));
        report = report.detail(format!(
            "Task {} has dependencies with {column} {}; this one has {}.",
            check.guard.key_type.show(node),
            show(scope),
            show(check.edge.scope.as_ref()),
        ));
    }
    report.raise()
}

/// Ranks a node that has edges but no rank: edges that were loaded past the guard, or accepted against
/// a rank that its transaction took back. All such nodes that hang together are ranked at once.
/// Their edges are added to those that wait.
fn adopt(check: &Check<'_>, open: &Open<'_>, node: &Key, waiting: &mut Vec<Edge>) -> Progress {
    let scope = check.edge.scope.as_ref();
    let mut nodes = vec![node.clone()];
    let mut seen = HashSet::from([node.clone()]);
    let mut edges = Vec::new();
    let mut next = 0;
    while let Some(node) = nodes.get(next).cloned() {
        next += 1;
        for end in [End::Task, End::Dependency] {
            for edge in open.edges.with(&node, end, View::Latest) {
                if edge.scope.as_ref() != scope {
                    refuse_other_scope(check, &node, edge.scope.as_ref());
                }
                let other = match end {
                    End::Task => &edge.dependency,
                    End::Dependency => &edge.task,
                };
                if open.ranks.find(other).is_none() && seen.insert(other.clone()) {
                    nodes.push(other.clone());
                }
                edges.push(edge);
            }
        }
        if edges.len() > MANY_EDGES {
            rank_whole_scope(check, open);
            return Progress::WholeScopeRanked;
        }
    }
    for node in &nodes {
        open.ranks.place(node, End::Task, scope, || false);
        let is_placed = open
            .ranks
            .find(node)
            .is_some_and(|standing| standing.scope == check.edge.scope);
        if !is_placed {
            overtaken(check);
        }
    }
    waiting.extend(edges);
    Progress::EdgesWait
}

/// Settles the last edge first. One whose search meets a node without a rank waits until the edges of
/// that node are settled.
fn settle_all(check: &Check<'_>, open: &Open<'_>, mut waiting: Vec<Edge>) {
    while let Some(edge) = waiting.last().cloned() {
        let mut graph = StoredGraph {
            edges: open.edges,
            ranks: open.ranks,
            scope: edge.scope.clone(),
            known: HashMap::new(),
            read: 0,
        };
        let effort = Effort::of(check);
        let settlement = order::settle(&mut graph, &edge.task, &edge.dependency, effort.left());
        effort.spend(graph.read);
        match settlement {
            Settlement::Agrees => {
                waiting.pop();
            }
            Settlement::Reorder(order) => {
                open.ranks.reassign(&order);
                waiting.pop();
            }
            Settlement::Cycle(path) => cycle::refuse(check, &path),
            Settlement::TooFar | Settlement::Tied => return rank_whole_scope(check, open),
            Settlement::Unplaced(node) => {
                if adopt(check, open, &node, &mut waiting) == Progress::WholeScopeRanked {
                    return;
                }
            }
        }
    }
}

fn rank_whole_scope(check: &Check<'_>, open: &Open<'_>) {
    match rebuild::rank_scope(open.ranks, open.edges, check.edge.scope.as_ref()) {
        Ok(edges) => Effort::of(check).renew(edges),
        Err(cycle) => cycle::refuse(check, &cycle),
    }
}

/// Another transaction has placed a node and not committed it, in another scope or without the lock of this
/// one.
fn overtaken(check: &Check<'_>) -> ! {
    Report::new(
        SqlState::SERIALIZATION_FAILURE,
        "could not serialize access due to concurrent dependencies",
    )
    .hint("Retry the transaction.")
    .table(&cycle::edges_of(check))
    .raise()
}

/// What searching has cost the transaction so far.
///
/// One search never costs more than reading the whole graph, but a thousand of them do: a statement
/// that adds edges in random order would search again and again. When a transaction has spent on
/// searching what ranking the whole graph costs, it does that instead; all its edges agree afterwards,
/// those included that wait for their check. It never pays more than twice what the better way would
/// have cost.
#[derive(Clone, Copy)]
struct Effort {
    transaction: u32,
    graph: pg_sys::Oid,
    spent: usize,
    allowance: usize,
}

thread_local! {
    static EFFORT: Cell<Option<Effort>> = const { Cell::new(None) };
}

impl Effort {
    fn of(check: &Check<'_>) -> Self {
        let transaction = transaction::current_id();
        let graph = check.guard.ranks.table;
        let same = EFFORT
            .get()
            .filter(|known| known.transaction == transaction && known.graph == graph);
        same.unwrap_or_else(|| {
            let rows: usize = check
                .guard
                .sources
                .iter()
                .map(|source| Relation::open(source.table, Lock::AccessShare).estimated_rows())
                .sum();
            Self {
                transaction,
                graph,
                spent: 0,
                allowance: LEAST_ALLOWANCE.max(2 * rows),
            }
        })
    }

    const fn left(self) -> usize {
        self.allowance.saturating_sub(self.spent)
    }

    fn spend(mut self, edges: usize) {
        self.spent += edges;
        EFFORT.set(Some(self));
    }

    fn renew(mut self, edges: usize) {
        self.spent = 0;
        self.allowance = LEAST_ALLOWANCE.max(4 * edges);
        EFFORT.set(Some(self));
    }
}
