//! Reading the edges that are stored, directly.

use std::ops::ControlFlow;

use pgrx::pg_sys;

use super::super::key::Key;
use super::super::relation::Lock;
use super::super::scan::{Indexed, View};
use super::super::tuple::Row;

use super::edge::Edge;
use super::source::{End, Source};

/// The edges of a graph, open for reading.
pub(crate) struct Edges<'sources> {
    sources: &'sources [Source],
    tables: Vec<Indexed>,
}

impl<'sources> Edges<'sources> {
    /// None where a partition is gone. The table whose rows are written, if any, is locked for that already,
    /// and with its indexes: the same lock costs nothing.
    pub(crate) fn open(sources: &'sources [Source], written: Option<pg_sys::Oid>) -> Option<Self> {
        let open = |source: &Source| {
            let lock = if written == Some(source.table) {
                Lock::RowExclusive
            } else {
                Lock::AccessShare
            };
            Indexed::try_open(source.table, lock)
        };
        let tables = sources.iter().map(open).collect::<Option<_>>()?;
        Some(Self { sources, tables })
    }

    /// The edges in which `node` is the given end.
    pub(crate) fn with(&self, node: &Key, end: End, view: View) -> Vec<Edge> {
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
    pub(crate) fn has_earlier(&self, node: &Key, end: End, command: Option<u32>) -> bool {
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
        for (source, table) in self.sources.iter().zip(&self.tables) {
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
    pub(crate) fn for_each(&self, mut each: impl FnMut(Edge)) {
        for (source, table) in self.sources.iter().zip(&self.tables) {
            table.all_rows(View::Latest, |row| {
                if let Some(edge) = source.columns.read(row) {
                    each(edge);
                }
                ControlFlow::Continue(())
            });
        }
    }
}
