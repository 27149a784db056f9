//! Reading the rows of a table in the order of an index, from a place in it on, for as long as they are
//! wanted: the first of a queue cost the same, however long the queue is.

use std::ops::ControlFlow;

use pgrx::pg_sys;

use super::boundary;
use super::relation::Relation;
use super::scan::{View, begin_scan, raw, under};
use super::tuple::{Row, Value};

/// What is asked of a column of the index. The conditions of a scan are about its first columns, in their
/// order, and only the last may be another one than [`Condition::Equal`].
#[derive(Clone, Copy)]
pub(crate) enum Condition<'value> {
    Equal(Value<'value>),
    /// Above that value, and not NULL.
    Above(Value<'value>),
    /// Up to that value, and not NULL.
    UpTo(Value<'value>),
    /// Below that value, and not NULL.
    Below(Value<'value>),
    Null,
    NotNull,
}

/// Calls `each` with the rows that meet the conditions, in the order of the index, until it breaks.
pub(crate) fn rows_in_order(
    table: &Relation,
    index: pg_sys::Oid,
    conditions: &[Condition<'_>],
    view: View,
    each: impl FnMut(Row<'_>) -> ControlFlow<()>,
) {
    let forward = pg_sys::ScanDirection::ForwardScanDirection;
    rows_towards(forward, table, index, conditions, view, each);
}

/// Calls `each` with the rows that meet the conditions, the last in the order of the index first, until it breaks.
pub(crate) fn rows_from_the_end(
    table: &Relation,
    index: pg_sys::Oid,
    conditions: &[Condition<'_>],
    view: View,
    each: impl FnMut(Row<'_>) -> ControlFlow<()>,
) {
    let backward = pg_sys::ScanDirection::BackwardScanDirection;
    rows_towards(backward, table, index, conditions, view, each);
}

fn rows_towards(
    direction: pg_sys::ScanDirection::Type,
    table: &Relation,
    index: pg_sys::Oid,
    conditions: &[Condition<'_>],
    view: View,
    mut each: impl FnMut(Row<'_>) -> ControlFlow<()>,
) {
    let raw_table = table.raw().as_ptr();
    under(view, |snapshot| {
        // SAFETY: table and index are open, and the index is one of the table's; snapshot and keys live
        // through the scan; a row is used before the next one is fetched. After an error the abort ends
        // the scan.
        unsafe {
            let (index, scan, slot) = boundary::call(|| {
                let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
                let index = pg_sys::index_open(index, lock);
                let slot = pg_sys::table_slot_create(raw_table, std::ptr::null_mut());
                (index, begin(raw_table, index, snapshot, conditions), slot)
            });
            let next = || {
                if !raw::index_getnext_slot(scan, direction, slot) {
                    return std::ptr::null_mut();
                }
                raw::ExecFetchSlotHeapTuple(slot, false, std::ptr::null_mut())
            };
            loop {
                let tuple = boundary::call(next);
                if tuple.is_null() || each(Row::new(tuple, table.descriptor())).is_break() {
                    break;
                }
                pgrx::check_for_interrupts!();
            }
            boundary::call(|| {
                pg_sys::index_endscan(scan);
                pg_sys::ExecDropSingleTupleTableSlot(slot);
                pg_sys::index_close(index, pg_sys::NoLock as pg_sys::LOCKMODE);
            });
        }
    });
}

/// # Safety
/// The index has to be an open btree of the table, with at least as many columns as there are conditions,
/// whose values are of the columns' types. To be called within `boundary::call`.
unsafe fn begin(
    table: pg_sys::Relation,
    index: pg_sys::Relation,
    snapshot: pg_sys::Snapshot,
    conditions: &[Condition<'_>],
) -> pg_sys::IndexScanDesc {
    // SAFETY: the caller's promise. The keys are copied by the rescan.
    unsafe {
        let count = conditions.len();
        let keys: *mut pg_sys::ScanKeyData =
            pg_sys::palloc0(count.max(1) * size_of::<pg_sys::ScanKeyData>()).cast();
        for (column, condition) in conditions.iter().enumerate() {
            set_key(keys.add(column), index, column, *condition);
        }
        let scan = begin_scan(table, index, snapshot, count as i32);
        raw::index_rescan(scan, keys, count as i32, std::ptr::null_mut(), 0);
        pg_sys::pfree(keys.cast());
        scan
    }
}

/// # Safety
/// As [`begin`], for one key and the column of the index, from 0.
unsafe fn set_key(
    key: *mut pg_sys::ScanKeyData,
    index: pg_sys::Relation,
    column: usize,
    condition: Condition<'_>,
) {
    let number = column as pg_sys::AttrNumber + 1;
    let (strategy, value) = match condition {
        Condition::Equal(value) => (pg_sys::BTEqualStrategyNumber, value),
        Condition::Above(value) => (pg_sys::BTGreaterStrategyNumber, value),
        Condition::UpTo(value) => (pg_sys::BTLessEqualStrategyNumber, value),
        Condition::Below(value) => (pg_sys::BTLessStrategyNumber, value),
        // SAFETY: the caller's promise; such a key has no operator.
        Condition::Null | Condition::NotNull => unsafe {
            let searched = match condition {
                Condition::Null => pg_sys::SK_SEARCHNULL,
                _ => pg_sys::SK_SEARCHNOTNULL,
            };
            pg_sys::ScanKeyEntryInitialize(
                key,
                (pg_sys::SK_ISNULL | searched) as i32,
                number,
                0,
                pg_sys::InvalidOid,
                pg_sys::InvalidOid,
                pg_sys::InvalidOid,
                pg_sys::Datum::null(),
            );
            return;
        },
    };
    // SAFETY: the caller's promise: the arrays have a place for each column of the index. Its operator
    // class has the operators of a btree for its own type.
    unsafe {
        let family = *(*index).rd_opfamily.add(column);
        let input = *(*index).rd_opcintype.add(column);
        let operator = pg_sys::get_opfamily_member(family, input, input, strategy as i16);
        pg_sys::ScanKeyEntryInitialize(
            key,
            0,
            number,
            strategy as pg_sys::StrategyNumber,
            pg_sys::InvalidOid,
            *(*index).rd_indcollation.add(column),
            pg_sys::get_opcode(operator),
            value.datum(),
        );
    }
}
