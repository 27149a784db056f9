//! Statements that are kept, and run on the tables that they were made for only.

use std::ffi::c_char;

use pgrx::pg_sys;

use super::super::boundary;
use super::super::error::{Report, SqlState};
use super::super::name;
use super::super::relation::{Lock, Relation};
use super::super::search_path;
use super::super::setting_scope::{self, Others};
use super::super::tuple::Value;
use super::{Connection, not_run, null_flag, raw, rows_as_text, run_plan};

/// A prepared statement that is kept until it is dropped.
///
/// It names its tables, and PostgreSQL reads it again when something has changed. Between two runs, and while
/// a run waits for a lock, the owner of a schema can put another table in the place of that name; the
/// statement would then run that table's triggers with the rights of the owner of the first. So it knows
/// the tables that it is about, and is run on no others.
pub(crate) struct Plan {
    raw: pg_sys::SPIPlanPtr,
    parameters: usize,
    tables: Vec<(pg_sys::Oid, Lock)>,
}

impl Plan {
    /// Prepares `sql`, which names `tables`, with the lock that it takes on each, and whose `$1`, `$2` … have the
    /// given types.
    pub(crate) fn prepare(
        sql: &str,
        types: &[pg_sys::Oid],
        tables: &[(pg_sys::Oid, Lock)],
    ) -> Self {
        let text = name::c_string(sql);
        let mut types = types.to_vec();
        let connection = Connection::open();
        let (source, count, array) = (
            text.as_ptr(),
            i32::try_from(types.len()).unwrap_or(i32::MAX),
            types.as_mut_ptr(),
        );
        // SAFETY: text and array live through the call, and the array has `count` members.
        let raw = boundary::call(|| unsafe { raw::SPI_prepare(source, count, array) });
        if raw.is_null() {
            not_run(sql, "could not be prepared");
        }
        // SAFETY: the plan was just prepared and is kept once.
        boundary::call(|| unsafe { raw::SPI_keepplan(raw) });
        connection.close();
        Self {
            raw,
            parameters: types.len(),
            tables: tables.to_vec(),
        }
    }

    /// Runs it with one value for each parameter, and fires the triggers that it causes. Returns the number
    /// of rows that it wrote or found.
    ///
    /// Errors: 40001 where one of the names has come to mean another table.
    pub(crate) fn execute(&self, values: &[Value<'_>]) -> u64 {
        assert_eq!(values.len(), self.parameters, "a value for each parameter");
        let mut datums: Vec<pg_sys::Datum> = values.iter().map(|value| value.datum()).collect();
        let nulls: Vec<c_char> = values.iter().map(|value| null_flag(*value)).collect();
        let connection = Connection::open();
        self.lock_tables();
        self.check_tables();
        let status = run_plan(self.raw, datums.as_mut_ptr(), nulls.as_ptr());
        if status < 0 {
            not_run("a prepared statement", "could not be run");
        }
        // SAFETY: what the statement that was just run left behind.
        let rows = unsafe { pg_sys::SPI_processed };
        connection.close();
        rows
    }
}

/// Where the plan of a prepared statement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planning {
    /// As PostgreSQL decides: soon from the first runs.
    Kept,
    /// From the values that it is run with: for many values at once, for which a plan that was made for few,
    /// when the tables were small, can take the square of the time.
    Anew,
}

impl Plan {
    /// As [`Self::execute`], with a plan that comes from there.
    pub(crate) fn execute_planned(&self, values: &[Value<'_>], planning: Planning) -> u64 {
        if planning == Planning::Kept {
            return self.execute(values);
        }
        let settings = [(c"plan_cache_mode", c"force_custom_plan")];
        let context = pg_sys::GucContext::PGC_USERSET;
        setting_scope::with(&settings, context, Others::Kept, || self.execute(values))
    }

    /// By their oids, whatever they are called now. The run then waits for none of them, so nothing is read
    /// again between the look at its tables and the run.
    fn lock_tables(&self) {
        for (table, lock) in &self.tables {
            drop(Relation::try_open(*table, *lock));
        }
    }

    fn check_tables(&self) {
        // SAFETY: the plan is kept and has one statement, which is read again here if it has to be, as the
        // run would do; the plan that comes of it is given back at once.
        let names_others = boundary::call(|| unsafe {
            let source: *mut pg_sys::CachedPlanSource =
                pg_sys::list_nth(pg_sys::SPI_plan_get_plan_sources(self.raw), 0).cast();
            loop {
                let plan = raw::SPI_plan_get_cached_plan(self.raw);
                if !plan.is_null() {
                    pg_sys::ReleaseCachedPlan(plan, pg_sys::CurrentResourceOwner);
                }
                // To plan it, indexes are locked, and who waits for that learns what has changed meanwhile. The
                // locks stay, so the next round has nothing to wait for.
                if (*source).is_valid {
                    break;
                }
                pgrx::check_for_interrupts!();
            }
            // Of a statement that a rule turns into nothing no table is left.
            !(*source).query_list.is_null()
                && self
                    .tables
                    .iter()
                    .any(|(table, _)| !pg_sys::list_member_oid((*source).relationOids, *table))
        });
        if names_others {
            Report::new(
                SqlState::SERIALIZATION_FAILURE,
                "a table was replaced while a rule was about to write it",
            )
            .detail("Another session has renamed a schema or a table meanwhile.")
            .hint("Retry the transaction.")
            .raise()
        }
    }
}

/// Runs a statement as [`super::query`] does, but only if its names mean `tables`: a statement that runs as the
/// owner of one table must not meet another that was put in its place.
///
/// Errors: 40001 where one of the names has come to mean another table.
pub(crate) fn query_on(sql: &str, tables: &[(pg_sys::Oid, Lock)]) -> Vec<Vec<Option<String>>> {
    search_path::pinned(|| {
        let plan = Plan::prepare(sql, &[], tables);
        let connection = Connection::open();
        plan.lock_tables();
        plan.check_tables();
        if run_plan(plan.raw, std::ptr::null_mut(), std::ptr::null()) < 0 {
            not_run(sql, "could not be run");
        }
        let rows = rows_as_text();
        connection.close();
        rows
    })
}

impl Drop for Plan {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // SAFETY: the plan was kept by `prepare` and is freed once.
        unsafe { pg_sys::SPI_freeplan(self.raw) };
    }
}
