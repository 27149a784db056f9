//! The transaction that a rule runs in.

use pgrx::pg_sys;

use super::boundary;
use super::cluster;
use super::name;

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

/// True between BEGIN and its end: what is set for the transaction lasts longer than the statement.
pub(crate) fn is_in_block() -> bool {
    // SAFETY: reads the state of the transaction that is under way.
    unsafe { pg_sys::IsTransactionBlock() }
}

/// Refuses to go on in a READ ONLY transaction, and on a standby: 25006. What writes tables past the
/// executor has to ask for itself.
pub(crate) fn refuse_read_only(function: &str) {
    let function = name::to_server(function);
    // SAFETY: reads the state of the transaction; the name lives through the call.
    boundary::call(|| unsafe { pg_sys::PreventCommandIfReadOnly(function.as_ptr()) });
}

/// True where all statements of the transaction see what was committed when it began.
pub(crate) fn sees_its_beginning() -> bool {
    // SAFETY: reads a global of the transaction.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as i32 }
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

/// The number that the server gives to the next transaction. All that begin to write from now on have it or
/// a higher one.
pub(crate) fn next_full_id() -> u64 {
    // SAFETY: reads a counter under the lock that it takes.
    boundary::call(|| unsafe { pg_sys::ReadNextFullTransactionId() }).value
}

/// The lower half of the number of a transaction: by it a server knows those that are running.
pub(crate) const fn lower_half(transaction: u64) -> u32 {
    transaction as u32
}

/// Where a transaction runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// In this database, or it cannot be told apart from that.
    Here,
    Elsewhere,
    /// No process runs it any more.
    Unknown,
}

/// Where a transaction runs, by the lower half of its number. A prepared one is run by no process.
pub(crate) fn whereabouts(transaction: u32) -> Whereabouts {
    let transaction = pg_sys::TransactionId::from(transaction);
    let process = || {
        // SAFETY: looks at the transactions that are running, under the lock that it takes.
        boundary::call(|| unsafe { pg_sys::BackendXidGetPid(transaction) })
    };
    let found = process();
    if found == 0 {
        return Whereabouts::Unknown;
    }
    // SAFETY: looks at the processes that are running; what it points to lies in shared memory and is there
    // for as long as the server runs.
    let database = boundary::call(|| unsafe {
        let entry = pg_sys::BackendPidGetProc(found);
        (!entry.is_null()).then(|| (*entry).databaseId)
    });
    // The same process still runs it: so it was that process that was looked at, and no later one.
    if process() != found {
        return Whereabouts::Unknown;
    }
    let elsewhere = database
        .is_some_and(|database| database != pg_sys::InvalidOid && database != cluster::database());
    if elsewhere {
        Whereabouts::Elsewhere
    } else {
        Whereabouts::Here
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
