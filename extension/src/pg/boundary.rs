//! Where PostgreSQL's way of failing (`siglongjmp`) meets Rust's (unwinding).
//!
//! pgrx has such a boundary around every function it binds. It keeps an error's message, DETAIL and
//! HINT but drops the schema, table, column and constraint fields and the inner CONTEXT, and with
//! `RUST_BACKTRACE` set it adds a backtrace to DETAIL. Our errors are part of the product, so they
//! cross a boundary of our own that loses nothing:
//!
//! - [`call`] runs C code that may raise. It catches the jump, copies the *whole* error and unwinds
//!   with it.
//! - [`enter`] is the outermost Rust frame of every function that SQL calls. When an unwinding
//!   arrives there all Rust frames are gone, and it raises the error in PostgreSQL's own way.
//!
//! While an unwinding is under way no destructor of ours calls PostgreSQL: locks, snapshots,
//! plans under execution and the user switch are all given back by the (sub)transaction abort that
//! the error brings about, as they are after an error in C.

use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::ptr;

use cee_scape::call_with_sigsetjmp;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::CaughtError;

use super::error::{Report, SqlState};
use super::name;

/// An error that PostgreSQL raised, copied whole, on its way to [`enter`].
struct PostgresError(*mut pg_sys::ErrorData);

// SAFETY: a panic's payload has to be `Send`, but a backend has one thread: the pointer never
// leaves it.
unsafe impl Send for PostgresError {}

/// The functions that must not pass through the boundary of pgrx, which would drop fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn CopyErrorData() -> *mut pg_sys::ErrorData;
        pub(super) fn FlushErrorState();
        pub(super) fn ReThrowError(error: *mut pg_sys::ErrorData) -> !;
        pub(super) fn ThrowErrorData(error: *mut pg_sys::ErrorData);
    }
}

/// Calls into PostgreSQL. An error that is raised in there unwinds from here, with all its fields.
///
/// `function` has to consist of calls to C functions only: a jump out of it runs no destructors. It may
/// call functions that pgrx binds: what these raise unwinds through here, less the fields that pgrx
/// drops.
pub(super) fn call<T>(function: impl FnOnce() -> T) -> T {
    // SAFETY: the three globals belong to this backend's only thread. They are read before the
    // call and put back after it, whichever way it ends, which is what PG_TRY does. The jump
    // buffer lives as long as `PG_exception_stack` points to it. `result` was written when the
    // function returned without a jump.
    unsafe {
        let memory_context = pg_sys::CurrentMemoryContext;
        let exception_stack = pg_sys::PG_exception_stack;
        let error_context_stack = pg_sys::error_context_stack;
        let mut result = MaybeUninit::uninit();
        let jumped = call_with_sigsetjmp(false, |jump_buffer| {
            pg_sys::PG_exception_stack = ptr::from_ref(jump_buffer).cast_mut().cast();
            // The frames of sigsetjmp cannot be unwound: a panic is carried past them.
            result.write(catch_unwind(AssertUnwindSafe(function)));
            0
        });
        pg_sys::PG_exception_stack = exception_stack;
        pg_sys::error_context_stack = error_context_stack;
        if jumped == 0 {
            return result
                .assume_init()
                .unwrap_or_else(|panic| resume_unwind(panic));
        }
        // The copy has to outlive the memory contexts of whatever is unwound (an SPI connection
        // has its own), and the abort frees it.
        pg_sys::CurrentMemoryContext = pg_sys::CurTransactionContext;
        let error = raw::CopyErrorData();
        raw::FlushErrorState();
        pg_sys::CurrentMemoryContext = memory_context;
        panic_any(PostgresError(error))
    }
}

/// Runs `work`, and keeps the DETAIL of a constraint that it violates, which shows rows, from the client; the
/// server's log has it.
pub(crate) fn hiding_violating_rows<T>(work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        if let Some(PostgresError(error)) = payload.downcast_ref::<PostgresError>() {
            // SAFETY: the copy of the error is this unwinding's own until it is raised again.
            unsafe {
                let error = &mut **error;
                if SqlState::is_integrity_violation(error.sqlerrcode) && !error.detail.is_null() {
                    error.detail_log = error.detail;
                    error.detail = ptr::null_mut();
                }
            }
        }
        resume_unwind(payload)
    })
}

/// Runs the Rust body of a function that SQL calls, and raises in PostgreSQL what unwinds from it.
///
/// # Safety
/// It has to be called from an `extern "C-unwind"` function that PostgreSQL called and that holds
/// no value with a destructor, since raising jumps out of it.
pub(crate) unsafe fn enter<T>(body: impl FnOnce() -> T) -> T {
    let error = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => return result,
        Err(payload) => Error::from_payload(payload),
    };
    // SAFETY: every Rust frame below this one is unwound, none between here and PostgreSQL has a
    // destructor left to run, and the error was allocated in a context that lives until the abort.
    unsafe {
        match error {
            Error::Raised(error) => raw::ReThrowError(error),
            Error::New(error) => raw::ThrowErrorData(error),
        }
    }
    unreachable!("ThrowErrorData came back from an error")
}

/// What unwinds, in memory that outlives the current subtransaction: the current memory context.
pub(super) fn outliving_the_subtransaction(payload: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
    match payload.downcast::<PostgresError>() {
        // SAFETY: the error was copied whole when it was caught, and nothing has freed it yet.
        Ok(error) => Box::new(PostgresError(unsafe { copied(error.0) })),
        Err(other) => other,
    }
}

/// The SQLSTATE and the message of what unwinds; none for a fault of this extension.
pub(super) fn summary(payload: &(dyn Any + Send)) -> Option<(SqlState, String)> {
    if let Some(PostgresError(error)) = payload.downcast_ref() {
        // SAFETY: the error is whole; its message is null or ends in NUL.
        return Some(unsafe {
            (
                SqlState::packed((**error).sqlerrcode),
                name::read((**error).message),
            )
        });
    }
    if let Some(report) = payload.downcast_ref::<Report>() {
        return Some(report.summary());
    }
    match payload.downcast_ref::<CaughtError>()? {
        CaughtError::RustPanic { .. } => None,
        caught => Some(caught_by_pgrx(caught).summary()),
    }
}

/// A copy of the error, with all its texts, in the current memory context.
///
/// # Safety
/// The error has to be whole.
unsafe fn copied(error: *mut pg_sys::ErrorData) -> *mut pg_sys::ErrorData {
    // SAFETY: the caller's promise; texts are null or end in NUL.
    call(|| unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let copy: *mut pg_sys::ErrorData =
            pg_sys::MemoryContextAllocZero(context, size_of::<pg_sys::ErrorData>()).cast();
        *copy = *error;
        (*copy).assoc_context = context;
        for text in [
            &raw mut (*copy).message,
            &raw mut (*copy).detail,
            &raw mut (*copy).detail_log,
            &raw mut (*copy).hint,
            &raw mut (*copy).context,
            &raw mut (*copy).backtrace,
            &raw mut (*copy).schema_name,
            &raw mut (*copy).table_name,
            &raw mut (*copy).column_name,
            &raw mut (*copy).datatype_name,
            &raw mut (*copy).constraint_name,
            &raw mut (*copy).internalquery,
        ] {
            if !(*text).is_null() {
                *text = pg_sys::MemoryContextStrdup(context, *text);
            }
        }
        copy
    })
}

/// Sends a report below the level of an error to the client and the server's log.
pub(super) fn send(report: *mut pg_sys::ErrorData) {
    // SAFETY: the report is whole, and below the level of an error it is copied and sent.
    call(|| unsafe { raw::ThrowErrorData(report) });
}

/// What [`enter`] has to raise.
#[derive(Clone, Copy)]
enum Error {
    /// PostgreSQL raised it before: it is logged as it should be, and holds its CONTEXT.
    Raised(*mut pg_sys::ErrorData),
    /// It was made in Rust: PostgreSQL decides about logging, and adds the CONTEXT.
    New(*mut pg_sys::ErrorData),
}

impl Error {
    fn from_payload(payload: Box<dyn Any + Send>) -> Self {
        let payload = match payload.downcast::<PostgresError>() {
            Ok(error) => return Self::Raised(error.0),
            Err(other) => other,
        };
        let payload = match payload.downcast::<Report>() {
            Ok(report) => return Self::New(report.to_error_data()),
            Err(other) => other,
        };
        let report = match payload.downcast::<CaughtError>() {
            Ok(caught) => caught_by_pgrx(&caught),
            Err(other) => broken(panic_message(&*other)),
        };
        Self::New(report.to_error_data())
    }
}

/// An error that passed the boundary of pgrx, with the parts that are left of it.
fn caught_by_pgrx(caught: &CaughtError) -> Report {
    let (CaughtError::PostgresError(error)
    | CaughtError::ErrorReport(error)
    | CaughtError::RustPanic { ereport: error, .. }) = caught;
    let mut report = Report::new(SqlState::from_pgrx(error.sql_error_code()), error.message());
    if let Some(detail) = error.detail() {
        report = report.detail(detail);
    }
    if let Some(hint) = error.hint() {
        report = report.hint(hint);
    }
    report
}

/// A panic of Rust code: always a fault of this extension.
fn broken(message: &str) -> Report {
    Report::new(SqlState::INTERNAL_ERROR, format!("steward failed: {message}"))
        .hint("This is a fault of the extension steward. Please report it with the statement that led to it.")
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(message) = payload.downcast_ref::<&str>() {
        return message;
    }
    payload
        .downcast_ref::<String>()
        .map_or("a panic without a message", String::as_str)
}
