//! Whether two values of a column are the same, by the equality of the column's own type: `1.0` and
//! `1.00` are the same number, and under a nondeterministic collation two texts may be.

use pgrx::pg_sys;

use super::boundary;
use super::relation::Attribute;
use super::tuple::{Value, same_image};

/// The equality of one column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equality {
    type_oid: pg_sys::Oid,
    collation: pg_sys::Oid,
    by_value: bool,
    length: i16,
}

impl Equality {
    pub(crate) fn of(column: &Attribute) -> Self {
        let (mut length, mut by_value) = (0, false);
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        unsafe {
            pg_sys::get_typlenbyval(column.type_oid, &raw mut length, &raw mut by_value);
        }
        Self {
            type_oid: column.type_oid,
            collation: column.collation,
            by_value,
            length,
        }
    }

    /// True where both are the same value, or both are NULL. A type without equality (`json`, `point`) is
    /// compared by its bytes.
    pub(crate) fn holds(self, one: Value<'_>, other: Value<'_>) -> bool {
        if one.is_null() || other.is_null() {
            return one.is_null() == other.is_null();
        }
        // SAFETY: both are values of the type. A value that is stored out of line and was left alone is the
        // same pointer in both rows: it is not fetched to find that out.
        let stored_alike = unsafe { self.is_stored_alike(one.datum(), other.datum()) };
        stored_alike || self.is_equal(one, other)
    }

    unsafe fn is_stored_alike(self, one: pg_sys::Datum, other: pg_sys::Datum) -> bool {
        if self.by_value {
            return one == other;
        }
        // SAFETY: the caller's promise; a type's length says how its values are stored, and no column holds
        // C strings.
        unsafe {
            let size = |datum: pg_sys::Datum| {
                usize::try_from(self.length)
                    .unwrap_or_else(|_| pgrx::varlena::varsize_any(datum.cast_mut_ptr()))
            };
            let bytes = |datum: pg_sys::Datum| {
                std::slice::from_raw_parts(datum.cast_mut_ptr::<u8>(), size(datum))
            };
            bytes(one) == bytes(other)
        }
    }

    fn is_equal(self, one: Value<'_>, other: Value<'_>) -> bool {
        let (one, other) = (one.datum(), other.datum());
        // SAFETY: an entry of the type cache is never freed; its function takes two values of the type.
        boundary::call(|| unsafe {
            let entry = pg_sys::lookup_type_cache(
                self.type_oid,
                pg_sys::TYPECACHE_EQ_OPR_FINFO as core::ffi::c_int,
            );
            let equality = &raw mut (*entry).eq_opr_finfo;
            if (*equality).fn_oid == pg_sys::InvalidOid {
                return same_image(one, other, self.by_value, self.length);
            }
            raw::FunctionCall2Coll(equality, self.collation, one, other).value() != 0
        })
    }
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
