//! Work that may be refused without failing the statement that it is part of.
//!
//! It runs in a subtransaction, as a block with EXCEPTION does in PL/pgSQL. What was written before an error
//! is taken back, and so are locks, snapshots and the switch of the user: the abort of the subtransaction
//! does all that, and no destructor needs to.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use pgrx::pg_sys;

use super::boundary;
use super::error::{Report, SqlState};

/// Why the work was refused.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) state: SqlState,
    pub(crate) message: String,
}

/// Does `work`, or takes all of it back. An error that is not `bearable` goes on as if it had not been looked at.
pub(crate) fn attempt<T>(
    bearable: impl FnOnce(SqlState) -> bool,
    work: impl FnOnce() -> T,
) -> Result<T, Refused> {
    let outside = Surroundings::current();
    // SAFETY: a transaction is under way, and it is not that of a parallel worker.
    boundary::call(|| unsafe { pg_sys::BeginInternalSubTransaction(std::ptr::null()) });
    outside.restore_memory();
    let payload = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => {
            // SAFETY: the subtransaction that was begun above is the innermost again.
            boundary::call(|| unsafe { pg_sys::ReleaseCurrentSubTransaction() });
            outside.restore();
            return Ok(result);
        }
        Err(payload) => payload,
    };
    outside.restore_memory();
    // The abort frees what the error was copied into.
    let payload = boundary::outliving_the_subtransaction(payload);
    // SAFETY: whatever was begun inside and not ended was ended by whoever began it, as in C.
    boundary::call(|| unsafe { pg_sys::RollbackAndReleaseCurrentSubTransaction() });
    outside.restore();
    match boundary::summary(&*payload) {
        Some((state, message)) if bearable(state) => Err(Refused { state, message }),
        _ => resume_unwind(payload),
    }
}

impl Refused {
    /// A warning that says so.
    pub(crate) fn warning(&self, what: impl Into<String>) -> Report {
        Report::new(self.state, what).detail(&self.message)
    }
}

/// What PostgreSQL leaves changed at the end of a subtransaction.
struct Surroundings {
    memory: pg_sys::MemoryContext,
    resources: pg_sys::ResourceOwner,
}

impl Surroundings {
    fn current() -> Self {
        // SAFETY: reads two globals.
        unsafe {
            Self {
                memory: pg_sys::CurrentMemoryContext,
                resources: pg_sys::CurrentResourceOwner,
            }
        }
    }

    fn restore_memory(&self) {
        // SAFETY: the context was current before the subtransaction, which it outlives.
        unsafe { pg_sys::CurrentMemoryContext = self.memory };
    }

    fn restore(&self) {
        self.restore_memory();
        // SAFETY: as above.
        unsafe { pg_sys::CurrentResourceOwner = self.resources };
    }
}
