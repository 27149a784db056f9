//! The transaction that a rule runs in.

use pgrx::pg_sys;

use super::boundary;

/// The number of the current transaction (not of a savepoint in it). It has one: rules fire on writes.
pub(crate) fn current_id() -> u32 {
    // SAFETY: a transaction is under way while a function of ours runs; the first function only reads its
    // number.
    let known = unsafe { raw::GetTopTransactionIdIfAny() };
    if known != pg_sys::InvalidTransactionId {
        return known.into_inner();
    }
    // SAFETY: as above.
    boundary::call(|| unsafe { pg_sys::GetTopTransactionId() }).into_inner()
}

/// The number of the current transaction as `xid8`, which is never used again.
pub(crate) fn current_full_id() -> u64 {
    // SAFETY: a transaction is under way while a function of ours runs.
    boundary::call(|| unsafe { pg_sys::GetTopFullTransactionId() }).value
}

/// When the current transaction began, in microseconds as PostgreSQL counts them.
pub(crate) fn start_time() -> i64 {
    // SAFETY: reads the state of the transaction that is under way.
    unsafe { pg_sys::GetCurrentTransactionStartTimestamp() }
}

/// What the clock shows, in microseconds as PostgreSQL counts them.
pub(crate) fn clock_time() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// A command of a transaction: what happens between two statements begins another, if anything was
/// written before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    subtransaction: Subtransaction,
    command: u32,
}

/// The command that is under way.
pub(crate) fn current_command() -> Command {
    // SAFETY: reads a number of the transaction that is under way.
    let command = unsafe { pg_sys::GetCurrentCommandId(false) };
    Command {
        subtransaction: current(),
        command,
    }
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
    let subtransaction = unsafe { raw::GetCurrentSubTransactionId() };
    Subtransaction {
        transaction: current_id(),
        subtransaction,
    }
}

impl Subtransaction {
    /// True for the current subtransaction and for those that it is part of. Nothing that was done in it
    /// was taken back then, and its locks are held.
    pub(crate) fn is_under_way(self) -> bool {
        // SAFETY: reads the state of the transaction that is under way.
        self.transaction == current_id()
            && unsafe { pg_sys::SubTransactionIsActive(self.subtransaction) }
    }

    /// True where both are of one transaction.
    pub(crate) const fn is_of_the_transaction_of(self, other: Self) -> bool {
        self.transaction == other.transaction
    }
}

/// Functions that only read and never raise, and that are called too often to pass pgrx' boundary.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn GetTopTransactionIdIfAny() -> pg_sys::TransactionId;
        pub(super) fn GetCurrentSubTransactionId() -> pg_sys::SubTransactionId;
    }
}
