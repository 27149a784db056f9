//! The columns that identify a row of an audited table.

use crate::pg::relation::{Attribute, Relation};
use crate::pg::statement;

use super::destination::Key;

/// The columns of the key: those that were named, else the primary key as it is now.
pub(super) fn columns_of(table: &Relation, named: Option<&[String]>) -> Vec<Attribute> {
    let columns = named.map_or_else(|| primary_key_of(table), <[String]>::to_vec);
    columns
        .iter()
        .filter_map(|name| table.attribute(name))
        .collect()
}

/// What kind of key that is.
pub(super) fn kind_of(table: &Relation, named: Option<&[String]>) -> Key {
    match columns_of(table, named).as_slice() {
        [] => Key::None,
        [column] => Key::One(column.base_type()),
        _ => Key::Several,
    }
}

fn primary_key_of(table: &Relation) -> Vec<String> {
    let rows = statement::query(&format!(
        "select a.attname from pg_catalog.pg_index as i \
         cross join lateral pg_catalog.unnest(i.indkey) with ordinality as k (number, position) \
         join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number \
         where i.indrelid = {} and i.indisprimary and k.position <= i.indnkeyatts order by k.position",
        table.oid().to_u32(),
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten())
        .collect()
}
