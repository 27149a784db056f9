//! A value that outlives the row that it was read from.

use pgrx::pg_sys;

use super::boundary;
use super::relation::Attribute;
use super::tuple::{Row, Value};

/// A column whose values are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptColumn {
    number: i16,
    length: i16,
    by_value: bool,
}

/// The value, in memory of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeptValue {
    Null,
    Word(usize),
    /// At the alignment that the widest type needs; what follows the value's own bytes is zero.
    Bytes(Box<[u64]>),
}

impl KeptColumn {
    pub(crate) fn of(attribute: &Attribute) -> Self {
        let (mut length, mut by_value) = (0, false);
        // SAFETY: a look-up in the catalog caches for a type that a column has.
        unsafe {
            pg_sys::get_typlenbyval(attribute.type_oid, &raw mut length, &raw mut by_value);
        }
        Self {
            number: attribute.number,
            length,
            by_value,
        }
    }

    pub(crate) const fn number(self) -> i16 {
        self.number
    }

    /// The value of the column in a row.
    pub(crate) fn read(self, row: Row<'_>) -> KeptValue {
        let value = row.value(self.number);
        if value.is_null() {
            return KeptValue::Null;
        }
        let datum = value.datum();
        if self.by_value {
            return KeptValue::Word(datum.value());
        }
        // SAFETY: the value is of the column's type, whose length says how it is stored; one of variable length
        // is read whole before its bytes are copied.
        unsafe {
            let (start, size) = if self.length == -1 {
                let whole = boundary::call(|| pg_sys::pg_detoast_datum(datum.cast_mut_ptr()));
                (whole.cast::<u8>(), pgrx::varlena::varsize_any(whole.cast()))
            } else {
                let size = usize::try_from(self.length).unwrap_or_default();
                (datum.cast_mut_ptr::<u8>(), size)
            };
            let mut bytes = vec![0_u64; size.div_ceil(size_of::<u64>())].into_boxed_slice();
            std::ptr::copy_nonoverlapping(start, bytes.as_mut_ptr().cast::<u8>(), size);
            KeptValue::Bytes(bytes)
        }
    }
}

impl KeptValue {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::NULL,
            Self::Word(word) => Value::from_datum(pg_sys::Datum::from(*word)),
            Self::Bytes(bytes) => Value::from_datum(pg_sys::Datum::from(bytes.as_ptr().cast_mut())),
        }
    }
}
