//! The table that entries are about.
//!
//! A table is known by its oid, whatever it is called now. In a log that came out of a dump oids mean
//! nothing, and of a table that was dropped none is left: there the names count that it had.

use postgres::{SimpleQueryRow, Transaction};
use postgres_protocol::escape::escape_literal;

use super::log::Log;
use crate::engine::simple_query::{is_true, rows};
use crate::error::{Error, Result};

/// The table that entries are about.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Its name, as the user wrote it.
    written: String,
    schema: Option<String>,
    name: String,
    /// None where there is no such table any more.
    present: Option<Present>,
}

/// A table that is there.
#[derive(Clone, Debug)]
struct Present {
    oid: String,
    /// It and its partitions.
    tree: Vec<String>,
    is_partition: bool,
}

impl Subject {
    /// The table of that name, as in SQL, found by `search_path`.
    ///
    /// # Errors
    /// It is not a name.
    pub(super) fn named(transaction: &mut Transaction, written: &str) -> Result<Self> {
        let name = escape_literal(written);
        let found = rows(
            transaction,
            &format!(
                "select parts[pg_catalog.cardinality(parts)] as last, parts[pg_catalog.cardinality(parts) - 1] as first,
                        found.oid, found.relispartition as is_partition,
                        n.nspname as schema, root.relname as name,
                        (select pg_catalog.string_agg(relid::oid::text, ',')
                           from pg_catalog.pg_partition_tree(found.oid)) as tree
                   from pg_catalog.parse_ident({name}) as parts
                   left join pg_catalog.pg_class as found on found.oid = pg_catalog.to_regclass({name})
                   left join pg_catalog.pg_class as root
                     on root.oid = coalesce(pg_catalog.pg_partition_root(found.oid), found.oid)
                   left join pg_catalog.pg_namespace as n on n.oid = root.relnamespace"
            ),
        )
        .map_err(|error| error.context("--table"))?;
        let row = found.first();
        Ok(row.map_or_else(
            || Self::gone(written, None),
            |row| Self::from_row(written, row),
        ))
    }

    fn from_row(written: &str, row: &SimpleQueryRow) -> Self {
        let text = |column: &str| row.get(column).map(ToOwned::to_owned);
        let Some(oid) = text("oid") else {
            return Self::gone(written, row.get("last").map(|last| (text("first"), last)));
        };
        let tree = row.get("tree").unwrap_or(&oid);
        Self {
            written: written.to_owned(),
            schema: text("schema"),
            name: text("name").unwrap_or_default(),
            present: Some(Present {
                tree: tree.split(',').map(ToOwned::to_owned).collect(),
                is_partition: is_true(row, "is_partition"),
                oid,
            }),
        }
    }

    fn gone(written: &str, parts: Option<(Option<String>, &str)>) -> Self {
        let (schema, name) = parts.unwrap_or((None, written));
        Self {
            written: written.to_owned(),
            schema,
            name: name.to_owned(),
            present: None,
        }
    }

    /// Its oid, if it is there.
    pub(super) fn oid(&self) -> Option<&str> {
        self.present.as_ref().map(|present| present.oid.as_str())
    }

    /// What to say where nothing was found: a name that is misspelt must not look like a table of which
    /// nothing was recorded.
    pub(super) fn must_be_there(&self, log: &Log) -> Result<()> {
        if self.present.is_some() {
            return Ok(());
        }
        Err(Error::failure(format!(
            "table \"{}\" does not exist, and no such entry of a table of that name is in {}",
            self.written, log.name
        ))
        .hint("Write it as in SQL: with its schema where search_path does not have that."))
    }

    /// The condition that the entry `e` is about the table.
    pub(super) fn condition(&self, log: &Log) -> Result<String> {
        if log.is_log {
            Ok(self.in_log(log))
        } else {
            self.in_own_table(log)
        }
    }

    fn in_log(&self, log: &Log) -> String {
        let present_incarnation = format!(
            "(select steward.audit_incarnation({}::oid::regclass))",
            log.oid
        );
        let is_present_log = format!("e.incarnation = {present_incarnation}");
        let called = self.is_called("e.schema_name", "e.table_name");
        let old = format!("{called} and e.incarnation <> {present_incarnation}");
        match &self.present {
            None => format!(
                "({called} and (e.incarnation <> {present_incarnation} \
                 or not exists (select from pg_catalog.pg_class as c where c.oid = e.root_oid)))"
            ),
            Some(present) => {
                let by_oid = format!(
                    "{is_present_log} and (e.root_oid = {} or e.table_oid = any ('{{{}}}'::oid[]))",
                    present.oid,
                    present.tree.join(",")
                );
                // Entries of a partition bear the name of the whole table.
                if present.is_partition {
                    format!("({by_oid})")
                } else {
                    format!("({by_oid} or {old})")
                }
            }
        }
    }

    fn is_called(&self, schema: &str, name: &str) -> String {
        let called = format!("{name} = {}", escape_literal(&self.name));
        match &self.schema {
            Some(is) => format!("{called} and {schema} = {}", escape_literal(is)),
            None => called,
        }
    }

    fn in_own_table(&self, log: &Log) -> Result<String> {
        let Some(table) = log.columns.table() else {
            return Err(Error::usage(format!(
                "table {} does not say which table an entry is about",
                log.name
            ))
            .detail("--table needs a column entity_type or table_name."));
        };
        let named = format!("{} = {}", table.sql(), table.literal(&self.name));
        let schema = log.columns.named("schema_name").zip(self.schema.as_ref());
        Ok(match schema {
            Some((column, schema)) => {
                format!("{named} and {} = {}", column.sql(), column.literal(schema))
            }
            None => named,
        })
    }
}
