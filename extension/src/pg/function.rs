//! How SQL calls our functions.
//!
//! A function is declared with [`sql_function!`] and a Rust function from [`Arguments`] to something
//! that can be [`Returned`]. The SQL declaration beside it (`create function … language c`) is
//! written by hand, so that what `\df+` shows is what the source says.

use pgrx::{FromDatum, IntoDatum, pg_sys};

use super::boundary;
use super::error::{Report, SqlState};
use super::text;

/// The arguments of one call, by position from 0.
pub(crate) struct Arguments {
    info: pg_sys::FunctionCallInfo,
}

impl Arguments {
    /// The argument at `position`, or none where it is NULL.
    pub(crate) fn optional<T: Argument>(&self, position: usize) -> Option<T> {
        // SAFETY: `info` lives through the call, and the SQL declaration gives the argument the type
        // that the caller asks for.
        unsafe { pgrx::pg_getarg_datum(self.info, position).map(|datum| T::read(datum)) }
    }

    /// The text of the argument at `position`, whatever type it is declared with, or 22023 where it is
    /// NULL.
    pub(crate) fn required_text(&self, position: usize, name: &str) -> String {
        self.optional_text(position)
            .unwrap_or_else(|| must_not_be_null(name))
    }

    /// The text of the argument at `position`, whatever type it is declared with, or none where it is NULL.
    pub(crate) fn optional_text(&self, position: usize) -> Option<String> {
        let number = i32::try_from(position).unwrap_or(i32::MAX);
        // SAFETY: `info` lives through the call; the value is shown by the output function of the type
        // that the call gives it.
        unsafe {
            let argument_type = pg_sys::get_fn_expr_argtype((*self.info).flinfo, number);
            pgrx::pg_getarg_datum(self.info, position).map(|datum| {
                let mut function = pg_sys::InvalidOid;
                let mut is_varlena = false;
                pg_sys::getTypeOutputInfo(argument_type, &raw mut function, &raw mut is_varlena);
                super::name::read(pg_sys::OidOutputFunctionCall(function, datum))
            })
        }
    }

    /// The argument at `position`, or 22023 where it is NULL.
    pub(crate) fn required<T: Argument>(&self, position: usize, name: &str) -> T {
        self.optional(position)
            .unwrap_or_else(|| must_not_be_null(name))
    }
}

/// A type that a function can take.
pub(crate) trait Argument {
    /// Reads a value that is not NULL.
    ///
    /// # Safety
    /// `datum` has to be a value of the SQL type.
    unsafe fn read(datum: pg_sys::Datum) -> Self;
}

/// The types that hold no text, which pgrx reads.
macro_rules! taken_by_value {
    ($($rust:ty, $sql:literal;)*) => {$(
        #[doc = concat!("`", $sql, "`.")]
        impl Argument for $rust {
            unsafe fn read(datum: pg_sys::Datum) -> Self {
                // SAFETY: the caller's promise.
                unsafe { FromDatum::from_datum(datum, false) }.unwrap_or_default()
            }
        }
    )*};
}

taken_by_value! {
    bool, "boolean";
    i32, "integer";
    i64, "bigint` or `timestamptz";
    pg_sys::Oid, "regclass";
}

/// `text`.
impl Argument for String {
    unsafe fn read(datum: pg_sys::Datum) -> Self {
        // SAFETY: the caller's promise.
        unsafe { text::read(datum) }
    }
}

/// `text[]`.
impl Argument for Vec<Option<String>> {
    unsafe fn read(datum: pg_sys::Datum) -> Self {
        // SAFETY: the caller's promise.
        unsafe { text::read_array(datum) }
    }
}

fn must_not_be_null(argument: &str) -> ! {
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("argument \"{argument}\" must not be NULL"),
    )
    .raise()
}

/// What a function can give back to SQL.
pub(crate) trait Returned {
    /// The value, or none for NULL, for the call that `info` describes.
    fn into_datum(self, info: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum>;
}

/// `returns void`.
impl Returned for () {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        Some(pg_sys::Datum::null())
    }
}

/// The types that hold no text, whose values pgrx turns into PostgreSQL's.
macro_rules! returned_by_value {
    ($($rust:ty, $sql:literal;)*) => {$(
        #[doc = concat!("`returns ", $sql, "`.")]
        impl Returned for $rust {
            fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
                IntoDatum::into_datum(self)
            }
        }
    )*};
}

returned_by_value! {
    bool, "boolean";
    i32, "integer";
    i64, "bigint";
    pg_sys::Oid, "regclass";
}

/// Bytes in the database's encoding.
#[derive(Clone, Debug)]
pub(crate) struct ServerText(pub(crate) Vec<u8>);

/// The bytes of a UUID.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uuid(pub(crate) [u8; 16]);

/// The text of a JSON value, for `returns jsonb`.
#[derive(Clone, Debug)]
pub(crate) struct Json(pub(crate) String);

/// `returns jsonb`.
impl Returned for Option<Json> {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        let text = super::name::c_string(&self?.0);
        let source = text.as_ptr().cast_mut();
        // SAFETY: the input function of jsonb is called with a C string that lives through the call.
        Some(boundary::call(|| unsafe {
            let function = pg_sys::Oid::from(pg_sys::F_JSONB_IN);
            pg_sys::OidInputFunctionCall(function, source, pg_sys::InvalidOid, -1)
        }))
    }
}

/// `returns text`.
impl Returned for &str {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        Some(text::make(self))
    }
}

/// `returns text`.
impl Returned for String {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        Some(text::make(&self))
    }
}

/// `returns text`.
impl Returned for Option<String> {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        self.map(|answer| text::make(&answer))
    }
}

/// Bytes in the database's encoding, for `returns text`.
impl Returned for Option<ServerText> {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        self.map(|text| text::of_bytes(&text.0))
    }
}

/// `returns bigint`.
impl Returned for Option<i64> {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        self.and_then(IntoDatum::into_datum)
    }
}

/// `returns uuid`.
impl Returned for Option<Uuid> {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        let Uuid(bytes) = self?;
        // SAFETY: room for a uuid, in the memory that the answers of functions are in.
        let uuid = boundary::call(|| unsafe { raw::palloc(bytes.len()) });
        // SAFETY: as many bytes as there is room for.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), uuid.cast(), bytes.len()) };
        Some(pg_sys::Datum::from(uuid))
    }
}

/// `returns text[]`.
impl Returned for Option<Vec<String>> {
    fn into_datum(self, _: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
        self.map(|texts| text::make_array(&texts))
    }
}

/// Runs the body of an SQL function.
///
/// # Safety
/// To be called by PostgreSQL only, from a frame without destructors.
pub(crate) unsafe fn answer<T: Returned>(
    info: pg_sys::FunctionCallInfo,
    body: fn(&Arguments) -> T,
) -> pg_sys::Datum {
    // SAFETY: the caller's promise.
    unsafe {
        boundary::enter(|| {
            refuse_parallel_mode();
            let datum = body(&Arguments { info }).into_datum(info);
            (*info).isnull = datum.is_none();
            datum.unwrap_or(pg_sys::Datum::null())
        })
    }
}

/// Runs the body of an SQL function that is right in a parallel worker too.
///
/// # Safety
/// As [`answer`].
pub(crate) unsafe fn answer_anywhere<T: Returned>(
    info: pg_sys::FunctionCallInfo,
    body: fn(&Arguments) -> T,
) -> pg_sys::Datum {
    // SAFETY: the caller's promise.
    unsafe {
        boundary::enter(|| {
            let datum = body(&Arguments { info }).into_datum(info);
            (*info).isnull = datum.is_none();
            datum.unwrap_or(pg_sys::Datum::null())
        })
    }
}

/// The functions are not parallel safe; one that calls them can be declared so all the same.
fn refuse_parallel_mode() {
    // SAFETY: reads the state of the transaction.
    if unsafe { pg_sys::IsInParallelMode() } {
        Report::new(
            SqlState::INVALID_TRANSACTION_STATE,
            "functions of steward cannot be called in a parallel query",
        )
        .hint("Declare the function that calls them PARALLEL UNSAFE.")
        .raise()
    }
}

/// Declares the C function `$symbol` that SQL calls, with the body `$body`.
macro_rules! sql_function {
    ($symbol:ident, $body:path) => {
        $crate::pg::function::c_function!($symbol, |info| $crate::pg::function::answer(
            info, $body
        ));
    };
}
pub(crate) use sql_function;

/// The same for a function that is PARALLEL SAFE.
macro_rules! parallel_safe_function {
    ($symbol:ident, $body:path) => {
        $crate::pg::function::c_function!($symbol, |info| {
            $crate::pg::function::answer_anywhere(info, $body)
        });
    };
}
pub(crate) use parallel_safe_function;

/// Declares a version-1 C function under the name `$symbol`, with the record that says so.
macro_rules! c_function {
    ($symbol:ident, |$info:ident| $call:expr) => {
        const _: () = {
            #[unsafe(export_name = stringify!($symbol))]
            extern "C-unwind" fn call(
                $info: ::pgrx::pg_sys::FunctionCallInfo,
            ) -> ::pgrx::pg_sys::Datum {
                // SAFETY: PostgreSQL calls it, and this frame holds nothing with a destructor.
                unsafe { $call }
            }

            #[unsafe(export_name = concat!("pg_finfo_", stringify!($symbol)))]
            extern "C" fn record() -> *const ::pgrx::pg_sys::Pg_finfo_record {
                static VERSION: ::pgrx::pg_sys::Pg_finfo_record =
                    ::pgrx::pg_sys::Pg_finfo_record { api_version: 1 };
                &raw const VERSION
            }
        };
    };
}
pub(crate) use c_function;

/// What is called too often to pass two boundaries.
mod raw {
    use std::ffi::c_void;

    unsafe extern "C-unwind" {
        pub(super) fn palloc(size: usize) -> *mut c_void;
    }
}
