//! The part of a graph around one task: what it waits for and what waits for it, step by step. Each step
//! is two look-ups by the indexes that a guard asks for, so a small part of a large graph is read quickly.

use std::collections::BTreeSet;

use postgres::Transaction;
use postgres_protocol::escape::escape_literal;

use super::model::Root;
use super::source::{EdgeRow, Source, key_array};
use crate::engine::simple_query::rows;
use crate::error::{Error, Result};

/// The edges between the tasks around a root, and its key as the database writes it.
pub(super) fn read(
    transaction: &mut Transaction,
    source: &Source,
    root: &Root,
) -> Result<(Vec<EdgeRow>, String)> {
    let key = as_the_database_writes_it(transaction, source, &root.key)?;
    let mut around = BTreeSet::from([key.clone()]);
    for direction in [Direction::WhatItWaitsFor, Direction::WhatWaitsForIt] {
        walk(
            transaction,
            source,
            &key,
            root.depth,
            direction,
            &mut around,
        )?;
    }
    if around.len() == 1 {
        return Err(Error::failure(format!(
            "task \"{key}\" has no dependencies in table {}",
            source.table
        ))
        .detail("Nothing that you may see waits for it, and it waits for nothing."));
    }
    let keys = key_array(around.iter().map(String::as_str), &source.key_type);
    let condition = format!("edge.dependency = any ({keys}) and edge.task = any ({keys})");
    Ok((source.where_(transaction, &condition)?, key))
}

#[derive(Clone, Copy)]
enum Direction {
    WhatItWaitsFor,
    WhatWaitsForIt,
}

fn walk(
    transaction: &mut Transaction,
    source: &Source,
    root: &str,
    depth: Option<u32>,
    direction: Direction,
    around: &mut BTreeSet<String>,
) -> Result<()> {
    let (wanted, known) = match direction {
        Direction::WhatItWaitsFor => ("dependency", "task"),
        Direction::WhatWaitsForIt => ("task", "dependency"),
    };
    let mut seen = BTreeSet::from([root.to_owned()]);
    let mut last = vec![root.to_owned()];
    let mut steps = 0;
    while !last.is_empty() && depth.is_none_or(|depth| steps < depth) {
        let keys = key_array(last.iter().map(String::as_str), &source.key_type);
        let found = rows(
            transaction,
            &format!(
                "select distinct {wanted}::text as key from ({}) as edge where edge.{known} = any ({keys})",
                source.edges
            ),
        )?;
        last = found
            .iter()
            .filter_map(|row| row.get("key"))
            .filter(|key| seen.insert((*key).to_owned()))
            .map(ToOwned::to_owned)
            .collect();
        steps += 1;
    }
    around.extend(seen);
    Ok(())
}

/// A UUID in capitals or a number with a plus is the same key.
fn as_the_database_writes_it(
    transaction: &mut Transaction,
    source: &Source,
    key: &str,
) -> Result<String> {
    let found = rows(
        transaction,
        &format!(
            "select ({}::{})::text as key",
            escape_literal(key),
            source.key_type
        ),
    )
    .map_err(|error| error.context("--root"))?;
    let row = found.first().and_then(|row| row.get("key"));
    Ok(row.unwrap_or(key).to_owned())
}
