//! Queries that are run many times with one array of keys.

use pgrx::pg_sys;

use super::super::boundary;
use super::super::key::{Key, KeyType};
use super::super::name;
use super::super::tuple::Row;
use super::{Connection, not_run, raw, take_rows};

/// A query that is run many times with one array of keys, as the current user and under the snapshot of
/// the statement that is running.
pub(crate) struct KeyQuery {
    plan: pg_sys::SPIPlanPtr,
    key_type: KeyType,
    connection: Connection,
}

impl KeyQuery {
    /// Prepares `sql`, whose `$1` is an array of keys.
    pub(crate) fn prepare(sql: &str, key_type: KeyType) -> Self {
        let text = name::c_string(sql);
        let connection = Connection::open();
        let source = text.as_ptr();
        // SAFETY: a look-up in the catalog caches.
        let mut array_type = unsafe { pg_sys::get_array_type(key_type.oid()) };
        let parameter = &raw mut array_type;
        // SAFETY: the text and the one parameter's type live through the call.
        let plan = boundary::call(|| unsafe { raw::SPI_prepare(source, 1, parameter) });
        if plan.is_null() {
            not_run(sql, "could not be prepared");
        }
        Self {
            plan,
            key_type,
            connection,
        }
    }

    /// Runs it for `keys` and calls `each` with every row.
    pub(crate) fn run(&self, keys: &[Key], mut each: impl FnMut(Row<'_>)) {
        let mut argument = self.key_type.array(keys);
        let argument = &raw mut argument;
        // SAFETY: the plan has one parameter, whose value lives through the call.
        let status = boundary::call(|| unsafe {
            raw::SPI_execute_plan(self.plan, argument, std::ptr::null(), true, 0)
        });
        if status < 0 {
            not_run("a query by keys", "could not be run");
        }
        take_rows(&mut each);
    }

    /// Ends it.
    pub(crate) fn close(self) {
        self.connection.close();
    }
}

/// A query by an array of keys that is kept until it is dropped. It runs with the rights and policies of whoever
/// is the current user then, and under the snapshot of the statement that is running.
pub(crate) struct KeptKeyQuery {
    plan: pg_sys::SPIPlanPtr,
    key_type: KeyType,
}

impl KeptKeyQuery {
    /// Prepares `sql`, whose `$1` is an array of keys.
    pub(crate) fn prepare(sql: &str, key_type: KeyType) -> Self {
        let prepared = KeyQuery::prepare(sql, key_type);
        let plan = prepared.plan;
        // SAFETY: the plan was just prepared and is kept once.
        boundary::call(|| unsafe { raw::SPI_keepplan(plan) });
        prepared.close();
        Self { plan, key_type }
    }

    /// Runs it for `keys` and calls `each` with every row.
    pub(crate) fn run(&self, keys: &[Key], each: impl FnMut(Row<'_>)) {
        let query = KeyQuery {
            plan: self.plan,
            key_type: self.key_type,
            connection: Connection::open(),
        };
        query.run(keys, each);
        query.close();
    }
}

impl Drop for KeptKeyQuery {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // SAFETY: the plan was kept by `prepare` and is freed once.
        unsafe { pg_sys::SPI_freeplan(self.plan) };
    }
}
