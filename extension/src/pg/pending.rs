//! What the row triggers of a statement note, for the statement's own trigger to work off.
//!
//! A counter that is written once for every row costs the square of their number, since each write leaves a
//! version behind that the next one has to pass. So row triggers note what happened in the backend's
//! memory, and it is worked off when the statement ends: sorted, and each counter once.
//!
//! One statement can run inside another: those of a trigger's function, a cascade, parts of one query. What
//! they note is worked off when the outermost statement of its *group* ends (the tables that one rule keeps
//! together), and not before: until then rows of the outer one can be in the tables whose triggers have not
//! fired. So a rule looks at the whole, in any order of its parts.
//!
//! Memory knows nothing of rollbacks, so everything in it belongs to the subtransaction that made it: it
//! goes where that is rolled back, and falls to the one around it where it is released. What was worked off
//! in a savepoint has to be worked off again where that is rolled back.

use std::cell::RefCell;
use std::rc::Rc;

use pgrx::pg_sys;

use super::boundary;

/// A number that is unique within the transaction.
type Subtransaction = pg_sys::SubTransactionId;

/// What is noted, and not worked off, in the transaction that is under way.
pub(crate) struct Pending<T: 'static> {
    log: Rc<RefCell<Log<T>>>,
}

struct Log<T> {
    entries: Vec<Entry<T>>,
    statements: Vec<Statement>,
}

struct Entry<T> {
    group: pg_sys::Oid,
    made_in: Subtransaction,
    worked_off_in: Option<Subtransaction>,
    change: T,
}

/// A statement that has begun to write a table of a group.
struct Statement {
    group: pg_sys::Oid,
    begun_in: Subtransaction,
}

impl<T: Clone> Pending<T> {
    /// To be made once for each rule, in a `thread_local!`.
    pub(crate) fn new() -> Self {
        let log = Rc::new(RefCell::new(Log {
            entries: Vec::new(),
            statements: Vec::new(),
        }));
        listen();
        LOGS.with_borrow_mut(|logs| logs.push(Rc::clone(&log) as Rc<dyn Follows>));
        Self { log }
    }

    /// Notes what happened to a row.
    pub(crate) fn note(&self, group: pg_sys::Oid, change: T) {
        let entry = Entry {
            group,
            made_in: current(),
            worked_off_in: None,
            change,
        };
        self.log.borrow_mut().entries.push(entry);
    }

    /// To be called by the BEFORE STATEMENT trigger of every table of the group.
    pub(crate) fn begin_statement(&self, group: pg_sys::Oid) {
        let statement = Statement {
            group,
            begun_in: current(),
        };
        self.log.borrow_mut().statements.push(statement);
    }

    /// To be called by the AFTER STATEMENT trigger. True where it was the outermost one: then what is noted is
    /// to be taken and worked off.
    pub(crate) fn end_statement(&self, group: pg_sys::Oid) -> bool {
        let mut log = self.log.borrow_mut();
        let statements = &mut log.statements;
        if let Some(last) = statements.iter().rposition(|one| one.group == group) {
            statements.remove(last);
        }
        statements.iter().all(|one| one.group != group)
    }

    /// True while a statement on a table of the group is under way. Rows that come straight into a partition
    /// are noted outside of all statements: a deferred trigger has to work those off.
    pub(crate) fn is_in_statement(&self, group: pg_sys::Oid) -> bool {
        let log = self.log.borrow();
        log.statements.iter().any(|one| one.group == group)
    }

    /// Takes what is noted for a group and not worked off, in the order in which it happened. It has to be
    /// worked off now, or the statement has to fail.
    pub(crate) fn take(&self, group: pg_sys::Oid) -> Vec<T> {
        let now = current();
        let mut taken = Vec::new();
        let mut kept = Vec::new();
        let mut log = self.log.borrow_mut();
        for mut entry in std::mem::take(&mut log.entries) {
            if entry.group != group || entry.worked_off_in.is_some() {
                kept.push(entry);
            } else if entry.made_in == now {
                taken.push(entry.change);
            } else {
                taken.push(entry.change.clone());
                entry.worked_off_in = Some(now);
                kept.push(entry);
            }
        }
        log.entries = kept;
        taken
    }
}

/// What follows the transaction and its savepoints.
trait Follows {
    fn released(&self, subtransaction: Subtransaction, into: Subtransaction);
    fn rolled_back(&self, subtransaction: Subtransaction);
    fn ended(&self);
}

impl<T> Follows for RefCell<Log<T>> {
    fn released(&self, subtransaction: Subtransaction, into: Subtransaction) {
        let mut log = self.borrow_mut();
        for entry in &mut log.entries {
            if entry.made_in == subtransaction {
                entry.made_in = into;
            }
            if entry.worked_off_in == Some(subtransaction) {
                entry.worked_off_in = Some(into);
            }
        }
        log.entries
            .retain(|entry| entry.worked_off_in != Some(entry.made_in));
        for statement in &mut log.statements {
            if statement.begun_in == subtransaction {
                statement.begun_in = into;
            }
        }
    }

    fn rolled_back(&self, subtransaction: Subtransaction) {
        let mut log = self.borrow_mut();
        log.entries.retain(|entry| entry.made_in != subtransaction);
        for entry in &mut log.entries {
            if entry.worked_off_in == Some(subtransaction) {
                entry.worked_off_in = None;
            }
        }
        log.statements
            .retain(|statement| statement.begun_in != subtransaction);
    }

    fn ended(&self) {
        let mut log = self.borrow_mut();
        log.entries = Vec::new();
        log.statements = Vec::new();
    }
}

thread_local! {
    static LOGS: RefCell<Vec<Rc<dyn Follows>>> = const { RefCell::new(Vec::new()) };
}

fn current() -> Subtransaction {
    // SAFETY: reads a number of the transaction that is under way.
    unsafe { raw::GetCurrentSubTransactionId() }
}

/// Follows the transactions of this backend, from the first log on.
fn listen() {
    if LOGS.with_borrow(|logs| !logs.is_empty()) {
        return;
    }
    // SAFETY: registered once in the life of the backend, with functions that never go away.
    boundary::call(|| unsafe {
        pg_sys::RegisterSubXactCallback(Some(subtransaction_ended), std::ptr::null_mut());
        pg_sys::RegisterXactCallback(Some(transaction_ended), std::ptr::null_mut());
    });
}

/// Called by PostgreSQL when a savepoint is released or rolled back. It calls nothing that could raise.
unsafe extern "C-unwind" fn subtransaction_ended(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: Subtransaction,
    around: Subtransaction,
    _argument: *mut core::ffi::c_void,
) {
    for_each_log(|log| match event {
        pg_sys::SubXactEvent::SUBXACT_EVENT_COMMIT_SUB => log.released(subtransaction, around),
        pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB => log.rolled_back(subtransaction),
        _ => {}
    });
}

/// Called by PostgreSQL when a transaction ends. It calls nothing that could raise.
unsafe extern "C-unwind" fn transaction_ended(
    event: pg_sys::XactEvent::Type,
    _argument: *mut core::ffi::c_void,
) {
    for_each_log(|log| match event {
        pg_sys::XactEvent::XACT_EVENT_COMMIT
        | pg_sys::XactEvent::XACT_EVENT_ABORT
        | pg_sys::XactEvent::XACT_EVENT_PREPARE => log.ended(),
        _ => {}
    });
}

fn for_each_log(each: impl Fn(&dyn Follows)) {
    LOGS.with_borrow(|logs| logs.iter().for_each(|log| each(log.as_ref())));
}

/// A function that only reads, never raises, and is called too often to pass pgrx' boundary.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn GetCurrentSubTransactionId() -> pg_sys::SubTransactionId;
    }
}
