//! Reading what a guard watches, with the rights of the connected role.

use std::collections::HashMap;

use postgres::Transaction;
use postgres_protocol::escape::escape_literal;

use super::guard::Guard;
use super::model::{Edge, Graph, Root, Task};
use super::neighbourhood;
use super::tasks;
use crate::engine::simple_query::rows;
use crate::error::{Error, Result};

/// Reads the dependencies of one guard, or those around a task; titles are from the column `label` of the
/// table that holds the tasks, or from one that looks like it. The transaction gives one view of both.
///
/// # Errors
/// A column is gone, the table's holder of tasks or its label is not found, the role may not read them, or
/// the root has no dependencies.
pub fn read(
    transaction: &mut Transaction,
    guard: &Guard,
    label: Option<&str>,
    root: Option<&Root>,
) -> Result<Graph> {
    let source = Source::of(transaction, guard)?;
    let titles = tasks::find(transaction, guard, label)?;
    let (rows, root) = match root {
        None => (source.all(transaction)?, None),
        Some(root) => {
            let (rows, key) = neighbourhood::read(transaction, &source, root)?;
            (rows, Some(key))
        }
    };
    let mut graph = assemble(guard, rows);
    graph.root = root.and_then(|root| graph.tasks.iter().position(|task| task.key == root));
    if let Some(titles) = titles {
        tasks::label(transaction, &titles, &source.key_type, &mut graph.tasks)?;
    }
    Ok(graph)
}

/// Where a guard's edges come from.
pub(super) struct Source {
    /// The table, as SQL writes it.
    pub(super) table: String,
    /// The query of [`Guard::edges`].
    pub(super) edges: String,
    /// The type of its keys, as SQL writes it.
    pub(super) key_type: String,
}

/// An edge as the database has it.
pub(super) struct EdgeRow {
    dependency: String,
    task: String,
    kind: Option<String>,
}

impl Source {
    fn of(transaction: &mut Transaction, guard: &Guard) -> Result<Self> {
        let columns = &guard.columns;
        let wanted: Vec<_> = [&columns.task, &columns.depends_on]
            .into_iter()
            .chain(columns.kinds.as_ref().map(|kinds| &kinds.column))
            .map(|column| format!("({})", escape_literal(column)))
            .collect();
        let found = rows(
            transaction,
            &format!(
                "select wanted.name, pg_catalog.format_type(a.atttypid, -1) as type
                   from (values {}) as wanted (name)
                   left join pg_catalog.pg_attribute as a
                     on a.attrelid = {} and a.attname = wanted.name and not a.attisdropped",
                wanted.join(", "),
                guard.oid,
            ),
        )?;
        if let Some(gone) = found.iter().find(|row| row.get("type").is_none()) {
            return Err(Error::failure(format!(
                "trigger \"{}\" on table {} needs a column \"{}\" that is not there",
                guard.name,
                guard.table,
                gone.get("name").unwrap_or_default(),
            ))
            .hint(
                "If it was renamed, attach again with its new name: steward.guard_dependencies.",
            ));
        }
        let key_type = found.first().and_then(|row| row.get("type"));
        Ok(Self {
            table: guard.table.clone(),
            edges: guard.edges(),
            key_type: key_type.unwrap_or_default().to_owned(),
        })
    }

    fn all(&self, transaction: &mut Transaction) -> Result<Vec<EdgeRow>> {
        self.where_(transaction, "true")
    }

    /// The edges for which a condition on `edge.dependency` and `edge.task` holds, each once, in the order
    /// of their keys, so that the same rows make the same picture.
    pub(super) fn where_(
        &self,
        transaction: &mut Transaction,
        condition: &str,
    ) -> Result<Vec<EdgeRow>> {
        let found = rows(
            transaction,
            &format!(
                "select dependency::text as dependency, task::text as task, kind
                   from (select distinct dependency, task, kind
                           from ({}) as edge where {condition}) as edge
                  order by edge.dependency, edge.task, edge.kind",
                self.edges,
            ),
        )?;
        Ok(found
            .iter()
            .filter_map(|row| {
                Some(EdgeRow {
                    dependency: row.get("dependency")?.to_owned(),
                    task: row.get("task")?.to_owned(),
                    kind: row.get("kind").map(ToOwned::to_owned),
                })
            })
            .collect())
    }
}

fn assemble(guard: &Guard, rows: Vec<EdgeRow>) -> Graph {
    let mut graph = Graph {
        table: guard.table.clone(),
        guard: guard.name.clone(),
        ..Graph::default()
    };
    let mut numbers = HashMap::new();
    let mut number = |key: String| {
        *numbers.entry(key).or_insert_with_key(|key| {
            graph.tasks.push(Task {
                key: key.clone(),
                label: None,
            });
            graph.tasks.len() - 1
        })
    };
    for row in rows {
        let from = number(row.dependency);
        let to = number(row.task);
        graph.edges.push(Edge {
            from,
            to,
            kind: row.kind,
        });
    }
    graph
}

/// An array of these keys, in SQL.
pub(super) fn key_array<'a>(keys: impl Iterator<Item = &'a str>, key_type: &str) -> String {
    let elements: Vec<_> = keys
        .map(|key| format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    let literal = escape_literal(&format!("{{{}}}", elements.join(",")));
    format!("{literal}::{key_type}[]")
}

#[cfg(test)]
mod tests {
    use super::key_array;

    #[test]
    fn keys_are_quoted_twice() {
        let keys = ["a", "b,c", "d\"e'f", "g\\h", "", "null"];
        assert_eq!(
            key_array(keys.into_iter(), "text"),
            r#" E'{"a","b,c","d\\"e''f","g\\\\h","","null"}'::text[]"#
        );
        assert_eq!(
            key_array(["1"].into_iter(), "bigint"),
            "'{\"1\"}'::bigint[]"
        );
    }
}
