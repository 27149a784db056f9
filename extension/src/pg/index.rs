//! The indexes of a table, as the relation cache knows them: a query to the catalog would be planned
//! again in every session each time that the table is analyzed.

use pgrx::pg_sys;

use super::boundary;
use super::key::KeyType;
use super::relation::Relation;

/// What it takes to know whether an index serves.
struct Description {
    oid: pg_sys::Oid,
    columns: i16,
    first_column: i16,
    first_collation: pg_sys::Oid,
    /// The operator family of the first column, and the type that its functions take.
    first_order: (pg_sys::Oid, pg_sys::Oid),
    /// A btree that holds all rows and can be used.
    is_whole_btree: bool,
    is_unique_by_one_column: bool,
    /// It holds columns as they are, of all rows, at once.
    is_plain: bool,
    /// Its columns, where each is ascending with its NULLs last.
    ascending: Option<Vec<i16>>,
}

/// The index to find rows by the value of a column: a whole one that starts with it, in the order of the
/// type; the narrowest of them.
pub(crate) fn starting_with(
    table: &Relation,
    column: i16,
    key_type: KeyType,
    collation: pg_sys::Oid,
) -> Option<pg_sys::Oid> {
    descriptions(table)
        .filter(|index| {
            index.is_whole_btree
                && index.first_column == column
                && index.first_collation == collation
                && index.first_order == order_of(key_type)
        })
        .min_by_key(|index| (index.columns, index.oid.to_u32()))
        .map(|index| index.oid)
}

/// True where some whole index starts with a column.
pub(crate) fn has_one_starting_with(table: &Relation, column: i16) -> bool {
    descriptions(table).any(|index| index.is_whole_btree && index.first_column == column)
}

/// The index on exactly these columns: whole, and each of them ascending with its NULLs last.
pub(crate) fn on_columns(table: &Relation, columns: &[i16]) -> Option<pg_sys::Oid> {
    descriptions(table)
        .find(|index| {
            index.is_whole_btree && index.is_plain && index.ascending.as_deref() == Some(columns)
        })
        .map(|index| index.oid)
}

/// True where no two rows can have the same value in a column.
pub(crate) fn is_unique_by(table: &Relation, column: i16) -> bool {
    descriptions(table).any(|index| {
        index.is_whole_btree && index.is_unique_by_one_column && index.first_column == column
    })
}

/// True where a row can be written without computing what an index holds.
pub(crate) fn all_are_plain(table: &Relation) -> bool {
    descriptions(table).all(|index| index.is_plain)
}

/// The operator family and the input type of the default btree operator class. They are fixed.
const fn order_of(key_type: KeyType) -> (pg_sys::Oid, pg_sys::Oid) {
    const UUID: u32 = 2968;
    const ENUM: u32 = 3522;
    match key_type {
        KeyType::Int4 => (pg_sys::INTEGER_BTREE_FAM_OID, pg_sys::INT4OID),
        KeyType::Int8 => (pg_sys::INTEGER_BTREE_FAM_OID, pg_sys::INT8OID),
        KeyType::Text => (pg_sys::TEXT_BTREE_FAM_OID, pg_sys::TEXTOID),
        KeyType::Uuid => (pg_sys::Oid::from_u32(UUID), pg_sys::UUIDOID),
        KeyType::Enum(_) => (pg_sys::Oid::from_u32(ENUM), pg_sys::ANYENUMOID),
    }
}

fn descriptions(table: &Relation) -> impl Iterator<Item = Description> {
    // SAFETY: the relation is open; the list holds oids and is a copy.
    let oids: Vec<pg_sys::Oid> = unsafe {
        let list = pg_sys::RelationGetIndexList(table.raw().as_ptr());
        let count = if list.is_null() { 0 } else { (*list).length };
        let oids = (0..count)
            .map(|at| pg_sys::list_nth_oid(list, at))
            .collect();
        pg_sys::list_free(list);
        oids
    };
    oids.into_iter().map(describe)
}

fn describe(oid: pg_sys::Oid) -> Description {
    // SAFETY: an index of a table that is locked; its entry in the relation cache is whole while it is open.
    boundary::call(|| unsafe {
        let index = pg_sys::index_open(oid, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        let form = &*(*index).rd_index;
        let holds = |attribute: u32| {
            !pg_sys::heap_attisnull(
                (*index).rd_indextuple,
                attribute as i32,
                std::ptr::null_mut(),
            )
        };
        let is_btree = (*(*index).rd_rel).relam == pg_sys::BTREE_AM_OID;
        let is_partial = holds(pg_sys::Anum_pg_index_indpred);
        let columns = usize::try_from(form.indnkeyatts).unwrap_or_default();
        let numbers = std::slice::from_raw_parts(form.indkey.values.as_ptr(), columns);
        let is_ascending =
            is_btree && (0..columns).all(|column| *(*index).rd_indoption.add(column) == 0);
        let description = Description {
            oid,
            columns: form.indnatts,
            first_column: *form.indkey.values.as_ptr(),
            first_collation: *(*index).rd_indcollation,
            first_order: (*(*index).rd_opfamily, *(*index).rd_opcintype),
            is_whole_btree: is_btree && form.indisvalid && !is_partial,
            is_unique_by_one_column: form.indisunique && form.indnkeyatts == 1,
            is_plain: !is_partial
                && !holds(pg_sys::Anum_pg_index_indexprs)
                && !form.indisexclusion
                && form.indimmediate,
            ascending: is_ascending.then(|| numbers.to_vec()),
        };
        pg_sys::index_close(index, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        description
    })
}
