//! Locking rows of a side table, so that what is decided by them stays true to the end of the transaction.
//!
//! A lock on a row is kept in the row, so there can be any number of them: heavyweight locks on that many
//! things would fill the server's table of locks. The *newest* version of a row is locked and handed over at
//! every isolation level: a rule decides by what is committed now, and a writer at REPEATABLE READ does not
//! fail because a counter has moved since its snapshot.

use pgrx::pg_sys;

use super::boundary;
use super::key::Key;
use super::scan::{Indexed, LookUp, View};
use super::side_table::Location;
use super::tuple::Row;

/// How strongly a row is locked, in rising order. The table of conflicts is PostgreSQL's own:
///
/// |                  | key share | no key exclusive | exclusive |
/// |------------------|-----------|------------------|-----------|
/// | key share        |           |                  | conflict  |
/// | no key exclusive |           | conflict         | conflict  |
/// | exclusive        | conflict  | conflict         | conflict  |
///
/// So a rule can tell apart two things about a row: what is changed under `Exclusive` only stands still under
/// `KeyShare`, while what is changed under `NoKeyExclusive` moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    KeyShare,
    NoKeyExclusive,
    Exclusive,
}

impl Strength {
    const fn raw(self) -> pg_sys::LockTupleMode::Type {
        match self {
            Self::KeyShare => pg_sys::LockTupleMode::LockTupleKeyShare,
            Self::NoKeyExclusive => pg_sys::LockTupleMode::LockTupleNoKeyExclusive,
            Self::Exclusive => pg_sys::LockTupleMode::LockTupleExclusive,
        }
    }
}

/// What to do where another transaction has the row locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Wait,
    /// As SKIP LOCKED does.
    Skip,
}

impl Patience {
    const fn raw(self) -> pg_sys::LockWaitPolicy::Type {
        match self {
            Self::Wait => pg_sys::LockWaitPolicy::LockWaitBlock,
            Self::Skip => pg_sys::LockWaitPolicy::LockWaitSkip,
        }
    }
}

/// What came of it.
pub(crate) enum Locking<'table> {
    /// There is no such row, or it was deleted meanwhile.
    Gone,
    /// Another transaction has it locked.
    Busy,
    Locked(LockedRow<'table>),
}

impl<'table> Locking<'table> {
    /// The row, where it was waited for.
    pub(crate) fn row(self) -> Option<LockedRow<'table>> {
        match self {
            Self::Locked(row) => Some(row),
            Self::Gone | Self::Busy => None,
        }
    }
}

/// The newest version of a row, locked to the end of the transaction: a copy that lives as long as the function
/// that SQL called.
#[derive(Clone, Copy)]
pub(crate) struct LockedRow<'table> {
    row: Row<'table>,
    location: Location,
}

impl<'table> LockedRow<'table> {
    pub(crate) const fn row(&self) -> Row<'table> {
        self.row
    }

    /// Where it is stored, for [`super::side_table::Writer`]. It holds until the row is written.
    pub(crate) const fn location(&self) -> Location {
        self.location
    }
}

impl Indexed {
    /// Locks the row whose column holds `key`; the index of `look_up` has to be unique. The table has to be open
    /// with a lock that allows to lock rows.
    pub(crate) fn lock(
        &self,
        look_up: &LookUp,
        key: &Key,
        strength: Strength,
        patience: Patience,
    ) -> Locking<'_> {
        // What this transaction has written is to be seen as written by an earlier command.
        // SAFETY: a transaction is under way.
        boundary::call(|| unsafe { pg_sys::CommandCounterIncrement() });
        // This view takes no predicate locks, by which innocent transactions would fail at SERIALIZABLE. It can
        // miss a row that is replaced at this moment: then the second one finds it.
        let mut found = self.locate(look_up, key, View::Settled);
        loop {
            found = found.or_else(|| self.locate(look_up, key, View::Latest));
            let Some(location) = found.take() else {
                return Locking::Gone;
            };
            // One that was deleted meanwhile may have been put there again.
            match self.lock_at(location, strength, patience) {
                Locking::Gone => {}
                answer => return answer,
            }
        }
    }

    fn locate(&self, look_up: &LookUp, key: &Key, view: View) -> Option<Location> {
        let mut found = None;
        self.rows_with(look_up, key, view, |row| {
            found = Some(Location::of(row));
            std::ops::ControlFlow::Break(())
        });
        found
    }

    /// Locks the newest version of the row that has a version at `location`.
    fn lock_at(&self, location: Location, strength: Strength, patience: Patience) -> Locking<'_> {
        let table = self.relation();
        let raw_table = table.raw().as_ptr();
        let slot = self.lock_slot();
        let mut location = location.raw();
        let mut failure = pg_sys::TM_FailureData::default();
        let (location, failure) = (&raw mut location, &raw mut failure);
        // Without the first flag a version that another transaction is making would not bear the lock.
        let flags = (pg_sys::TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS
            | pg_sys::TUPLE_LOCK_FLAG_FIND_LAST_VERSION) as u8;
        // SAFETY: the table is open and stored by its access method, whose function this is; slot, location and
        // the report of failure live through the call.
        let (result, tuple) = boundary::call(|| unsafe {
            let result = (*(*raw_table).rd_tableam).tuple_lock.map_or(
                pg_sys::TM_Result::TM_Invisible,
                |lock| {
                    lock(
                        raw_table,
                        location,
                        &raw mut pg_sys::SnapshotSelfData,
                        slot,
                        pg_sys::GetCurrentCommandId(false),
                        strength.raw(),
                        patience.raw(),
                        flags,
                        failure,
                    )
                },
            );
            let tuple = if result == pg_sys::TM_Result::TM_Ok {
                pg_sys::ExecCopySlotHeapTuple(slot)
            } else {
                std::ptr::null_mut()
            };
            pg_sys::ExecClearTuple(slot);
            (result, tuple)
        });
        if result == pg_sys::TM_Result::TM_WouldBlock {
            return Locking::Busy;
        }
        if tuple.is_null() {
            return Locking::Gone;
        }
        // SAFETY: the copy is a row of the table, and knows where it is stored.
        let row = unsafe { Row::new(tuple, table.descriptor()) };
        Locking::Locked(LockedRow {
            row,
            location: Location::of(row),
        })
    }
}
