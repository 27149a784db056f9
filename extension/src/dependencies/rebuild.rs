//! Ranking a whole graph at once: when it is attached, when its ranks are mended, and when a statement
//! adds so many edges that settling them one by one would cost more.

use std::collections::{HashMap, HashSet};

use steward_rules::topology::{Cycle, Graph};

use crate::pg::edges::{Edge, Edges};
use crate::pg::key::Key;
use crate::pg::side_table::Location;

use super::guard::Guard;
use super::ranks::{Ranks, Standing};

/// A graph in memory: its nodes by number, and its edges by the numbers of their ends.
#[derive(Default)]
pub(super) struct Numbered {
    numbers: HashMap<Key, u32>,
    pub(super) nodes: Vec<Key>,
    pub(super) scopes: Vec<Option<Key>>,
    pub(super) edges: Vec<(u32, u32)>,
}

impl Numbered {
    pub(super) fn add(&mut self, edge: Edge) {
        let task = self.number(edge.task, edge.scope.as_ref());
        let dependency = self.number(edge.dependency, edge.scope.as_ref());
        self.edges.push((task, dependency));
    }

    /// The number of a node, which is added where it is new.
    pub(super) fn number(&mut self, node: Key, scope: Option<&Key>) -> u32 {
        if let Some(number) = self.numbers.get(&node) {
            return *number;
        }
        let number = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.numbers.insert(node.clone(), number);
        self.nodes.push(node);
        self.scopes.push(scope.cloned());
        number
    }

    pub(super) fn number_of(&self, node: &Key) -> Option<u32> {
        self.numbers.get(node).copied()
    }

    pub(super) fn graph(&self) -> Graph {
        Graph::new(self.nodes.len(), &self.edges)
    }

    /// The keys of a cycle.
    pub(super) fn path(&self, cycle: &Cycle) -> Vec<Key> {
        cycle
            .0
            .iter()
            .map(|node| self.nodes[*node as usize].clone())
            .collect()
    }
}

/// Ranks one scope of the graph, under its exclusive lock. Returns how many edges it has, or the cycle
/// that they hold.
pub(super) fn rank_scope(
    ranks: &Ranks<'_>,
    edges: &Edges<'_>,
    scope: Option<&Key>,
) -> Result<usize, Vec<Key>> {
    // A task of another scope keeps its rank; the edge that uses it here will be refused when it is
    // checked.
    let mut strangers = HashSet::new();
    ranks.for_each(|node, standing, _| {
        if standing.scope.as_ref() != scope {
            strangers.insert(node);
        }
    });
    let mut graph = Numbered::default();
    edges.for_each(|edge| {
        let is_whole = !strangers.contains(&edge.task) && !strangers.contains(&edge.dependency);
        if edge.scope.as_ref() == scope && is_whole {
            graph.add(edge);
        }
    });
    rank(ranks, &graph, |_| {})?;
    Ok(graph.edges.len())
}

/// Ranks all scopes, and removes the ranks of nodes that have no edge. Nobody else may be writing
/// edges. Returns the number of ranks that were added, changed or removed, or a cycle.
pub(super) fn rank_everything(guard: &Guard) -> Result<usize, Vec<Key>> {
    let (Some(ranks), Some(edges)) = (Ranks::open(guard), Edges::open(&guard.sources, None)) else {
        return Ok(0);
    };
    let ranks = &ranks;
    let mut graph = Numbered::default();
    edges.for_each(|edge| graph.add(edge));
    let mut stale = Vec::new();
    let changed = rank(ranks, &graph, |location| stale.push(location))?;
    let mut writer = ranks.writer();
    for location in &stale {
        writer.remove(*location);
    }
    writer.close();
    Ok(changed + stale.len())
}

/// Gives the nodes of `graph` the ranks that they have among them, and new ones to those that have
/// none, dealt out in topological order.
fn rank(
    ranks: &Ranks<'_>,
    graph: &Numbered,
    mut stale: impl FnMut(Location),
) -> Result<usize, Vec<Key>> {
    let order = graph
        .graph()
        .topological_order()
        .map_err(|cycle| graph.path(&cycle))?;
    let mut known: Vec<Option<Standing>> = vec![None; graph.nodes.len()];
    ranks.for_each(|node, standing, location| match graph.number_of(&node) {
        Some(number) => known[number as usize] = Some(standing),
        None => stale(location),
    });
    let mut writer = ranks.writer();
    let mut pool: Vec<i64> = known
        .iter()
        .map(|standing| {
            standing
                .as_ref()
                .map_or_else(|| writer.draw(), |standing| standing.rank)
        })
        .collect();
    pool.sort_unstable();
    if pool.windows(2).any(|pair| pair[0] == pair[1]) {
        // The sequence was set back, or did not come along with the ranks.
        pool = known.iter().map(|_| writer.draw()).collect();
    }
    let mut changed = Vec::new();
    let mut moved = Vec::new();
    let mut added = 0;
    for (node, rank) in order.nodes.iter().map(|node| *node as usize).zip(pool) {
        pgrx::check_for_interrupts!();
        let (key, scope) = (&graph.nodes[node], &graph.scopes[node]);
        let Some(standing) = &known[node] else {
            writer.insert(key, rank, scope.as_ref());
            added += 1;
            continue;
        };
        if standing.scope != *scope {
            moved.push((key, scope));
        }
        if standing.rank != rank {
            changed.push((key.clone(), rank));
        }
    }
    writer.close();
    ranks.reassign(&changed);
    for (key, scope) in &moved {
        ranks.move_to_scope(key, scope.as_ref());
    }
    Ok(added + changed.len() + moved.len())
}
