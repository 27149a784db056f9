//! Reading rows of a table directly, by an index or all of them: what a rule does once for every row
//! that it guards would cost several times as much through SPI.
//!
//! The functions are those with which PostgreSQL reads its own catalogs (`genam.c`); they are the same
//! in every version and take any snapshot.

use std::ops::ControlFlow;

use pgrx::pg_sys;

use super::key::{Key, KeyType};
use super::relation::Relation;
use super::tuple::Row;

/// Which versions of rows are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// What is committed at this moment, and all that this transaction did. It takes no predicate locks,
    /// and must be used only for rows that no other transaction can be changing: a row that is replaced
    /// during the scan may be seen twice or not at all.
    Settled,
    /// All that is committed at one moment, and all that this transaction did.
    Latest,
    /// As `Settled`, and also what other transactions have not committed yet.
    Dirty,
    /// Every version of a row that is stored, whether anyone sees it or not: nothing is missed, however
    /// it changes meanwhile. It takes no predicate locks.
    Any,
}

/// How rows are found by the value of one column.
#[derive(Clone, Debug)]
pub(crate) struct LookUp {
    /// The index to use; without one the whole table is read.
    pub(crate) index: Option<pg_sys::Oid>,
    pub(crate) column: i16,
    pub(crate) key_type: KeyType,
    /// The collation of the column, by which an index of texts is ordered.
    pub(crate) collation: pg_sys::Oid,
}

/// Calls `each` with the rows of `table` whose column holds `key`, until it breaks.
pub(crate) fn rows_with(
    table: &Relation,
    look_up: &LookUp,
    key: &Key,
    view: View,
    each: impl FnMut(Row<'_>) -> ControlFlow<()>,
) {
    let argument = look_up.key_type.argument(key);
    let mut scan_key = pg_sys::ScanKeyData::default();
    // SAFETY: the scan key is ours; the equality of these types is a fixed function.
    unsafe {
        pg_sys::ScanKeyEntryInitialize(
            &raw mut scan_key,
            0,
            look_up.column,
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            pg_sys::InvalidOid,
            look_up.collation,
            pg_sys::Oid::from(equality(look_up.key_type)),
            argument.datum(),
        );
    }
    scan(table, look_up.index, Some(&mut scan_key), view, each);
}

/// Calls `each` with all rows of `table`, until it breaks.
pub(crate) fn all_rows(table: &Relation, view: View, each: impl FnMut(Row<'_>) -> ControlFlow<()>) {
    scan(table, None, None, view, each);
}

fn scan(
    table: &Relation,
    index: Option<pg_sys::Oid>,
    key: Option<&mut pg_sys::ScanKeyData>,
    view: View,
    mut each: impl FnMut(Row<'_>) -> ControlFlow<()>,
) {
    let keys = i32::from(key.is_some());
    let key = key.map_or(std::ptr::null_mut(), std::ptr::from_mut);
    let mut dirty = pg_sys::SnapshotData {
        snapshot_type: pg_sys::SnapshotType::SNAPSHOT_DIRTY,
        ..Default::default()
    };
    // SAFETY: the relation is open; snapshot and key live through the scan; a row is used before the
    // next one is fetched. After an error the abort ends the scan and forgets the snapshot.
    unsafe {
        let snapshot = match view {
            View::Settled => &raw mut pg_sys::SnapshotSelfData,
            View::Dirty => &raw mut dirty,
            View::Any => &raw mut pg_sys::SnapshotAnyData,
            View::Latest => {
                pg_sys::CommandCounterIncrement();
                pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot())
            }
        };
        let scan = pg_sys::systable_beginscan(
            table.raw().as_ptr(),
            index.unwrap_or(pg_sys::InvalidOid),
            index.is_some(),
            snapshot,
            keys,
            key,
        );
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() || each(Row::new(tuple, table.descriptor())).is_break() {
                break;
            }
            pgrx::check_for_interrupts!();
        }
        pg_sys::systable_endscan(scan);
        if view == View::Latest {
            pg_sys::UnregisterSnapshot(snapshot);
        }
    }
}

/// The function behind `=` for a key type: it never differs between databases.
const fn equality(key_type: KeyType) -> u32 {
    match key_type {
        KeyType::Int4 => pg_sys::F_INT4EQ,
        KeyType::Int8 => pg_sys::F_INT8EQ,
        KeyType::Uuid => pg_sys::F_UUID_EQ,
        KeyType::Text => pg_sys::F_TEXTEQ,
        KeyType::Enum(_) => pg_sys::F_ENUM_EQ,
    }
}
