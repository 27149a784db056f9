//! Rows as triggers see them, and the values in them.

use std::marker::PhantomData;

use pgrx::pg_sys;

use super::boundary;
use super::text;

/// A value of some column, valid as long as the row that it was read from.
#[derive(Clone, Copy)]
pub(crate) struct Value<'row> {
    datum: pg_sys::Datum,
    null: bool,
    row: PhantomData<&'row ()>,
}

impl Value<'_> {
    /// The NULL of any type.
    pub(crate) const NULL: Self = Self {
        datum: pg_sys::Datum::null(),
        null: true,
        row: PhantomData,
    };

    /// An integer of eight bytes.
    pub(crate) fn bigint(integer: i64) -> Self {
        Self::from_datum(pg_sys::Datum::from(integer))
    }

    /// An oid.
    pub(crate) fn oid(oid: pg_sys::Oid) -> Self {
        Self::from_datum(pg_sys::Datum::from(oid))
    }

    /// A text, given in the database's encoding. It lives as long as the trigger runs.
    pub(crate) fn text(bytes: &[u8]) -> Self {
        Self::from_datum(text::of_bytes(bytes))
    }

    /// An integer of two bytes.
    pub(crate) fn smallint(integer: i16) -> Self {
        Self::from_datum(pg_sys::Datum::from(integer))
    }

    /// An integer of four bytes.
    pub(crate) fn integer(integer: i32) -> Self {
        Self::from_datum(pg_sys::Datum::from(integer))
    }

    pub(crate) fn boolean(value: bool) -> Self {
        Self::from_datum(pg_sys::Datum::from(value))
    }

    /// Reads a boolean; the column has to be of that type.
    pub(crate) fn is_true(self) -> bool {
        !self.null && self.datum.value() & 0xFF != 0
    }

    /// Reads an integer of two bytes; the column has to be of that type.
    pub(crate) fn as_smallint(self) -> i16 {
        self.datum.value() as i16
    }

    /// Reads an integer of four bytes; the column has to be of that type.
    pub(crate) fn as_integer(self) -> i32 {
        self.datum.value() as i32
    }

    /// An array of texts. It lives as long as the trigger runs.
    pub(crate) fn texts(texts: &[String]) -> Self {
        Self::from_datum(text::make_array(texts))
    }

    /// Reads an integer of eight bytes; the column has to be of that type.
    pub(crate) fn as_bigint(self) -> i64 {
        self.datum.value() as i64
    }

    /// Reads a boolean; the column has to be of that type.
    pub(crate) fn as_boolean(self) -> bool {
        !self.null && self.datum.value() & 0xFF != 0
    }

    /// Reads a timestamp, in microseconds as PostgreSQL counts them; the column has to be of that type.
    pub(crate) fn as_timestamp(self) -> Option<i64> {
        (!self.null).then(|| self.datum.value() as i64)
    }

    /// Reads a number of type double precision; the column has to be of that type.
    pub(crate) fn as_double(self) -> Option<f64> {
        (!self.null).then(|| f64::from_bits(self.datum.value() as u64))
    }

    /// Reads a text; the column has to be of that type.
    pub(crate) fn as_text(self) -> Option<String> {
        if self.null {
            return None;
        }
        // SAFETY: the value of a text column, which is not NULL.
        Some(unsafe { text::read(self.datum) })
    }

    /// The text of a value of that type, under settings that do not depend on the session.
    pub(crate) fn shown_as(self, type_oid: pg_sys::Oid) -> std::ffi::CString {
        let datum = self.datum;
        super::output_settings::pinned(|| {
            // SAFETY: the type's own output function is called with a value of the type; it returns a C string,
            // which is copied.
            boundary::call(|| unsafe {
                let mut function = pg_sys::InvalidOid;
                let mut is_varlena = false;
                pg_sys::getTypeOutputInfo(type_oid, &raw mut function, &raw mut is_varlena);
                let text = pg_sys::OidOutputFunctionCall(function, datum);
                std::ffi::CStr::from_ptr(text).to_owned()
            })
        })
    }

    /// The bytes of a value of variable length; the column has to be of type text or bytea.
    pub(crate) fn as_bytes(self) -> Option<Vec<u8>> {
        if self.null {
            return None;
        }
        // SAFETY: the value is a varlena.
        Some(unsafe { text::bytes(self.datum) }.into())
    }

    /// A value that is passed by value, or that lives as long as the statement.
    pub(super) const fn from_datum(datum: pg_sys::Datum) -> Self {
        Self {
            datum,
            null: false,
            row: PhantomData,
        }
    }

    pub(crate) const fn is_null(self) -> bool {
        self.null
    }

    pub(super) const fn datum(self) -> pg_sys::Datum {
        self.datum
    }
}

/// A row that a trigger was handed, or that it made.
#[derive(Clone, Copy)]
pub(crate) struct Row<'trigger> {
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    trigger: PhantomData<&'trigger ()>,
}

impl<'trigger> Row<'trigger> {
    /// # Safety
    /// `tuple` has to be a row of `descriptor`, and both have to live as long as the trigger runs.
    pub(super) unsafe fn new(tuple: pg_sys::HeapTuple, descriptor: pg_sys::TupleDesc) -> Self {
        Self {
            tuple,
            descriptor,
            trigger: PhantomData,
        }
    }

    pub(super) const fn tuple(self) -> pg_sys::HeapTuple {
        self.tuple
    }

    /// True where the current transaction made this row version; perhaps also where it is so old that its
    /// maker's number is in use again.
    pub(crate) fn is_of_this_transaction(self) -> bool {
        // SAFETY: a stored row has a header.
        unsafe {
            let maker = (*(*self.tuple).t_data).t_choice.t_heap.t_xmin;
            raw::TransactionIdIsCurrentTransactionId(maker)
        }
    }

    /// The command that made this row version, where the current transaction did.
    pub(crate) fn command(self) -> Option<u32> {
        // SAFETY: a stored row has a header; its command is asked for only where it is of this transaction.
        self.is_of_this_transaction()
            .then(|| unsafe { pg_sys::HeapTupleHeaderGetCmin((*self.tuple).t_data) })
    }

    /// True where another transaction made this row version and has committed it, unless the row was deleted
    /// since. A version that was replaced counts: whoever reads all versions while they change may have
    /// passed the new one before it was committed.
    pub(crate) fn is_of_another_commit(self) -> bool {
        // SAFETY: a stored row has a header and knows where it is stored; the functions look up the state of
        // transactions.
        unsafe {
            let header = &*(*self.tuple).t_data;
            let has = |flag: u32| u32::from(header.t_infomask) & flag != 0;
            let maker = header.t_choice.t_heap.t_xmin;
            if !has(pg_sys::HEAP_XMIN_COMMITTED) && !is_of_another_commit(maker) {
                return false;
            }
            let locked_only = has(pg_sys::HEAP_XMAX_LOCK_ONLY);
            if has(pg_sys::HEAP_XMAX_INVALID) || locked_only || has(pg_sys::HEAP_XMAX_IS_MULTI) {
                return true;
            }
            let was_replaced = header.t_ctid.ip_posid != (*self.tuple).t_self.ip_posid
                || header.t_ctid.ip_blkid.bi_lo != (*self.tuple).t_self.ip_blkid.bi_lo
                || header.t_ctid.ip_blkid.bi_hi != (*self.tuple).t_self.ip_blkid.bi_hi;
            was_replaced || !is_of_another_commit(header.t_choice.t_heap.t_xmax)
        }
    }

    /// The value of the column with that number.
    pub(crate) fn value(self, number: i16) -> Value<'trigger> {
        let mut null = false;
        // SAFETY: row and descriptor belong together; a number without a column gives NULL.
        let datum = unsafe {
            raw::SPI_getbinval(
                self.tuple,
                self.descriptor,
                i32::from(number),
                &raw mut null,
            )
        };
        Value {
            datum,
            null,
            row: PhantomData,
        }
    }

    /// The same row with another value in one column.
    pub(crate) fn with(self, number: i16, value: Value<'_>) -> Self {
        let mut number = i32::from(number);
        let mut datum = value.datum;
        let mut null = value.null;
        // SAFETY: row and descriptor belong together, and one number, value and flag are given. The
        // new row is allocated in the context that the trigger was called in.
        let tuple = unsafe {
            pg_sys::heap_modify_tuple_by_cols(
                self.tuple,
                self.descriptor,
                1,
                &raw mut number,
                &raw mut datum,
                &raw mut null,
            )
        };
        Self { tuple, ..self }
    }

    /// The same row with other values in some columns.
    pub(crate) fn with_all(self, values: &[(i16, Value<'_>)]) -> Self {
        let mut numbers: Vec<i32> = values
            .iter()
            .map(|(number, _)| i32::from(*number))
            .collect();
        let mut datums: Vec<pg_sys::Datum> = values.iter().map(|(_, value)| value.datum).collect();
        let mut nulls: Vec<bool> = values.iter().map(|(_, value)| value.null).collect();
        // SAFETY: row and descriptor belong together, and there are as many numbers, values and flags. The
        // new row is allocated in the context that the trigger was called in.
        let tuple = unsafe {
            pg_sys::heap_modify_tuple_by_cols(
                self.tuple,
                self.descriptor,
                values.len() as i32,
                numbers.as_mut_ptr(),
                datums.as_mut_ptr(),
                nulls.as_mut_ptr(),
            )
        };
        Self { tuple, ..self }
    }

    /// True where one column holds the same bytes in both rows (or is NULL in both).
    pub(crate) fn agrees_in(self, other: Self, number: i16) -> bool {
        let index = usize::try_from(number - 1).unwrap_or_default();
        self.same_value(index, self.value(number), other.value(number))
    }

    /// True where all columns but `except`, and but the generated ones, hold the same bytes in both
    /// rows. A generated column follows from the others, and a BEFORE trigger runs before it is
    /// computed.
    pub(crate) fn agrees_except(self, other: Self, except: i16) -> bool {
        let (mine, others) = (self.values(), other.values());
        (0..mine.len()).all(|index| {
            // SAFETY: the index is below the number of the descriptor's attributes.
            let form = unsafe { attribute_form(self.descriptor, index) };
            let ignored = form.attisdropped || form.attgenerated != 0 || form.attnum == except;
            ignored || self.same_value(index, mine[index], others[index])
        })
    }

    /// All values at once: reading them one by one walks the row from its start each time.
    pub(crate) fn values(self) -> Vec<Value<'trigger>> {
        // SAFETY: the descriptor is valid; both arrays have one place for each of its attributes.
        unsafe {
            let count = usize::try_from((*self.descriptor).natts).unwrap_or_default();
            let mut datums = vec![pg_sys::Datum::null(); count];
            let mut nulls = vec![true; count];
            pg_sys::heap_deform_tuple(
                self.tuple,
                self.descriptor,
                datums.as_mut_ptr(),
                nulls.as_mut_ptr(),
            );
            datums
                .into_iter()
                .zip(nulls)
                .map(|(datum, null)| Value {
                    datum,
                    null,
                    row: PhantomData,
                })
                .collect()
        }
    }

    fn same_value(self, index: usize, mine: Value<'_>, other: Value<'_>) -> bool {
        if mine.null || other.null {
            return mine.null == other.null;
        }
        // SAFETY: the index is that of an attribute, and both values are of its type. Values out of
        // line or compressed are read whole before they are compared.
        unsafe {
            let form = attribute_form(self.descriptor, index);
            boundary::call(|| same_image(mine.datum, other.datum, form.attbyval, form.attlen))
        }
    }
}

/// True where two values of a type are stored as the same bytes, once they are read whole.
///
/// # Safety
/// Both have to be values of a type with that way of storage. To be called within `boundary::call`.
pub(super) unsafe fn same_image(
    one: pg_sys::Datum,
    other: pg_sys::Datum,
    by_value: bool,
    length: i16,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe { raw::datum_image_eq(one, other, by_value, i32::from(length)) }
}

/// True for a transaction that is not the current one and has committed.
fn is_of_another_commit(transaction: pg_sys::TransactionId) -> bool {
    // SAFETY: looks up the state of a transaction whose number stands in a row. It has to be asked first
    // whether it is still under way, as `heapam_visibility.c` explains.
    unsafe {
        !pg_sys::TransactionIdIsCurrentTransactionId(transaction)
            && !pg_sys::TransactionIdIsInProgress(transaction)
            && pg_sys::TransactionIdDidCommit(transaction)
    }
}

/// What the catalog says of one column.
///
/// # Safety
/// The descriptor has to be valid and to have more than `index` attributes.
#[cfg(not(feature = "pg18"))]
pub(super) unsafe fn attribute_form<'a>(
    descriptor: pg_sys::TupleDesc,
    index: usize,
) -> &'a pg_sys::FormData_pg_attribute {
    // SAFETY: the caller's promise.
    unsafe { &*(*descriptor).attrs.as_ptr().add(index) }
}

/// What the catalog says of one column.
///
/// # Safety
/// The descriptor has to be valid and to have more than `index` attributes.
#[cfg(feature = "pg18")]
pub(super) unsafe fn attribute_form<'a>(
    descriptor: pg_sys::TupleDesc,
    index: usize,
) -> &'a pg_sys::FormData_pg_attribute {
    // SAFETY: the caller's promise.
    unsafe { &*pg_sys::TupleDescAttr(descriptor, index as i32) }
}

/// Functions that pgrx does not bind, whose errors have to keep all their fields, or that only read what is
/// at hand, never raise, and are called too often to pass pgrx' boundary.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn TransactionIdIsCurrentTransactionId(
            transaction: pg_sys::TransactionId,
        ) -> bool;
        pub(super) fn SPI_getbinval(
            tuple: pg_sys::HeapTuple,
            descriptor: pg_sys::TupleDesc,
            number: i32,
            is_null: *mut bool,
        ) -> pg_sys::Datum;
        pub(super) fn datum_image_eq(
            one: pg_sys::Datum,
            other: pg_sys::Datum,
            by_value: bool,
            length: i32,
        ) -> bool;
    }
}
