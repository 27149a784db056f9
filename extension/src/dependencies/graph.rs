//! The guarded graph as the order-maintenance algorithm sees it: edges from the edge tables, ranks from
//! the side table, each read once.

use std::collections::HashMap;
use std::ops::ControlFlow;

use pgrx::pg_sys;
use steward_rules::order::Graph;

use crate::pg::key::Key;
use crate::pg::relation::Lock;
use crate::pg::scan::{Indexed, View};
use crate::pg::tuple::Row;

use super::edge::Edge;
use super::guard::{End, Guard, Source};
use super::ranks::Ranks;

/// The edges of a graph, open for reading.
pub(super) struct Edges<'guard> {
    guard: &'guard Guard,
    tables: Vec<Indexed>,
}

impl<'guard> Edges<'guard> {
    /// None where a partition is gone. The table whose rows are written, if any, is locked for that already,
    /// and with its indexes: the same lock costs nothing.
    pub(super) fn open(guard: &'guard Guard, written: Option<pg_sys::Oid>) -> Option<Self> {
        let open = |source: &Source| {
            let lock = if written == Some(source.table) {
                Lock::RowExclusive
            } else {
                Lock::AccessShare
            };
            Indexed::try_open(source.table, lock)
        };
        let tables = guard.sources.iter().map(open).collect::<Option<_>>()?;
        Some(Self { guard, tables })
    }

    /// The edges in which `node` is the given end.
    pub(super) fn with(&self, node: &Key, end: End, view: View) -> Vec<Edge> {
        let mut found = Vec::new();
        self.for_each_with(node, end, view, |edge, _| {
            found.push(edge);
            ControlFlow::Continue(())
        });
        found
    }

    /// True where `node` is the given end of an edge that was there before: that another transaction has
    /// committed, or another command of this one has made. The edges of the same command are checked in
    /// their turn. Edges that other transactions have not committed do not count: they were checked
    /// against a rank that is still there, or they will be.
    pub(super) fn has_earlier(&self, node: &Key, end: End, command: Option<u32>) -> bool {
        let mut found = false;
        self.for_each_with(node, end, View::Any, |_, row| {
            found = match row.command() {
                Some(maker) => Some(maker) != command,
                None => row.is_of_another_commit(),
            };
            if found {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        found
    }

    fn for_each_with(
        &self,
        node: &Key,
        end: End,
        view: View,
        mut each: impl FnMut(Edge, Row<'_>) -> ControlFlow<()>,
    ) {
        for (source, table) in self.guard.sources.iter().zip(&self.tables) {
            for direction in source.columns.directions() {
                table.rows_with(source.edges_with(end, *direction), node, view, |row| {
                    let Some(edge) = source.columns.read(row) else {
                        return ControlFlow::Continue(());
                    };
                    let this_end = match end {
                        End::Task => &edge.task,
                        End::Dependency => &edge.dependency,
                    };
                    // The column also holds edges of the other direction.
                    if this_end != node {
                        return ControlFlow::Continue(());
                    }
                    each(edge, row)
                });
            }
        }
    }

    /// Calls `each` with every edge that orders the graph.
    pub(super) fn for_each(&self, mut each: impl FnMut(Edge)) {
        for (source, table) in self.guard.sources.iter().zip(&self.tables) {
            table.all_rows(View::Latest, |row| {
                if let Some(edge) = source.columns.read(row) {
                    each(edge);
                }
                ControlFlow::Continue(())
            });
        }
    }
}

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
