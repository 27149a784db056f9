//! Drawing numbers from the sequence of a side table.

use pgrx::pg_sys;

use super::boundary;
use super::relation::Relation;
use super::statement;

/// The sequence that a column of `table` owns.
pub(crate) fn owned_by(table: &Relation) -> Option<pg_sys::Oid> {
    // SAFETY: a look-up in the catalog; the list holds oids.
    unsafe {
        let sequences = pg_sys::getOwnedSequences(table.oid());
        (!sequences.is_null()).then(|| pg_sys::list_nth_oid(sequences, 0))
    }
}

/// The sequence that one column of `table` owns.
pub(crate) fn owned_by_column(table: &Relation, column: i16) -> Option<pg_sys::Oid> {
    let rows = statement::query(&format!(
        "select objid from pg_catalog.pg_depend \
         where classid = 'pg_catalog.pg_class'::pg_catalog.regclass and refclassid = classid \
             and refobjid = {} and refobjsubid = {column} and deptype in ('a', 'i')",
        table.oid().to_u32(),
    ));
    let oid: u32 = rows.first()?.first()?.as_deref()?.parse().ok()?;
    Some(pg_sys::Oid::from(oid))
}

/// The next number, whatever rights the writer has on the sequence.
pub(crate) fn next(sequence: pg_sys::Oid) -> i64 {
    // SAFETY: the oid is that of a sequence, or an error says that it is none.
    boundary::call(|| unsafe { raw::nextval_internal(sequence, false) })
}

/// A function that pgrx does not bind.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn nextval_internal(sequence: pg_sys::Oid, check_permissions: bool) -> i64;
    }
}
