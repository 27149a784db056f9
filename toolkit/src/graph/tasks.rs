//! The titles of tasks: from the table that the edges refer to.

use std::collections::HashMap;

use postgres::{SimpleQueryRow, Transaction};
use postgres_protocol::escape::escape_literal;

use super::guard::Guard;
use super::model::Task;
use super::source::key_array;
use crate::engine::simple_query::rows;
use crate::error::{Error, Result};

/// The columns that are taken for a title, the best first.
const TITLES: &str = "'{title,name,label}'::pg_catalog.name[]";

/// How many titles are asked for at once, so that a statement stays below a megabyte.
const AT_ONCE: usize = 10_000;

/// Where titles are found: a table and two of its columns, as SQL writes them.
pub(super) struct Titles {
    table: String,
    key: String,
    label: String,
}

/// Finds the titles' column: the one that is named, or one that looks like it and may be read, if any.
pub(super) fn find(
    transaction: &mut Transaction,
    guard: &Guard,
    label: Option<&str>,
) -> Result<Option<Titles>> {
    let holder = rows(transaction, &holder_query(guard))?.into_iter().next();
    let Some(holder) = holder else {
        return match label {
            None => Ok(None),
            Some(_) => Err(Error::failure(format!(
                "no foreign key of table {} says which table holds its tasks",
                guard.table
            ))
            .hint("Without --label, tasks are shown by their keys.")),
        };
    };
    let column = rows(transaction, &column_query(&holder, label))?
        .into_iter()
        .next();
    let table = part(&holder, "shown");
    match (column, label) {
        (None, None) => Ok(None),
        (None, Some(label)) => Err(no_such_column(transaction, &holder, label)?),
        (Some(column), _) => Ok(Some(Titles {
            table,
            key: part(&holder, "key"),
            label: part(&column, "label"),
        })),
    }
}

/// Gives the tasks their titles.
pub(super) fn label(
    transaction: &mut Transaction,
    titles: &Titles,
    key_type: &str,
    tasks: &mut [Task],
) -> Result<()> {
    for tasks in tasks.chunks_mut(AT_ONCE) {
        let keys = key_array(tasks.iter().map(|task| task.key.as_str()), key_type);
        let Titles { table, key, label } = titles;
        let found = rows(
            transaction,
            &format!(
                "select {key}::text as key, {label}::text as label from {table} where {key} = any ({keys})"
            ),
        )?;
        let labels: HashMap<_, _> = found
            .iter()
            .filter_map(|row| Some((row.get("key")?, row.get("label")?)))
            .collect();
        for task in tasks {
            task.label = labels
                .get(task.key.as_str())
                .map(|label| (*label).to_owned());
        }
    }
    Ok(())
}

/// The table that a foreign key of one of the ends refers to, by a column that is unique by itself; else
/// the edge table, if its tasks are unique in it, as a table of tasks with a parent column has them.
fn holder_query(guard: &Guard) -> String {
    let task = escape_literal(&guard.columns.task);
    let depends_on = escape_literal(&guard.columns.depends_on);
    format!(
        "with candidates (oid, key, position) as (
             select f.confrelid, pair.referenced, case own.attname when {depends_on} then 1 else 2 end
               from pg_catalog.pg_constraint as f
              cross join lateral rows from (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey))
                 as pair (own, referenced)
               join pg_catalog.pg_attribute as own
                 on own.attrelid = f.conrelid and own.attnum = pair.own
              where f.contype = 'f' and f.conrelid = {oid} and f.conparentid = 0
                and own.attname in ({task}, {depends_on})
              union all
             select attrelid, attnum, 3
               from pg_catalog.pg_attribute
              where attrelid = {oid} and attname = {task}
         )
         select c.oid,
                pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as shown,
                pg_catalog.quote_ident(k.attname) as key,
                pg_catalog.has_schema_privilege(n.oid, 'usage')
                    and pg_catalog.has_column_privilege(c.oid, k.attnum, 'select') as readable
           from candidates
           join pg_catalog.pg_class as c on c.oid = candidates.oid
           join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
           join pg_catalog.pg_attribute as k on k.attrelid = c.oid and k.attnum = candidates.key
          where exists (
                    select from pg_catalog.pg_index as i
                     where i.indrelid = c.oid and i.indisunique and i.indnkeyatts = 1
                       and i.indkey[0] = k.attnum and i.indpred is null)
          order by candidates.position, c.oid
          limit 1",
        oid = guard.oid,
    )
}

fn column_query(holder: &SimpleQueryRow, label: Option<&str>) -> String {
    let condition = match label {
        Some(label) => format!("a.attname = {}", escape_literal(label)),
        None => format!(
            "a.attname = any ({TITLES}) and {}
             and pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select')",
            holder.get("readable") == Some("t"),
        ),
    };
    format!(
        "select pg_catalog.quote_ident(a.attname) as label
           from pg_catalog.pg_attribute as a
          where a.attrelid = {} and a.attnum > 0 and not a.attisdropped and {condition}
          order by pg_catalog.array_position({TITLES}, a.attname)
          limit 1",
        part(holder, "oid"),
    )
}

fn no_such_column(
    transaction: &mut Transaction,
    holder: &SimpleQueryRow,
    label: &str,
) -> Result<Error> {
    let found = rows(
        transaction,
        &format!(
            "select pg_catalog.string_agg(attname, ', ' order by attnum) as columns
               from pg_catalog.pg_attribute
              where attrelid = {} and attnum > 0 and not attisdropped",
            part(holder, "oid")
        ),
    )?;
    let columns = found.first().and_then(|row| row.get("columns"));
    Ok(Error::failure(format!(
        "table {}, which holds the tasks, has no column \"{label}\"",
        part(holder, "shown")
    ))
    .detail(format!("Its columns are: {}.", columns.unwrap_or_default())))
}

fn part(row: &SimpleQueryRow, column: &str) -> String {
    row.get(column).unwrap_or_default().to_owned()
}
