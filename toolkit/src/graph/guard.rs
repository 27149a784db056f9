//! The guards of a database, as the view `steward.attachments` lists them.

use postgres::{SimpleQueryRow, Transaction};
use postgres_protocol::escape::{escape_identifier, escape_literal};

use crate::engine::SchemaName;
use crate::engine::simple_query::rows;
use crate::error::{Error, Result};
use crate::extension;

/// A guard on an edge table, with what it was told when it was attached.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The edge table's oid, as a number in SQL.
    pub(super) oid: String,
    /// The edge table, as SQL writes it.
    pub(super) table: String,
    /// The trigger.
    pub(super) name: String,
    pub(super) columns: Columns,
}

/// The arguments of the trigger. A scope is not among them: it divides the edges into graphs, and the
/// guard sees to it that no edge connects them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) task: String,
    pub(super) depends_on: String,
    pub(super) kinds: Option<Kinds>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    pub(super) column: String,
    /// The task waits for what it depends on.
    pub(super) blocking: Vec<String>,
    /// What the task points at waits for the task.
    pub(super) reversed: Vec<String>,
}

impl Guard {
    /// The guard of that name on a table, or the only one. The table is named as in SQL.
    ///
    /// # Errors
    /// There is no such table, no guard on it, or several and no name.
    pub fn on_table(
        transaction: &mut Transaction,
        table: &str,
        name: Option<&str>,
    ) -> Result<Self> {
        extension::must_be_there(transaction)?;
        let found = rows(
            transaction,
            &format!(
                "select named::oid as oid, named::text as shown,
                        pg_catalog.pg_partition_root(named)::text as root
                   from (select pg_catalog.to_regclass({})) as found (named)
                  where named is not null",
                escape_literal(table)
            ),
        )?;
        let Some(row) = found.first() else {
            return Err(
                Error::failure(format!("table \"{table}\" does not exist")).hint(
                    "Write it as in SQL: with its schema where search_path does not have that.",
                ),
            );
        };
        let oid = row.get("oid").unwrap_or_default();
        let condition = format!("c.oid = {oid}");
        let mut guards = guards(transaction, &condition)?;
        if guards.is_empty() {
            let shown = row.get("shown").unwrap_or_default();
            return Err(match row.get("root").filter(|root| *root != shown) {
                Some(root) => Error::failure(format!("table {shown} is a partition"))
                    .hint(format!("Name the partitioned table: --edges {root}")),
                None => not_guarded(transaction, shown)?,
            });
        }
        let listed = list(guards.iter().map(|guard| guard.name.as_str()));
        if let Some(name) = name {
            guards.retain(|guard| guard.is_called(name));
        }
        match (guards.pop(), guards.is_empty(), name) {
            (Some(guard), true, _) => Ok(guard),
            (_, _, Some(name)) => Err(Error::failure(format!(
                "table \"{table}\" has no guard \"{name}\""
            ))
            .detail(format!("It has: {listed}."))),
            (_, _, None) => Err(
                Error::usage(format!("table \"{table}\" has several guards"))
                    .detail(format!("They are: {listed}."))
                    .hint("Choose one with --name GUARD."),
            ),
        }
    }

    /// The guards on the tables of a schema.
    ///
    /// # Errors
    /// There is none.
    pub fn in_schema(transaction: &mut Transaction, schema: &SchemaName) -> Result<Vec<Self>> {
        extension::must_be_there(transaction)?;
        let guards = guards(transaction, &format!("n.nspname = {}", schema.literal()))?;
        if guards.is_empty() {
            return Err(Error::failure(format!(
                "no table in schema \"{schema}\" has a dependency guard"
            ))
            .hint("Say with --schema NAME where the blueprint lives; \"steward migrate up\" puts it there."));
        }
        Ok(guards)
    }

    /// By the name of the trigger, or by the one that `guard_dependencies` was given.
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.name.strip_prefix("steward_") == Some(name)
    }

    fn from_row(row: &SimpleQueryRow) -> Option<Self> {
        let arguments: Vec<String> = serde_json::from_str(row.get("arguments")?).ok()?;
        Some(Self {
            oid: row.get("oid")?.to_owned(),
            table: row.get("shown")?.to_owned(),
            name: row.get("name")?.to_owned(),
            columns: Columns::from_arguments(&arguments)?,
        })
    }

    /// A query for the edges that order the graph, with the columns `dependency`, `task` and `kind`.
    pub(super) fn edges(&self) -> String {
        let Columns {
            task,
            depends_on,
            kinds,
        } = &self.columns;
        let (task, depends_on) = (escape_identifier(task), escape_identifier(depends_on));
        let Some(kinds) = kinds else {
            return self.arm(&depends_on, &task, "null", "");
        };
        let kind = format!("{}::text", escape_identifier(&kinds.column));
        let one_of = |labels: &[String]| {
            let labels: Vec<_> = labels.iter().map(|label| escape_literal(label)).collect();
            format!(" and {kind} in ({})", labels.join(", "))
        };
        let mut arms = Vec::new();
        if !kinds.blocking.is_empty() {
            arms.push(self.arm(&depends_on, &task, &kind, &one_of(&kinds.blocking)));
        }
        if !kinds.reversed.is_empty() {
            arms.push(self.arm(&task, &depends_on, &kind, &one_of(&kinds.reversed)));
        }
        arms.join(" union all ")
    }

    fn arm(&self, dependency: &str, task: &str, kind: &str, condition: &str) -> String {
        format!(
            "select {dependency} as dependency, {task} as task, {kind} as kind from {} \
             where {dependency} is not null and {task} is not null{condition}",
            self.table,
        )
    }
}

impl Columns {
    /// None where they are not those of a guard.
    fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [task, depends_on, options @ ..] = arguments else {
            return None;
        };
        let mut columns = Self {
            task: task.clone(),
            depends_on: depends_on.clone(),
            kinds: None,
        };
        for option in options {
            let (name, value) = option.split_once('=')?;
            let value = value.to_owned();
            match name {
                "scope" => {}
                "kind" => {
                    columns.kinds = Some(Kinds {
                        column: value,
                        ..Kinds::default()
                    });
                }
                "blocking" => columns.kinds.as_mut()?.blocking.push(value),
                "reversed" => columns.kinds.as_mut()?.reversed.push(value),
                _ => return None,
            }
        }
        Some(columns)
    }
}

fn guards(transaction: &mut Transaction, condition: &str) -> Result<Vec<Guard>> {
    let found = rows(
        transaction,
        &format!(
            "select c.oid,
                    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as shown,
                    a.name,
                    pg_catalog.to_json(a.arguments) as arguments
               from steward.attachments as a
               join pg_catalog.pg_class as c on c.oid = a.target
               join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
              where a.capability = 'dependencies' and {condition}
              order by n.nspname, c.relname, a.name"
        ),
    )?;
    found
        .iter()
        .map(|row| {
            Guard::from_row(row).ok_or_else(|| {
                Error::failure(format!(
                    "the arguments of trigger \"{}\" on table {} are not those of a guard",
                    row.get("name").unwrap_or_default(),
                    row.get("shown").unwrap_or_default(),
                ))
                .hint("Attach it with steward.guard_dependencies, which writes them.")
            })
        })
        .collect()
}

fn not_guarded(transaction: &mut Transaction, table: &str) -> Result<Error> {
    let error = Error::failure(format!("table {table} has no dependency guard"));
    let others = guards(transaction, "true")?;
    let error = if others.is_empty() {
        error
    } else {
        error.detail(format!(
            "Those with one are: {}.",
            list(others.iter().map(|guard| guard.table.as_str()))
        ))
    };
    Ok(error.hint(format!(
        "Attach one: select steward.guard_dependencies({});",
        escape_literal(table).trim_start()
    )))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.collect();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Columns, Guard, Kinds};

    fn columns(arguments: &[&str]) -> Option<Columns> {
        let arguments: Vec<_> = arguments.iter().map(|one| (*one).to_owned()).collect();
        Columns::from_arguments(&arguments)
    }

    fn guard(arguments: &[&str]) -> Guard {
        Guard {
            oid: "1".to_owned(),
            table: "public.edges".to_owned(),
            name: "steward_dependencies".to_owned(),
            columns: columns(arguments).expect("arguments of a guard"),
        }
    }

    #[test]
    fn arguments_are_read() {
        let read = columns(&["a", "b", "scope=s", "kind=k", "blocking=x=y", "reversed=z"]);
        let read = read.expect("arguments of a guard");
        assert_eq!((&*read.task, &*read.depends_on), ("a", "b"));
        let kinds = Kinds {
            column: "k".to_owned(),
            blocking: vec!["x=y".to_owned()],
            reversed: vec!["z".to_owned()],
        };
        assert_eq!(read.kinds, Some(kinds));
        for wrong in [
            &["a"][..],
            &["a", "b", "c"],
            &["a", "b", "blocking=x"],
            &["a", "b", "x=y"],
        ] {
            assert_eq!(columns(wrong), None);
        }
    }

    #[test]
    fn names_and_labels_are_quoted() {
        assert_eq!(
            guard(&["t\"", "d"]).edges(),
            "select \"d\" as dependency, \"t\"\"\" as task, null as kind from public.edges \
             where \"d\" is not null and \"t\"\"\" is not null"
        );
        assert_eq!(
            guard(&["t", "d", "kind=k", "reversed=it's"]).edges(),
            "select \"t\" as dependency, \"d\" as task, \"k\"::text as kind from public.edges \
             where \"t\" is not null and \"d\" is not null and \"k\"::text in ('it''s')"
        );
    }

    #[test]
    fn a_guard_goes_by_two_names() {
        let guard = guard(&["t", "d"]);
        assert!(guard.is_called("dependencies") && guard.is_called("steward_dependencies"));
        assert!(!guard.is_called("steward"));
    }
}
