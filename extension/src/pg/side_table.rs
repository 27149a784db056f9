//! Writing the rows of a side table directly, as PostgreSQL writes its own catalogs.
//!
//! A side table is ours: it has plain unique indexes and nothing else that a write would have to look
//! at. Writing it needs no right of the writer's.

use pgrx::pg_sys;

use super::boundary;
use super::relation::Relation;
use super::tuple::{Row, Value};

/// Locks the indexes of `table` as writing it does, but to the end of the transaction: to lock and unlock
/// each of them again for every row costs more than a tenth of what the row costs.
pub(crate) fn lock_indexes(table: &Relation) {
    // SAFETY: the relation is open; the list holds oids of indexes.
    boundary::call(|| unsafe {
        let indexes = pg_sys::RelationGetIndexList(table.raw().as_ptr());
        for position in 0..pg_sys::list_length(indexes) {
            let index = pg_sys::list_nth_oid(indexes, position);
            raw::LockRelationOid(index, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
        }
    });
}

/// A side table that is being written, with its indexes open.
pub(crate) struct Writer<'table> {
    table: &'table Relation,
    indexes: pg_sys::CatalogIndexState,
}

impl<'table> Writer<'table> {
    /// Opens the indexes. Rows that were written before can be replaced from now on.
    pub(crate) fn open(table: &'table Relation) -> Self {
        // SAFETY: the relation is open, with a lock that allows writing.
        let indexes = boundary::call(|| unsafe {
            pg_sys::CommandCounterIncrement();
            raw::CatalogOpenIndexes(table.raw().as_ptr())
        });
        Self { table, indexes }
    }

    /// Opens the indexes for rows to be added only.
    pub(crate) fn open_to_add(table: &'table Relation) -> Self {
        // SAFETY: the relation is open, with a lock that allows writing.
        let indexes = boundary::call(|| unsafe { raw::CatalogOpenIndexes(table.raw().as_ptr()) });
        Self { table, indexes }
    }

    /// False where an index holds what only the executor can compute.
    pub(crate) fn has_plain_indexes_only(&self) -> bool {
        // SAFETY: the indexes are open, and there are as many as it says.
        unsafe {
            let count = usize::try_from((*self.indexes).ri_NumIndices).unwrap_or_default();
            (0..count).all(|position| {
                let index = *(*self.indexes).ri_IndexRelationInfo.add(position);
                (*index).ii_Expressions.is_null()
                    && (*index).ii_Predicate.is_null()
                    && (*index).ii_ExclusionOps.is_null()
            })
        }
    }

    /// Adds a row; `values` has one for each column. Returns where it is.
    pub(crate) fn insert(&mut self, values: &[Value<'_>]) -> Location {
        let mut datums: Vec<pg_sys::Datum> = values.iter().map(|value| value.datum()).collect();
        let mut nulls: Vec<bool> = values.iter().map(|value| value.is_null()).collect();
        let (table, indexes) = (self.table, self.indexes);
        let (datums, nulls) = (datums.as_mut_ptr(), nulls.as_mut_ptr());
        // SAFETY: the arrays have one place for each column of a side table.
        boundary::call(|| unsafe {
            let tuple = raw::heap_form_tuple(table.descriptor(), datums, nulls);
            raw::CatalogTupleInsertWithInfo(table.raw().as_ptr(), tuple, indexes);
            let location = (*tuple).t_self;
            pg_sys::heap_freetuple(tuple);
            Location(location)
        })
    }

    /// Puts a row with these values in the place of the one at `old`. Returns where it is.
    pub(crate) fn replace_values(&mut self, old: Location, values: &[Value<'_>]) -> Location {
        let mut datums: Vec<pg_sys::Datum> = values.iter().map(|value| value.datum()).collect();
        let mut nulls: Vec<bool> = values.iter().map(|value| value.is_null()).collect();
        let (table, indexes) = (self.table, self.indexes);
        let (datums, nulls) = (datums.as_mut_ptr(), nulls.as_mut_ptr());
        let mut location = old.0;
        let location = &raw mut location;
        // SAFETY: the arrays have one place for each column of a side table; the location is that of a row of it
        // that nobody else is changing.
        boundary::call(|| unsafe {
            let tuple = raw::heap_form_tuple(table.descriptor(), datums, nulls);
            raw::CatalogTupleUpdateWithInfo(table.raw().as_ptr(), location, tuple, indexes);
            let location = (*tuple).t_self;
            pg_sys::heap_freetuple(tuple);
            Location(location)
        })
    }

    /// Puts `new` in the place of `old`, of which it is a changed copy.
    pub(crate) fn replace(&mut self, old: Location, new: Row<'_>) {
        let (table, indexes) = (self.table, self.indexes);
        let mut location = old.0;
        let location = &raw mut location;
        // SAFETY: the location is that of a row of this table that nobody else is changing.
        boundary::call(|| unsafe {
            raw::CatalogTupleUpdateWithInfo(table.raw().as_ptr(), location, new.tuple(), indexes);
        });
    }

    /// Removes a row.
    pub(crate) fn remove(&mut self, old: Location) {
        let table = self.table;
        let mut location = old.0;
        let location = &raw mut location;
        // SAFETY: the location is that of a row of this table that nobody else is changing.
        boundary::call(|| unsafe { raw::CatalogTupleDelete(table.raw().as_ptr(), location) });
    }

    /// Closes the indexes.
    pub(crate) fn close(self) {
        let indexes = self.indexes;
        // SAFETY: they were opened here and are closed once.
        boundary::call(|| unsafe { raw::CatalogCloseIndexes(indexes) });
    }
}

/// Where a row of a table is stored.
#[derive(Clone, Copy)]
pub(crate) struct Location(pg_sys::ItemPointerData);

impl Location {
    pub(super) const fn raw(self) -> pg_sys::ItemPointerData {
        self.0
    }

    pub(crate) fn of(row: Row<'_>) -> Self {
        // SAFETY: a row that was read from a table knows where it is stored.
        Self(unsafe { (*row.tuple()).t_self })
    }
}

/// The functions whose errors have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn CatalogOpenIndexes(table: pg_sys::Relation) -> pg_sys::CatalogIndexState;
        pub(super) fn CatalogCloseIndexes(indexes: pg_sys::CatalogIndexState);
        pub(super) fn CatalogTupleInsertWithInfo(
            table: pg_sys::Relation,
            tuple: pg_sys::HeapTuple,
            indexes: pg_sys::CatalogIndexState,
        );
        pub(super) fn CatalogTupleUpdateWithInfo(
            table: pg_sys::Relation,
            location: pg_sys::ItemPointer,
            tuple: pg_sys::HeapTuple,
            indexes: pg_sys::CatalogIndexState,
        );
        pub(super) fn CatalogTupleDelete(table: pg_sys::Relation, location: pg_sys::ItemPointer);
        pub(super) fn LockRelationOid(relation: pg_sys::Oid, mode: pg_sys::LOCKMODE);
        pub(super) fn heap_form_tuple(
            descriptor: pg_sys::TupleDesc,
            values: *mut pg_sys::Datum,
            nulls: *mut bool,
        ) -> pg_sys::HeapTuple;
    }
}
