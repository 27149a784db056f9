//! The transaction that a rule runs in.

use pgrx::pg_sys;

use super::boundary;

/// The number of the current transaction (not of a savepoint in it). It has one: rules fire on writes.
pub(crate) fn current_id() -> u32 {
    // SAFETY: a transaction is under way while a function of ours runs.
    boundary::call(|| unsafe { pg_sys::GetTopTransactionId() }).into_inner()
}
