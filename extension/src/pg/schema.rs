//! Keeping names as they are.
//!
//! Statements of ours name their tables. A table that is locked cannot be renamed or dropped, but its schema
//! can be renamed at any time, by whoever owns it, and another put in its place; what is a table of ours in
//! one statement is then somebody else's in the next. Long work holds the schema first. PostgreSQL has no
//! lock against renaming a schema; but to rename it is to update its row in the catalog, and that waits for
//! who has locked the row, as it would for any row.

use pgrx::pg_sys;

use super::boundary;
use super::error::{Report, SqlState};

/// Keeps everybody else from renaming or dropping a schema until the transaction ends.
pub(crate) fn hold(schema: pg_sys::Oid) {
    while attempt(schema) == Held::Overtaken {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Now,
    /// Somebody has just changed it.
    Overtaken,
}

fn attempt(schema: pg_sys::Oid) -> Held {
    // SAFETY: the catalog is open while its row is locked; the row found is copied, so that its place can be
    // followed, and the buffer that the lock hands over is given back.
    let result = boundary::call(|| unsafe {
        pg_sys::CommandCounterIncrement();
        let catalog = pg_sys::table_open(
            pg_sys::NamespaceRelationId,
            pg_sys::RowShareLock as pg_sys::LOCKMODE,
        );
        let found = pg_sys::SearchSysCacheCopy(
            pg_sys::SysCacheIdentifier::NAMESPACEOID as i32,
            pg_sys::Datum::from(schema),
            pg_sys::Datum::null(),
            pg_sys::Datum::null(),
            pg_sys::Datum::null(),
        );
        if found.is_null() {
            return None;
        }
        let mut row = *found;
        let mut buffer = pg_sys::InvalidBuffer as pg_sys::Buffer;
        let mut failure = pg_sys::TM_FailureData::default();
        let result = raw::heap_lock_tuple(
            catalog,
            &raw mut row,
            pg_sys::GetCurrentCommandId(true),
            pg_sys::LockTupleMode::LockTupleKeyShare,
            pg_sys::LockWaitPolicy::LockWaitBlock,
            false,
            &raw mut buffer,
            &raw mut failure,
        );
        pg_sys::ReleaseBuffer(buffer);
        pg_sys::table_close(catalog, pg_sys::NoLock as pg_sys::LOCKMODE);
        pg_sys::AcceptInvalidationMessages();
        Some(result)
    });
    match result {
        Some(pg_sys::TM_Result::TM_Ok) => Held::Now,
        Some(_) => Held::Overtaken,
        None => Report::new(
            SqlState::SERIALIZATION_FAILURE,
            "a schema was dropped while it was needed",
        )
        .hint("Retry the transaction.")
        .raise(),
    }
}

/// The function whose errors (a deadlock, a timeout) have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn heap_lock_tuple(
            relation: pg_sys::Relation,
            tuple: pg_sys::HeapTuple,
            command: pg_sys::CommandId,
            mode: pg_sys::LockTupleMode::Type,
            wait_policy: pg_sys::LockWaitPolicy::Type,
            follow_updates: bool,
            buffer: *mut pg_sys::Buffer,
            failure: *mut pg_sys::TM_FailureData,
        ) -> pg_sys::TM_Result::Type;
    }
}
