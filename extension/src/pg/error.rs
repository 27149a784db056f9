//! The one place where errors are made and raised: SQLSTATE, message, DETAIL, HINT, and the schema,
//! table, column and constraint fields that drivers expose.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::panic::{Location, panic_any};
use std::ptr;

use pgrx::{PgLogLevel, pg_sys};

use super::boundary;
use super::encoding;
use super::relation::Relation;

/// A condition's five-character code, packed as PostgreSQL packs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SqlState(i32);

impl SqlState {
    /// 01000: what the caller should know.
    pub(crate) const WARNING: Self = Self::new(*b"01000");
    /// 0A000: called where it cannot work.
    pub(crate) const FEATURE_NOT_SUPPORTED: Self = Self::new(*b"0A000");
    /// 22003: a number that is too large, or too finely divided.
    pub(crate) const NUMERIC_VALUE_OUT_OF_RANGE: Self = Self::new(*b"22003");
    /// 22023: an argument whose value makes no sense.
    pub(crate) const INVALID_PARAMETER_VALUE: Self = Self::new(*b"22023");
    /// 23502: NULL where a value has to be.
    pub(crate) const NOT_NULL_VIOLATION: Self = Self::new(*b"23502");
    /// 23514: a rule of ours is violated, as a CHECK would be.
    pub(crate) const CHECK_VIOLATION: Self = Self::new(*b"23514");
    /// 25000: not in this state of the transaction.
    pub(crate) const INVALID_TRANSACTION_STATE: Self = Self::new(*b"25000");
    /// 25P01: outside a transaction block.
    pub(crate) const NO_ACTIVE_SQL_TRANSACTION: Self = Self::new(*b"25P01");
    /// 28000: a token that proves nothing.
    pub(crate) const INVALID_AUTHORIZATION: Self = Self::new(*b"28000");
    /// 39P01: a trigger function that was called in a way it is not made for.
    pub(crate) const TRIGGER_PROTOCOL_VIOLATED: Self = Self::new(*b"39P01");
    /// 3F000: no such schema.
    pub(crate) const INVALID_SCHEMA_NAME: Self = Self::new(*b"3F000");
    /// 40001: retry the transaction.
    pub(crate) const SERIALIZATION_FAILURE: Self = Self::new(*b"40001");
    /// P0002: no such row, or none that the caller may see.
    pub(crate) const NO_DATA_FOUND: Self = Self::new(*b"P0002");
    /// 42501: not the owner, or another right is missing.
    pub(crate) const INSUFFICIENT_PRIVILEGE: Self = Self::new(*b"42501");
    /// 42703: no such column.
    pub(crate) const UNDEFINED_COLUMN: Self = Self::new(*b"42703");
    /// 42704: no such object.
    pub(crate) const UNDEFINED_OBJECT: Self = Self::new(*b"42704");
    /// 42P07: there is another relation of that name.
    pub(crate) const DUPLICATE_TABLE: Self = Self::new(*b"42P07");
    /// 42710: there is another object of that name.
    pub(crate) const DUPLICATE_OBJECT: Self = Self::new(*b"42710");
    /// 42809: an object or a column of the wrong kind.
    pub(crate) const WRONG_OBJECT_TYPE: Self = Self::new(*b"42809");
    /// 55000: an object is not in the state that the operation needs.
    pub(crate) const OBJECT_NOT_IN_PREREQUISITE_STATE: Self = Self::new(*b"55000");
    /// F0000: a setting, or a file that it names, is wrong.
    pub(crate) const CONFIG_FILE_ERROR: Self = Self::new(*b"F0000");
    /// XX000: a fault of this extension.
    pub(crate) const INTERNAL_ERROR: Self = Self::new(*b"XX000");

    /// Six bits a character, the first in the lowest bits (`MAKE_SQLSTATE`).
    const fn new(code: [u8; 5]) -> Self {
        let mut packed = 0;
        let mut position = 0;
        while position < code.len() {
            packed |= (((code[position] - b'0') & 0x3F) as i32) << (6 * position);
            position += 1;
        }
        Self(packed)
    }

    pub(super) const fn packed(code: i32) -> Self {
        Self(code)
    }

    /// True for a condition of that class: the first two characters.
    pub(crate) const fn is_of_class(self, class: [u8; 2]) -> bool {
        let [first, second] = class;
        // As `ERRCODE_TO_CATEGORY` has it: the lowest twelve bits.
        self.0 & 0xFFF == Self::new([first, second, b'0', b'0', b'0']).0 & 0xFFF
    }

    /// True for a number of class 23, of constraints that are violated.
    pub(super) const fn is_integrity_violation(number: i32) -> bool {
        const CLASS: i32 = (1 << 12) - 1;
        number & CLASS == Self::new(*b"23000").0 & CLASS
    }

    pub(super) const fn from_pgrx(code: pgrx::PgSqlErrorCode) -> Self {
        Self(code as i32)
    }
}

/// An error in the making.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    state: SqlState,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    schema: Option<String>,
    table: Option<String>,
    column: Option<String>,
    constraint: Option<String>,
    source: &'static Location<'static>,
}

impl Report {
    #[track_caller]
    pub(crate) fn new(state: SqlState, message: impl Into<String>) -> Self {
        Self {
            state,
            message: message.into(),
            detail: None,
            hint: None,
            schema: None,
            table: None,
            column: None,
            constraint: None,
            source: Location::caller(),
        }
    }

    /// Facts that help to understand the message.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// What the reader can do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The table that the error is about, for the fields that drivers expose.
    pub(crate) fn table(mut self, relation: &Relation) -> Self {
        self.schema = Some(relation.schema());
        self.table = Some(relation.name());
        self
    }

    /// The column that the error is about, for the field that drivers expose.
    pub(crate) fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// The rule that is violated, for the field that drivers expose.
    pub(crate) fn constraint(mut self, name: impl Into<String>) -> Self {
        self.constraint = Some(name.into());
        self
    }

    pub(super) fn summary(&self) -> (SqlState, String) {
        (self.state, self.message.clone())
    }

    /// Ends the statement with this error.
    pub(crate) fn raise(self) -> ! {
        panic_any(self)
    }

    /// Tells the client and goes on.
    pub(crate) fn notice(&self) {
        self.send(PgLogLevel::NOTICE);
    }

    /// Warns the client, and the server's log, and goes on.
    pub(crate) fn warning(&self) {
        self.send(PgLogLevel::WARNING);
    }

    fn send(&self, level: PgLogLevel) {
        let error = self.to_error_data();
        // SAFETY: `to_error_data` returns a pointer to memory that nothing else refers to yet.
        unsafe { (*error).elevel = level as i32 };
        boundary::send(error);
    }

    /// The error as PostgreSQL holds it, in memory that the end of the transaction frees.
    pub(super) fn to_error_data(&self) -> *mut pg_sys::ErrorData {
        // SAFETY: MemoryContextAllocZero gives zeroed memory of the asked size, and ErrorData is a
        // plain C struct for which all zeroes is a valid value. The strings are copied into the
        // same context.
        unsafe {
            let context = pg_sys::CurTransactionContext;
            let error: *mut pg_sys::ErrorData =
                pg_sys::MemoryContextAllocZero(context, size_of::<pg_sys::ErrorData>()).cast();
            (*error).elevel = PgLogLevel::ERROR as i32;
            (*error).sqlerrcode = self.state.0;
            (*error).output_to_client = true;
            (*error).filename = source_file(self.source.file()).as_ptr();
            (*error).lineno = i32::try_from(self.source.line()).unwrap_or_default();
            (*error).funcname = c"steward".as_ptr();
            (*error).message = copy(Some(&self.message));
            (*error).detail = copy(self.detail.as_ref());
            (*error).hint = copy(self.hint.as_ref());
            (*error).schema_name = copy(self.schema.as_ref());
            (*error).table_name = copy(self.table.as_ref());
            (*error).column_name = copy(self.column.as_ref());
            (*error).constraint_name = copy(self.constraint.as_ref());
            (*error).assoc_context = context;
            error
        }
    }
}

/// A file's name as PostgreSQL keeps it in an error: by pointer, for as long as it likes. There are only
/// as many as this extension has source files, so each is kept for good.
fn source_file(name: &'static str) -> &'static CStr {
    thread_local! {
        static NAMES: RefCell<HashMap<&'static str, &'static CStr>> = RefCell::default();
    }
    NAMES.with_borrow_mut(|names| {
        *names
            .entry(name)
            .or_insert_with(|| Box::leak(CString::new(name).unwrap_or_default().into_boxed_c_str()))
    })
}

/// A copy in memory of PostgreSQL, which reads C strings: a NUL byte would cut it short.
fn copy(text: Option<&String>) -> *mut core::ffi::c_char {
    let Some(text) = text else {
        return ptr::null_mut();
    };
    let text = encoding::encode_somehow(&text.replace('\0', "\\0"));
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: the string ends in NUL and is copied.
    unsafe { pg_sys::MemoryContextStrdup(pg_sys::CurTransactionContext, text.as_ptr()) }
}
