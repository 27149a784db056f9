//! Statements that the extension itself runs, through SPI.
//!
//! Reading under a rule has to see what is committed *now*, not what was committed when the
//! transaction began, and what the transaction itself has done so far: so every statement here runs
//! under the latest snapshot, the way `ri_PerformCheck` runs its own. (pgrx's `Spi` reuses the outer
//! statement's snapshot as long as the transaction has not written, which is older.)

use std::ffi::c_char;

use pgrx::pg_sys;

use super::boundary;
use super::error::{Report, SqlState};
use super::name;
use super::search_path;
use super::tuple::{Row, Value};

mod kept_change;
mod key_query;
mod plan;

pub(crate) use kept_change::KeptChange;
pub(crate) use key_query::{KeptKeyQuery, KeyQuery};
pub(crate) use plan::{Plan, Planning, query_on};

/// Runs a statement that returns nothing, as the current user and with `search_path` pinned.
pub(crate) fn run(sql: &str) {
    query(sql);
}

/// Runs a statement, as the current user and with `search_path` pinned, and returns its rows as text.
pub(crate) fn query(sql: &str) -> Vec<Vec<Option<String>>> {
    search_path::pinned(|| {
        let text = name::c_string(sql);
        let connection = Connection::open();
        let source = text.as_ptr();
        // SAFETY: the text lives through the call.
        let plan = boundary::call(|| unsafe { raw::SPI_prepare(source, 0, std::ptr::null_mut()) });
        if plan.is_null() {
            not_run(sql, "could not be prepared");
        }
        if run_plan(plan, std::ptr::null_mut(), std::ptr::null()) < 0 {
            not_run(sql, "could not be run");
        }
        let rows = rows_as_text();
        connection.close();
        rows
    })
}

/// What a query of ours sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// What the statement sees that is running, as a subquery of it would; so it works on a standby and in
    /// a READ ONLY transaction.
    AsAsked,
    /// What the next statement of the transaction would see: also what this one has done so far.
    Now,
}

/// A value for `$1`, `$2` … and its type.
pub(crate) type Parameter<'value> = (pg_sys::Oid, Value<'value>);

/// Runs a query with the rights of the current user and under the snapshot of the statement that is
/// running, as a subquery of it would; so it works on a standby and in a READ ONLY transaction. Calls
/// `each` with every row.
pub(crate) fn for_each_row(sql: &str, each: impl FnMut(Row<'_>)) {
    for_each_row_with(sql, &[], Sight::AsAsked, each);
}

/// Runs a query with parameters, with the rights of the current user. Calls `each` with every row.
pub(crate) fn for_each_row_with(
    sql: &str,
    parameters: &[Parameter<'_>],
    sight: Sight,
    mut each: impl FnMut(Row<'_>),
) {
    const AT_ONCE: core::ffi::c_long = 10_000;
    let text = name::c_string(sql);
    let mut types: Vec<pg_sys::Oid> = parameters.iter().map(|(oid, _)| *oid).collect();
    let mut values: Vec<pg_sys::Datum> =
        parameters.iter().map(|(_, value)| value.datum()).collect();
    let nulls: Vec<c_char> = parameters
        .iter()
        .map(|(_, value)| null_flag(*value))
        .collect();
    let connection = Connection::open();
    let count = i32::try_from(types.len()).unwrap_or(i32::MAX);
    let (source, types, values, nulls) = (
        text.as_ptr(),
        types.as_mut_ptr(),
        values.as_mut_ptr(),
        nulls.as_ptr(),
    );
    // SAFETY: the text and the three arrays, which have `count` members, live through the call; the plan
    // is null or whole.
    let portal = boundary::call(|| unsafe {
        let plan = raw::SPI_prepare(source, count, types);
        raw::SPI_cursor_open(
            std::ptr::null(),
            plan,
            values,
            nulls,
            sight == Sight::AsAsked,
        )
    });
    loop {
        // SAFETY: the portal is open; a fetch replaces SPI's table of rows.
        boundary::call(|| unsafe { raw::SPI_cursor_fetch(portal, true, AT_ONCE) });
        if take_rows(&mut each) == 0 {
            break;
        }
    }
    // SAFETY: the portal was opened above.
    boundary::call(|| unsafe { pg_sys::SPI_cursor_close(portal) });
    connection.close();
}

/// Runs INSERT, UPDATE or DELETE exactly as the current user's own statement would run: with their rights,
/// `search_path` and snapshot, and the triggers that it fires. Returns the number of rows.
pub(crate) fn change(sql: &str) -> u64 {
    let text = name::c_string(sql);
    let connection = Connection::open();
    let source = text.as_ptr();
    // SAFETY: the text lives through the call; the plan is null or whole and has no parameters.
    let status = boundary::call(|| unsafe {
        let plan = raw::SPI_prepare(source, 0, std::ptr::null_mut());
        raw::SPI_execute_plan(plan, std::ptr::null_mut(), std::ptr::null(), false, 0)
    });
    if status < 0 {
        not_run(sql, "could not be run");
    }
    // SAFETY: a global that SPI has just set.
    let rows = unsafe { pg_sys::SPI_processed };
    connection.close();
    rows
}

/// Runs a query with `search_path` pinned and under the latest snapshot, otherwise as [`for_each_row`] does.
pub(crate) fn for_each_current_row(sql: &str, each: impl FnMut(Row<'_>)) {
    search_path::pinned(|| under_latest_snapshot(|| for_each_row(sql, each)));
}

/// Runs `work` so that what it reads [`Sight::AsAsked`] is what is committed at this moment.
pub(crate) fn under_latest_snapshot<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: a transaction is under way; the snapshot is copied before it is pushed.
    boundary::call(|| unsafe {
        pg_sys::CommandCounterIncrement();
        pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
    });
    let result = work();
    // Not in a destructor: after an error the abort of the (sub)transaction pops it.
    // SAFETY: it is the one that was pushed above; what ran meanwhile has popped its own.
    boundary::call(|| unsafe { pg_sys::PopActiveSnapshot() });
    result
}

/// Runs `SELECT ... FOR ...` as the current user, with their `search_path` and under the latest snapshot.
/// Returns the number of rows.
pub(crate) fn lock_rows(sql: &str) -> u64 {
    let text = name::c_string(sql);
    let connection = Connection::open();
    let source = text.as_ptr();
    // SAFETY: the text lives through the call.
    let plan = boundary::call(|| unsafe { raw::SPI_prepare(source, 0, std::ptr::null_mut()) });
    if plan.is_null() || run_plan(plan, std::ptr::null_mut(), std::ptr::null()) < 0 {
        not_run(sql, "could not be run");
    }
    // SAFETY: a global that SPI has just set.
    let rows = unsafe { pg_sys::SPI_processed };
    connection.close();
    rows
}

/// Hands over the rows that SPI has just read, and frees them. Returns how many there were.
fn take_rows(each: &mut impl FnMut(Row<'_>)) -> usize {
    // SAFETY: the rows belong to the table's descriptor and live until it is freed.
    unsafe {
        let table = pg_sys::SPI_tuptable;
        let count = usize::try_from(pg_sys::SPI_processed).unwrap_or_default();
        for index in 0..count {
            each(Row::new(*(*table).vals.add(index), (*table).tupdesc));
        }
        pg_sys::SPI_freetuptable(table);
        count
    }
}

/// How SPI is told that a parameter is NULL.
fn null_flag(value: Value<'_>) -> c_char {
    (if value.is_null() { b'n' } else { b' ' }) as c_char
}

fn run_plan(plan: pg_sys::SPIPlanPtr, values: *mut pg_sys::Datum, nulls: *const c_char) -> i32 {
    // SAFETY: values and nulls are null for a plan without parameters, else have one place for each
    // of them. SPI copies the snapshot before it pushes it.
    boundary::call(|| unsafe {
        pg_sys::CommandCounterIncrement();
        raw::SPI_execute_snapshot(
            plan,
            values,
            nulls,
            pg_sys::GetLatestSnapshot(),
            std::ptr::null_mut(),
            false,
            true,
            0,
        )
    })
}

fn rows_as_text() -> Vec<Vec<Option<String>>> {
    // SAFETY: SPI filled the table, or left it null; its rows belong to its descriptor.
    unsafe {
        let table = pg_sys::SPI_tuptable;
        if table.is_null() {
            return Vec::new();
        }
        let (descriptor, tuples) = ((*table).tupdesc, (*table).vals);
        let rows = usize::try_from(pg_sys::SPI_processed).unwrap_or_default();
        let columns = (*descriptor).natts;
        (0..rows)
            .map(|row| {
                (1..=columns)
                    .map(|column| {
                        let text = pg_sys::SPI_getvalue(*tuples.add(row), descriptor, column);
                        (!text.is_null()).then(|| name::read(text))
                    })
                    .collect()
            })
            .collect()
    }
}

/// An SPI connection. An abort closes it too, so nothing is done while unwinding.
struct Connection;

impl Connection {
    fn open() -> Self {
        // SAFETY: connecting is allowed wherever a function of ours runs.
        boundary::call(|| unsafe { pg_sys::SPI_connect() });
        Self
    }

    #[allow(
        clippy::unused_self,
        reason = "takes the connection, so that it is closed once"
    )]
    fn close(self) {
        // SAFETY: closes the connection that `open` made.
        boundary::call(|| unsafe { pg_sys::SPI_finish() });
    }
}

fn not_run(sql: &str, what: &str) -> ! {
    Report::new(
        SqlState::INTERNAL_ERROR,
        format!("a statement of steward {what}"),
    )
    .detail(sql)
    .raise()
}

/// The functions whose errors have to keep all their fields.
mod raw {
    use std::ffi::{c_char, c_int, c_long};

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn SPI_prepare(
            source: *const c_char,
            count: c_int,
            types: *mut pg_sys::Oid,
        ) -> pg_sys::SPIPlanPtr;
        pub(super) fn SPI_keepplan(plan: pg_sys::SPIPlanPtr) -> c_int;
        pub(super) fn SPI_plan_get_cached_plan(plan: pg_sys::SPIPlanPtr)
        -> *mut pg_sys::CachedPlan;
        pub(super) fn SPI_cursor_open(
            name: *const c_char,
            plan: pg_sys::SPIPlanPtr,
            values: *mut pg_sys::Datum,
            nulls: *const c_char,
            read_only: bool,
        ) -> pg_sys::Portal;
        pub(super) fn SPI_cursor_fetch(portal: pg_sys::Portal, forward: bool, count: c_long);
        pub(super) fn SPI_execute_plan(
            plan: pg_sys::SPIPlanPtr,
            values: *mut pg_sys::Datum,
            nulls: *const c_char,
            read_only: bool,
            count: c_long,
        ) -> c_int;
        pub(super) fn SPI_execute_snapshot(
            plan: pg_sys::SPIPlanPtr,
            values: *mut pg_sys::Datum,
            nulls: *const c_char,
            snapshot: pg_sys::Snapshot,
            crosscheck_snapshot: pg_sys::Snapshot,
            read_only: bool,
            fire_triggers: bool,
            count: c_long,
        ) -> c_int;
    }
}
