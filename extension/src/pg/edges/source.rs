//! The tables that hold edges: the edge table, or all partitions of it.

use pgrx::pg_sys;

use super::super::relation::Relation;
use super::super::scan::LookUp;

use super::choice::Choice;
use super::edge::{Direction, EdgeColumns};

/// One table that holds edges.
pub(crate) struct Source {
    pub(crate) table: pg_sys::Oid,
    pub(crate) columns: EdgeColumns,
    by_task: LookUp,
    by_depends_on: LookUp,
}

/// An end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Task,
    Dependency,
}

impl Source {
    /// How the edges are found in which a node is the given end, among those of one direction.
    pub(crate) fn edges_with(&self, end: End, direction: Direction) -> &LookUp {
        match (end, direction) {
            (End::Task, Direction::Forward) | (End::Dependency, Direction::Reversed) => {
                &self.by_task
            }
            (End::Dependency, Direction::Forward) | (End::Task, Direction::Reversed) => {
                &self.by_depends_on
            }
        }
    }
}

impl Source {
    /// None where a column is missing or its type cannot be a key.
    pub(crate) fn of(table: &Relation, choice: &Choice) -> Option<Self> {
        let columns = EdgeColumns::of(table, choice)?;
        Some(Self {
            table: table.oid(),
            by_task: LookUp::of(table, columns.task, columns.key_type),
            by_depends_on: LookUp::of(table, columns.depends_on, columns.key_type),
            columns,
        })
    }
}
