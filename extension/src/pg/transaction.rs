//! The transaction that a rule runs in.

use pgrx::pg_sys;

use super::boundary;

/// The number of the current transaction (not of a savepoint in it). It has one: rules fire on writes.
pub(crate) fn current_id() -> u32 {
    // SAFETY: a transaction is under way while a function of ours runs.
    boundary::call(|| unsafe { pg_sys::GetTopTransactionId() }).into_inner()
}

/// A transaction, or one of its savepoints: every savepoint, and every return to one, is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subtransaction {
    transaction: u32,
    subtransaction: u32,
}

/// The innermost subtransaction that is under way.
pub(crate) fn current() -> Subtransaction {
    // SAFETY: reads a number of the transaction that is under way.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    Subtransaction {
        transaction: current_id(),
        subtransaction,
    }
}
