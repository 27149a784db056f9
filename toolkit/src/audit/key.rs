//! The row that entries are about: its key, written as audit triggers write it.

use postgres::Transaction;
use postgres_protocol::escape::escape_literal;
use serde_json::{Map, Value};

use super::log::Log;
use super::subject::Subject;
use crate::engine::simple_query::rows;
use crate::error::{Error, Result};

/// A column of the key, and its type as SQL writes it.
struct KeyColumn {
    name: String,
    type_name: String,
}

/// The condition that the entry `e` is about the row with the key that the user wrote.
pub(super) fn condition(
    transaction: &mut Transaction,
    log: &Log,
    subject: Option<&Subject>,
    written: &str,
) -> Result<String> {
    let columns = match subject.and_then(Subject::oid) {
        Some(oid) => columns(transaction, log, oid)?,
        None => Vec::new(),
    };
    let key = if columns.is_empty() {
        None
    } else {
        Some(json(transaction, &columns, written)?)
    };
    if log.is_log {
        return in_log(key, written);
    }
    let shown = match &columns[..] {
        [column] => {
            let (_, value) = values(&columns, written)?.swap_remove(0);
            Some(shown(transaction, column, &value)?)
        }
        [] => Some(written.to_owned()),
        _ => None,
    };
    in_own_table(log, key, shown)
}

/// By the hash, which is indexed.
fn in_log(key: Option<String>, written: &str) -> Result<String> {
    let literal = match key {
        Some(key) => escape_literal(&key),
        // Without the table's columns it has to be written as it is in the log.
        None if object(written).is_some() => escape_literal(written),
        None => {
            return Err(Error::usage("--key needs the table whose key it is")
                .detail("The columns of the key are not known.")
                .hint(
                    "Add --table TABLE, or write the key as it is in the log: --key '{\"id\": 5}'.",
                ));
        }
    };
    Ok(format!(
        "e.key_hash = steward.audit_key_hash({literal}::jsonb) and e.key = {literal}::jsonb"
    ))
}

/// In `entity_id`, or, where that has no place for it, whole in `key` or in `changes`.
fn in_own_table(log: &Log, key: Option<String>, shown: Option<String>) -> Result<String> {
    let entity = log.columns.named("entity_id");
    if let Some((column, shown)) = entity.zip(shown)
        && !column.is_json()
        && column.can_hold(&shown)
    {
        return Ok(format!("{} = {}", column.sql(), column.literal(&shown)));
    }
    let key = key.ok_or_else(|| {
        Error::usage("--key needs the table whose key it is").hint("Add --table TABLE.")
    })?;
    let key = format!("{}::jsonb", escape_literal(&key));
    if let Some(column) = entity.filter(|column| column.is_json()) {
        return Ok(format!("{}::jsonb = {key}", column.sql()));
    }
    if let Some(column) = log.columns.named("key").filter(|column| column.is_json()) {
        return Ok(format!("{}::jsonb = {key}", column.sql()));
    }
    let whole = log
        .columns
        .in_changes("{@key}")
        .map(|text| format!("{text}::jsonb = {key}"));
    let as_text = entity
        .filter(|column| column.can_hold("{}"))
        .map(|column| format!("{} = {key}::text::{}", column.sql(), column.type_name));
    as_text.or(whole).ok_or_else(|| {
        Error::usage(format!(
            "table {} does not say which row an entry is about",
            log.name
        ))
        .detail("--key needs a column entity_id, key or changes.")
    })
}

/// The columns that identify a row: those that the audit trigger was told, else the primary key.
fn columns(transaction: &mut Transaction, log: &Log, table: &str) -> Result<Vec<KeyColumn>> {
    let found = rows(
        transaction,
        &format!(
            "with root as (
                 select coalesce(pg_catalog.pg_partition_root({table}), {table})::oid as oid
             ), told as (
                 select pg_catalog.substr(argument, 5) as name, a.ordinality as position
                   from steward.attachments as t join root on root.oid = t.target,
                        pg_catalog.unnest(t.arguments) with ordinality as a (argument)
                  where t.capability = 'audit' and t.bound_table = {log} and argument like 'key=%'
             ), by_primary_key as (
                 select a.attname as name, k.position
                   from root join pg_catalog.pg_index as i on i.indrelid = root.oid and i.indisprimary,
                        pg_catalog.unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality as k (number, position),
                        pg_catalog.pg_attribute as a
                  where a.attrelid = i.indrelid and a.attnum = k.number
             ), wanted as (
                 select * from told
                 union all
                 select * from by_primary_key where not exists (select from told)
             )
             select wanted.name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type
               from wanted, root, pg_catalog.pg_attribute as a
              where a.attrelid = root.oid and a.attname = wanted.name and not a.attisdropped
              order by position",
            log = log.oid,
        ),
    )?;
    let columns: Vec<_> = found
        .iter()
        .filter_map(|row| {
            Some(KeyColumn {
                name: row.get("name")?.to_owned(),
                type_name: row.get("type")?.to_owned(),
            })
        })
        .collect();
    if columns.is_empty() {
        return Err(
            Error::usage("the table of --table has no primary key").detail(
                "Its changes are recorded without a key, so they cannot be told apart by row.",
            ),
        );
    }
    Ok(columns)
}

/// Each column's value, as text.
fn values(columns: &[KeyColumn], written: &str) -> Result<Vec<(String, String)>> {
    let members = object(written);
    if let [column] = columns {
        let member = members.as_ref().filter(|members| members.len() == 1);
        let value = member.and_then(|members| members.get(&column.name));
        let text = value.map_or_else(|| written.to_owned(), text_of);
        return Ok(vec![(column.name.clone(), text)]);
    }
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let wrong = || {
        Error::usage("the key of that table has several columns")
            .detail(format!("They are: {}.", names.join(", ")))
            .hint("Write it as JSON: --key '{\"a\": 1, \"b\": 2}'.")
    };
    let members = members.ok_or_else(wrong)?;
    if members.len() != columns.len() {
        return Err(wrong());
    }
    names
        .iter()
        .map(|name| {
            let value = members.get(*name).ok_or_else(wrong)?;
            Ok(((*name).to_owned(), text_of(value)))
        })
        .collect()
}

/// The key as the log has it: each value goes through its column's type.
fn json(transaction: &mut Transaction, columns: &[KeyColumn], written: &str) -> Result<String> {
    let members: Vec<_> = values(columns, written)?
        .iter()
        .zip(columns)
        .map(|((name, value), column)| {
            format!(
                "{}, {}::{}",
                escape_literal(name),
                escape_literal(value),
                column.type_name
            )
        })
        .collect();
    read(
        transaction,
        &format!(
            "select pg_catalog.jsonb_build_object({})::text as value",
            members.join(", ")
        ),
    )
}

fn shown(transaction: &mut Transaction, column: &KeyColumn, value: &str) -> Result<String> {
    let value = escape_literal(value);
    read(
        transaction,
        &format!("select ({value}::{})::text as value", column.type_name),
    )
}

fn read(transaction: &mut Transaction, sql: &str) -> Result<String> {
    let found = rows(transaction, sql).map_err(|error| error.context("--key"))?;
    let value = found.first().and_then(|row| row.get("value"));
    Ok(value.unwrap_or_default().to_owned())
}

fn object(written: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(written).ok()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
