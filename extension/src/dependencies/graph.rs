//! The guarded graph as the order-maintenance algorithm sees it: edges from the edge tables, ranks from
//! the side table, each read once.

use std::collections::HashMap;

use steward_rules::order::Graph;

use crate::pg::edges::{Edges, End};
use crate::pg::key::Key;
use crate::pg::scan::View;

use super::ranks::Ranks;

/// One scope of the graph, with the ranks that were read so far.
pub(super) struct StoredGraph<'open> {
    pub(super) edges: &'open Edges<'open>,
    pub(super) ranks: &'open Ranks<'open>,
    pub(super) scope: Option<Key>,
    pub(super) known: HashMap<Key, Option<i64>>,
    /// How many edges were read.
    pub(super) read: usize,
}

impl StoredGraph<'_> {
    fn neighbours(&mut self, node: &Key, end: End) -> Vec<Key> {
        let edges = self.edges.with(node, end, View::Latest);
        self.read += edges.len();
        edges
            .into_iter()
            .filter(|edge| edge.scope == self.scope)
            .map(|edge| match end {
                End::Task => edge.dependency,
                End::Dependency => edge.task,
            })
            .collect()
    }
}

impl Graph for StoredGraph<'_> {
    type Node = Key;

    fn rank(&mut self, node: &Key) -> Option<i64> {
        if let Some(known) = self.known.get(node) {
            return *known;
        }
        let rank = self.ranks.find(node).map(|standing| standing.rank);
        self.known.insert(node.clone(), rank);
        rank
    }

    fn dependents(&mut self, node: &Key) -> Vec<Key> {
        self.neighbours(node, End::Dependency)
    }

    fn dependencies(&mut self, node: &Key) -> Vec<Key> {
        self.neighbours(node, End::Task)
    }
}
