//! Changes of rows that are made again and again, as the current user's own statements.

use std::ffi::c_char;

use pgrx::pg_sys;

use super::super::boundary;
use super::super::name;
use super::{Connection, Parameter, not_run, null_flag, raw};

/// A statement that changes rows, planned once and kept until it is dropped. It runs as [`super::change`] runs its
/// own: with the rights and policies of whoever is the current user then, and under the transaction's snapshot.
pub(crate) struct KeptChange {
    plan: pg_sys::SPIPlanPtr,
    types: Vec<pg_sys::Oid>,
}

impl KeptChange {
    /// Prepares `sql`, whose `$1`, `$2` … have the given types.
    pub(crate) fn prepare(sql: &str, types: &[pg_sys::Oid]) -> Self {
        let text = name::c_string(sql);
        let mut types = types.to_vec();
        let connection = Connection::open();
        let (source, count, array) = (
            text.as_ptr(),
            i32::try_from(types.len()).unwrap_or(i32::MAX),
            types.as_mut_ptr(),
        );
        // SAFETY: text and array live through the call, and the array has `count` members.
        let plan = boundary::call(|| unsafe { raw::SPI_prepare(source, count, array) });
        if plan.is_null() {
            not_run(sql, "could not be prepared");
        }
        // SAFETY: the plan was just prepared and is kept once.
        boundary::call(|| unsafe { raw::SPI_keepplan(plan) });
        connection.close();
        Self { plan, types }
    }

    /// Runs it with a value for each parameter, and returns the number of rows that it changed.
    pub(crate) fn run(&self, parameters: &[Parameter<'_>]) -> u64 {
        let given = parameters.iter().map(|(type_oid, _)| type_oid);
        assert!(given.eq(&self.types), "a value for each parameter");
        let mut values: Vec<pg_sys::Datum> =
            parameters.iter().map(|(_, value)| value.datum()).collect();
        let nulls: Vec<c_char> = parameters
            .iter()
            .map(|(_, value)| null_flag(*value))
            .collect();
        let connection = Connection::open();
        let (values, nulls) = (values.as_mut_ptr(), nulls.as_ptr());
        // SAFETY: the plan is kept, and the arrays have a place for each of its parameters.
        let status =
            boundary::call(|| unsafe { raw::SPI_execute_plan(self.plan, values, nulls, false, 0) });
        if status < 0 {
            not_run("a prepared statement", "could not be run");
        }
        // SAFETY: a global that SPI has just set.
        let rows = unsafe { pg_sys::SPI_processed };
        connection.close();
        rows
    }
}

impl Drop for KeptChange {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // SAFETY: the plan was kept by `prepare` and is freed once.
        unsafe { pg_sys::SPI_freeplan(self.plan) };
    }
}
