//! Reading rows of a table directly, by an index or all of them: what a rule does once for every row
//! that it guards would cost several times as much through SPI.
//!
//! The functions are those with which PostgreSQL reads its own catalogs (`genam.c`) and, with an index,
//! those below them, which can search again with what was set up before; they take any snapshot.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use pgrx::pg_sys;

use super::boundary;
use super::index;
use super::key::{Key, KeyType};
use super::relation::{Lock, Relation};
use super::tuple::Row;

/// Which versions of rows are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// What the statement sees that is running: for questions, also on a standby.
    AsAsked,
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

impl LookUp {
    /// How rows are found by a column: by an index that starts with it, where there is one.
    pub(crate) fn of(table: &Relation, column: i16, key_type: KeyType) -> Self {
        let collation = table
            .attributes()
            .find(|attribute| attribute.number == column)
            .map_or(pg_sys::InvalidOid, |attribute| attribute.collation);
        Self {
            index: index::starting_with(table, column, key_type, collation),
            column,
            key_type,
            collation,
        }
    }
}

/// A table whose rows are looked up again and again: what that takes is set up once for each index, and
/// used again while the table is open.
pub(crate) struct Indexed {
    relation: Relation,
    lock: Lock,
    scans: RefCell<Vec<IndexScan>>,
    /// Where a row is put that was locked; null until the first one.
    lock_slot: Cell<*mut pg_sys::TupleTableSlot>,
}

/// An index that is open, and what a scan of it needs.
struct IndexScan {
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    slot: *mut pg_sys::TupleTableSlot,
}

impl Indexed {
    /// Opens the table, and later its indexes, with that lock. None where there is no such table.
    pub(crate) fn try_open(table: pg_sys::Oid, lock: Lock) -> Option<Self> {
        Some(Self {
            relation: Relation::try_open(table, lock)?,
            lock,
            scans: RefCell::default(),
            lock_slot: Cell::new(std::ptr::null_mut()),
        })
    }

    pub(crate) const fn relation(&self) -> &Relation {
        &self.relation
    }

    /// Calls `each` with the rows whose column holds `key`, until it breaks.
    pub(crate) fn rows_with(
        &self,
        look_up: &LookUp,
        key: &Key,
        view: View,
        each: impl FnMut(Row<'_>) -> ControlFlow<()>,
    ) {
        let argument = look_up.key_type.argument(key);
        let mut scan_key = pg_sys::ScanKeyData::default();
        // In the scan of an index, the number is that of the index's column.
        let column = look_up.index.map_or(look_up.column, |_| 1);
        // SAFETY: the scan key is ours; the equality of these types is a fixed function.
        unsafe {
            pg_sys::ScanKeyEntryInitialize(
                &raw mut scan_key,
                0,
                column,
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                pg_sys::InvalidOid,
                look_up.collation,
                pg_sys::Oid::from(equality(look_up.key_type)),
                argument.datum(),
            );
        }
        match look_up.index {
            Some(index) => self.search(index, &mut scan_key, view, each),
            None => read(&self.relation, Some(&mut scan_key), view, each),
        }
    }

    /// Calls `each` with all rows, until it breaks.
    pub(crate) fn all_rows(&self, view: View, each: impl FnMut(Row<'_>) -> ControlFlow<()>) {
        read(&self.relation, None, view, each);
    }

    fn search(
        &self,
        index: pg_sys::Oid,
        key: &mut pg_sys::ScanKeyData,
        view: View,
        mut each: impl FnMut(Row<'_>) -> ControlFlow<()>,
    ) {
        let descriptor = self.relation.descriptor();
        under(view, |snapshot| {
            // While it is in use, nobody else finds it.
            let kept = self.take(index);
            // SAFETY: table and index are open; snapshot and key live through the search; a row is used
            // before the next one is fetched. After an error the abort ends the scan.
            unsafe {
                let used = kept.unwrap_or_else(|| self.open(index, snapshot));
                let IndexScan { scan, slot, .. } = used;
                (*scan).xs_snapshot = snapshot;
                let key = std::ptr::from_mut(key);
                let next = || {
                    let forward = pg_sys::ScanDirection::ForwardScanDirection;
                    if !raw::index_getnext_slot(scan, forward, slot) {
                        return std::ptr::null_mut();
                    }
                    raw::ExecFetchSlotHeapTuple(slot, false, std::ptr::null_mut())
                };
                let mut tuple = boundary::call(|| {
                    raw::index_rescan(scan, key, 1, std::ptr::null_mut(), 0);
                    next()
                });
                while !tuple.is_null() {
                    if each(Row::new(tuple, descriptor)).is_break() {
                        // Gives back the page that it stands on.
                        pg_sys::index_rescan(
                            scan,
                            std::ptr::null_mut(),
                            0,
                            std::ptr::null_mut(),
                            0,
                        );
                        break;
                    }
                    pgrx::check_for_interrupts!();
                    tuple = boundary::call(next);
                }
                pg_sys::ExecClearTuple(slot);
                self.scans.borrow_mut().push(used);
            }
        });
    }

    pub(super) fn lock_slot(&self) -> *mut pg_sys::TupleTableSlot {
        if self.lock_slot.get().is_null() {
            let table = self.relation.raw().as_ptr();
            // SAFETY: the table is open, and stays so as long as the slot is used.
            self.lock_slot.set(boundary::call(|| unsafe {
                pg_sys::table_slot_create(table, std::ptr::null_mut())
            }));
        }
        self.lock_slot.get()
    }

    fn take(&self, index: pg_sys::Oid) -> Option<IndexScan> {
        let mut scans = self.scans.borrow_mut();
        // SAFETY: the indexes are open.
        let at = scans
            .iter()
            .position(|scan| unsafe { (*scan.index).rd_id } == index)?;
        Some(scans.swap_remove(at))
    }

    /// # Safety
    /// The index has to be one of the table's.
    unsafe fn open(&self, index: pg_sys::Oid, snapshot: pg_sys::Snapshot) -> IndexScan {
        let (table, mode) = (self.relation.raw().as_ptr(), self.lock.mode());
        // SAFETY: the table is open, and the caller's promise.
        boundary::call(|| unsafe {
            let index = pg_sys::index_open(index, mode);
            IndexScan {
                index,
                scan: begin_scan(table, index, snapshot, 1),
                slot: pg_sys::table_slot_create(table, std::ptr::null_mut()),
            }
        })
    }
}

impl Drop for Indexed {
    fn drop(&mut self) {
        // After an error the abort of the (sub)transaction ends them.
        if std::thread::panicking() {
            return;
        }
        if !self.lock_slot.get().is_null() {
            // SAFETY: it was made here, for a table that is still open.
            unsafe { pg_sys::ExecDropSingleTupleTableSlot(self.lock_slot.get()) };
        }
        for IndexScan { index, scan, slot } in self.scans.take() {
            // SAFETY: all three were made here, for a table that is still open, and end once. The lock
            // on the index stays, as it does after a query.
            unsafe {
                pg_sys::index_endscan(scan);
                pg_sys::ExecDropSingleTupleTableSlot(slot);
                pg_sys::index_close(index, pg_sys::NoLock as pg_sys::LOCKMODE);
            }
        }
    }
}

/// The function has a further argument, for EXPLAIN, since PostgreSQL 18.
#[cfg(not(feature = "pg18"))]
pub(super) unsafe fn begin_scan(
    table: pg_sys::Relation,
    index: pg_sys::Relation,
    snapshot: pg_sys::Snapshot,
    keys: i32,
) -> pg_sys::IndexScanDesc {
    // SAFETY: the caller hands an open table and an index of it.
    unsafe { pg_sys::index_beginscan(table, index, snapshot, keys, 0) }
}

/// The function has a further argument, for EXPLAIN, since PostgreSQL 18.
#[cfg(feature = "pg18")]
pub(super) unsafe fn begin_scan(
    table: pg_sys::Relation,
    index: pg_sys::Relation,
    snapshot: pg_sys::Snapshot,
    keys: i32,
) -> pg_sys::IndexScanDesc {
    // SAFETY: the caller hands an open table and an index of it.
    unsafe { pg_sys::index_beginscan(table, index, snapshot, std::ptr::null_mut(), keys, 0) }
}

/// Calls `read` with the snapshot of a view.
pub(super) fn under(view: View, read: impl FnOnce(pg_sys::Snapshot)) {
    let mut dirty = pg_sys::SnapshotData {
        snapshot_type: pg_sys::SnapshotType::SNAPSHOT_DIRTY,
        ..Default::default()
    };
    match view {
        View::Settled => read(&raw mut pg_sys::SnapshotSelfData),
        View::Dirty => read(&raw mut dirty),
        View::Any => read(&raw mut pg_sys::SnapshotAnyData),
        // SAFETY: a function that SQL called runs under a snapshot. After an error the abort forgets it.
        View::AsAsked => unsafe {
            let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetActiveSnapshot());
            read(snapshot);
            pg_sys::UnregisterSnapshot(snapshot);
        },
        // SAFETY: a transaction is under way. After an error the abort forgets the snapshot.
        View::Latest => unsafe {
            pg_sys::CommandCounterIncrement();
            let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot());
            read(snapshot);
            pg_sys::UnregisterSnapshot(snapshot);
        },
    }
}

/// Reads the whole table.
fn read(
    table: &Relation,
    key: Option<&mut pg_sys::ScanKeyData>,
    view: View,
    mut each: impl FnMut(Row<'_>) -> ControlFlow<()>,
) {
    let keys = i32::from(key.is_some());
    let key = key.map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the relation is open; snapshot and key live through the scan; a row is used before the
    // next one is fetched. After an error the abort ends the scan.
    under(view, |snapshot| unsafe {
        let no_index = pg_sys::InvalidOid;
        let raw = table.raw().as_ptr();
        let scan = pg_sys::systable_beginscan(raw, no_index, false, snapshot, keys, key);
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() || each(Row::new(tuple, table.descriptor())).is_break() {
                break;
            }
            pgrx::check_for_interrupts!();
        }
        pg_sys::systable_endscan(scan);
    });
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

/// Functions that are called too often to pass pgrx' boundary one by one.
pub(super) mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(in super::super) fn index_rescan(
            scan: pg_sys::IndexScanDesc,
            keys: pg_sys::ScanKey,
            key_count: i32,
            orders: pg_sys::ScanKey,
            order_count: i32,
        );
        pub(in super::super) fn index_getnext_slot(
            scan: pg_sys::IndexScanDesc,
            direction: pg_sys::ScanDirection::Type,
            slot: *mut pg_sys::TupleTableSlot,
        ) -> bool;
        pub(in super::super) fn ExecFetchSlotHeapTuple(
            slot: *mut pg_sys::TupleTableSlot,
            materialize: bool,
            should_free: *mut bool,
        ) -> pg_sys::HeapTuple;
    }
}
