//! Values of type `interval`: how long something lasts.

use pgrx::pg_sys;

use super::boundary;
use super::function::Argument;

/// A length of time; months and days are of different lengths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval(pg_sys::Interval);

impl Argument for Interval {
    unsafe fn read(datum: pg_sys::Datum) -> Self {
        // SAFETY: the caller's promise: the value points to an interval.
        Self(unsafe { *datum.cast_mut_ptr::<pg_sys::Interval>() })
    }
}

impl Interval {
    /// The time at its end, where it begins at `start`, in microseconds as PostgreSQL counts them.
    ///
    /// Errors: 22008 where there is no such time.
    pub(crate) fn after(&self, start: i64) -> i64 {
        let interval = pg_sys::Datum::from((&raw const self.0).cast_mut());
        // SAFETY: the function takes a timestamp and an interval, which lives through the call.
        let end = boundary::call(|| unsafe {
            raw::DirectFunctionCall2Coll(
                Some(raw::timestamptz_pl_interval),
                pg_sys::InvalidOid,
                pg_sys::Datum::from(start),
                interval,
            )
        });
        end.value() as i64
    }
}

/// Functions whose errors have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn timestamptz_pl_interval(info: pg_sys::FunctionCallInfo) -> pg_sys::Datum;
        pub(super) fn DirectFunctionCall2Coll(
            function: pg_sys::PGFunction,
            collation: pg_sys::Oid,
            one: pg_sys::Datum,
            other: pg_sys::Datum,
        ) -> pg_sys::Datum;
    }
}
