//! Reading edges from rows: who waits for whom.

use super::super::key::{Key, KeyType};
use super::super::relation::Relation;
use super::super::tuple::Row;

use super::choice::{Choice, Kinds};

/// An edge that orders the graph: `task` waits for `dependency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) task: Key,
    pub(crate) dependency: Key,
    /// None without a scope column, and where it is NULL: a scope of its own.
    pub(crate) scope: Option<Key>,
}

/// Where a row of one table (each partition has its own column numbers) keeps the parts of an edge.
#[derive(Clone, Debug)]
pub(crate) struct EdgeColumns {
    pub(crate) task: i16,
    pub(crate) depends_on: i16,
    pub(crate) key_type: KeyType,
    pub(crate) scope: Option<(i16, KeyType)>,
    kind: Option<KindColumn>,
}

#[derive(Clone, Debug)]
struct KindColumn {
    number: i16,
    label_type: KeyType,
    blocking: Vec<Key>,
    reversed: Vec<Key>,
}

/// Which end of an edge waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Reversed,
}

impl EdgeColumns {
    /// None where a column is missing or its type cannot be a key; the attach call has checked both.
    pub(crate) fn of(table: &Relation, choice: &Choice) -> Option<Self> {
        let task = table.attribute(&choice.task)?;
        let depends_on = table.attribute(&choice.depends_on)?;
        let key_type = KeyType::of(&task)?;
        (KeyType::of(&depends_on)? == key_type).then_some(())?;
        let scope = match &choice.scope {
            None => None,
            Some(column) => {
                let attribute = table.attribute(column)?;
                Some((attribute.number, KeyType::of(&attribute)?))
            }
        };
        let kind = match &choice.kinds {
            None => None,
            Some(kinds) => Some(KindColumn::of(table, kinds)?),
        };
        Some(Self {
            task: task.number,
            depends_on: depends_on.number,
            key_type,
            scope,
            kind,
        })
    }

    /// The edge that a row is; none where an end is NULL or its kind does not order the graph.
    pub(crate) fn read(&self, row: Row<'_>) -> Option<Edge> {
        let direction = self.direction(row)?;
        let task = self.key_type.read(row.value(self.task))?;
        let depends_on = self.key_type.read(row.value(self.depends_on))?;
        let scope = self
            .scope
            .and_then(|(column, key_type)| key_type.read(row.value(column)));
        let (task, dependency) = match direction {
            Direction::Forward => (task, depends_on),
            Direction::Reversed => (depends_on, task),
        };
        Some(Edge {
            task,
            dependency,
            scope,
        })
    }

    fn direction(&self, row: Row<'_>) -> Option<Direction> {
        let Some(kind) = &self.kind else {
            return Some(Direction::Forward);
        };
        let label = kind.label_type.read(row.value(kind.number))?;
        if kind.blocking.contains(&label) {
            Some(Direction::Forward)
        } else if kind.reversed.contains(&label) {
            Some(Direction::Reversed)
        } else {
            None
        }
    }

    /// The directions that edges of this table can have.
    pub(crate) fn directions(&self) -> &'static [Direction] {
        match &self.kind {
            Some(kind) if !kind.reversed.is_empty() => &[Direction::Forward, Direction::Reversed],
            _ => &[Direction::Forward],
        }
    }
}

impl KindColumn {
    fn of(table: &Relation, kinds: &Kinds) -> Option<Self> {
        let attribute = table.attribute(&kinds.column)?;
        let label_type = KeyType::of(&attribute)?;
        Some(Self {
            number: attribute.number,
            label_type,
            blocking: label_type.labels(&kinds.blocking)?,
            reversed: label_type.labels(&kinds.reversed)?,
        })
    }
}
