//! Locks on things that are no rows: a graph, a node of it. They are held to the end of the
//! transaction unless they are given back.
//!
//! They are heavyweight locks, so the deadlock detector, `pg_locks` and prepared transactions know
//! them, in a class that SQL cannot reach: of the advisory locks' field 4, SQL uses 1 and 2, and Citus
//! 4 to 16.

use pgrx::pg_sys;

use super::boundary;

/// What a lock is on. The numbers are part of what runs at the same time on one server: they never
/// change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A graph, or the part of one that a scope is.
    Graph = 0x5351,
    /// A node of a graph while it is placed.
    Node = 0x5352,
    /// All scopes of a graph.
    WholeGraph = 0x5353,
    /// A node while it is given a rank again that was taken back.
    NodeAgain = 0x5354,
    /// The name of an audit log while it is made.
    AuditLog = 0x5355,
    /// An audit log while it is sealed or trimmed.
    Seal = 0x5356,
    /// What budgets mean: shared by whoever charges one.
    Budgets = 0x5361,
    /// A slot of a budget's counter.
    BudgetSlot = 0x5362,
    /// What is told about a budget in one window.
    BudgetAlert = 0x5363,
    /// A reservation's key, while it is answered.
    Reservation = 0x5364,
    /// Whether the tasks have rows in the side table that edges name.
    Tasks = 0x5357,
}

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Parts of the thing are going to be locked shared, with locks of their own.
    IntentionShared,
    /// Parts of the thing are going to be locked exclusively, with locks of their own.
    IntentionExclusive,
    Shared,
    Exclusive,
}

impl Mode {
    const fn raw(self) -> pg_sys::LOCKMODE {
        match self {
            Self::IntentionShared => pg_sys::RowShareLock as pg_sys::LOCKMODE,
            Self::IntentionExclusive => pg_sys::RowExclusiveLock as pg_sys::LOCKMODE,
            Self::Shared => pg_sys::ShareLock as pg_sys::LOCKMODE,
            Self::Exclusive => pg_sys::ExclusiveLock as pg_sys::LOCKMODE,
        }
    }
}

/// A lock of ours. Two things may share one, which costs waiting, never correctness.
#[derive(Clone, Copy)]
pub(crate) struct Lock {
    tag: pg_sys::LOCKTAG,
}

impl Lock {
    /// The lock on a thing that the side table with that oid keeps, told apart by `what`.
    pub(crate) fn on(class: Class, side_table: pg_sys::Oid, what: &[u8]) -> Self {
        Self {
            tag: pg_sys::LOCKTAG {
                // SAFETY: set when the backend connects, never changed.
                locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
                locktag_field2: side_table.to_u32(),
                locktag_field3: fowler_noll_vo(what),
                locktag_field4: class as u16,
                locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
                locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
            },
        }
    }

    /// Waits for the lock. Returns false where this session held it in that mode already.
    pub(crate) fn acquire(self, mode: Mode) -> bool {
        self.ask_for(mode, false) != pg_sys::LockAcquireResult::LOCKACQUIRE_ALREADY_HELD
    }

    /// Takes the lock if nobody is in the way. Returns true where it is held now.
    pub(crate) fn acquire_at_once(self, mode: Mode) -> bool {
        self.ask_for(mode, true) != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL
    }

    fn ask_for(self, mode: Mode, at_once: bool) -> pg_sys::LockAcquireResult::Type {
        let tag = self.tag;
        // SAFETY: the tag is whole and is copied.
        boundary::call(|| unsafe { raw::LockAcquire(&raw const tag, mode.raw(), false, at_once) })
    }

    /// True where this transaction holds the lock in exactly that mode.
    pub(crate) fn is_held(self, mode: Mode) -> bool {
        let tag = self.tag;
        // SAFETY: a look into the session's own table of locks.
        unsafe { held_by_me(&raw const tag, mode.raw()) }
    }

    /// Gives back a lock that was just acquired.
    pub(crate) fn release(self, mode: Mode) {
        let tag = self.tag;
        // SAFETY: the tag is whole; the session holds the lock.
        unsafe { pg_sys::LockRelease(&raw const tag, mode.raw(), false) };
    }
}

/// FNV-1a, 32 bits: the same in every build, since all sessions have to agree.
fn fowler_noll_vo(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// The function has a third argument since PostgreSQL 17.
#[cfg(any(feature = "pg15", feature = "pg16"))]
unsafe fn held_by_me(tag: *const pg_sys::LOCKTAG, mode: pg_sys::LOCKMODE) -> bool {
    // SAFETY: the caller hands a whole tag.
    unsafe { pg_sys::LockHeldByMe(tag, mode) }
}

/// The function has a third argument since PostgreSQL 17.
#[cfg(not(any(feature = "pg15", feature = "pg16")))]
unsafe fn held_by_me(tag: *const pg_sys::LOCKTAG, mode: pg_sys::LOCKMODE) -> bool {
    // SAFETY: the caller hands a whole tag.
    unsafe { pg_sys::LockHeldByMe(tag, mode, false) }
}

/// The function whose errors (a deadlock, a timeout) have to keep all their fields.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn LockAcquire(
            tag: *const pg_sys::LOCKTAG,
            mode: pg_sys::LOCKMODE,
            session: bool,
            do_not_wait: bool,
        ) -> pg_sys::LockAcquireResult::Type;
    }
}
