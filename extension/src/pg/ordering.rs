//! Comparing values of a column as an ascending index on it orders them, or from its other end; NULLs last.

use std::cmp::Ordering;

use pgrx::pg_sys;

use super::boundary;
use super::relation::Attribute;
use super::tuple::Value;

/// The order of one column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnOrder {
    type_oid: pg_sys::Oid,
    collation: pg_sys::Oid,
}

impl ColumnOrder {
    /// None where the type has no order.
    pub(crate) fn of(column: &Attribute) -> Option<Self> {
        let type_oid = column.base_type();
        comparison(type_oid).map(|_| Self {
            type_oid,
            collation: column.collation,
        })
    }

    /// The largest first, and NULLs last all the same.
    pub(crate) fn compare_downwards(self, one: Value<'_>, other: Value<'_>) -> Ordering {
        if one.is_null() || other.is_null() {
            return self.compare(one, other);
        }
        self.compare(other, one)
    }

    pub(crate) fn compare(self, one: Value<'_>, other: Value<'_>) -> Ordering {
        if one.is_null() || other.is_null() {
            return one.is_null().cmp(&other.is_null());
        }
        let Some(function) = comparison(self.type_oid) else {
            return Ordering::Equal;
        };
        let (one, other) = (one.datum(), other.datum());
        // SAFETY: the function takes two values of the type, and gives an integer.
        let difference = boundary::call(|| unsafe {
            raw::FunctionCall2Coll(function, self.collation, one, other)
        });
        (difference.value() as i32).cmp(&0)
    }
}

/// The function by which a btree compares values of the type.
fn comparison(type_oid: pg_sys::Oid) -> Option<*mut pg_sys::FmgrInfo> {
    // SAFETY: an entry of the type cache is never freed.
    boundary::call(|| unsafe {
        let entry = pg_sys::lookup_type_cache(
            type_oid,
            pg_sys::TYPECACHE_CMP_PROC_FINFO as core::ffi::c_int,
        );
        let function = &raw mut (*entry).cmp_proc_finfo;
        ((*function).fn_oid != pg_sys::InvalidOid).then_some(function)
    })
}

/// The function whose errors have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn FunctionCall2Coll(
            function: *mut pg_sys::FmgrInfo,
            collation: pg_sys::Oid,
            one: pg_sys::Datum,
            other: pg_sys::Datum,
        ) -> pg_sys::Datum;
    }
}
