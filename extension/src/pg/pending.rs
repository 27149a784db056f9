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
use std::collections::HashMap;
use std::rc::Rc;

use pgrx::pg_sys;

use super::boundary;
use super::trigger::Occasion;

/// A number that is unique within the transaction.
type Subtransaction = pg_sys::SubTransactionId;

/// What is noted, and not worked off, in the transaction that is under way.
pub(crate) struct Pending<T: 'static> {
    groups: Rc<RefCell<Groups<T>>>,
}

type Groups<T> = HashMap<pg_sys::Oid, Log<T>>;

/// What is noted for one group.
struct Log<T> {
    changes: Vec<T>,
    /// The subtransactions under way in which something was noted or worked off, from the outermost on.
    marks: Vec<Mark<T>>,
    statements: Vec<Statement>,
    /// When the client sent what this group is distrusted in.
    distrusted_in: Option<pg_sys::TimestampTz>,
}

/// What there was when a subtransaction came to the log.
struct Mark<T> {
    subtransaction: Subtransaction,
    /// How many changes are from before.
    before: usize,
    /// Those changes, where this subtransaction has worked them off.
    worked_off: Option<Vec<T>>,
}

/// A statement that has begun to write a table of a group.
struct Statement {
    occasion: Occasion,
    begun_in: Subtransaction,
}

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Another one of the group is under way.
    Inner,
    /// The outermost one, which somebody wrote.
    Outermost,
    /// The outermost one, by a cascade. PostgreSQL tells of the second wave of one only that it ends, so rows can
    /// have been written whose triggers have not fired.
    OfCascade,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            changes: Vec::new(),
            marks: Vec::new(),
            statements: Vec::new(),
            distrusted_in: None,
        }
    }
}

impl<T> Log<T> {
    /// The mark of the subtransaction that is under way.
    fn mark(&mut self) -> &mut Mark<T> {
        let now = current();
        if self.marks.last().map(|mark| mark.subtransaction) != Some(now) {
            self.marks.push(Mark {
                subtransaction: now,
                before: self.changes.len(),
                worked_off: None,
            });
        }
        let last = self.marks.len() - 1;
        &mut self.marks[last]
    }

    fn released(&mut self, subtransaction: Subtransaction, into: Subtransaction) {
        for statement in &mut self.statements {
            if statement.begun_in == subtransaction {
                statement.begun_in = into;
            }
        }
        let Some(mut ended) = self
            .marks
            .pop_if(|mark| mark.subtransaction == subtransaction)
        else {
            return;
        };
        match self.marks.last_mut() {
            Some(around) if around.subtransaction == into => {
                if let Some(mut worked_off) = ended.worked_off {
                    // What the one around had noted itself is done with; the rest is from before it too.
                    worked_off.truncate(around.before);
                    around.before = 0;
                    around.worked_off.get_or_insert(worked_off);
                }
            }
            _ => {
                ended.subtransaction = into;
                self.marks.push(ended);
            }
        }
    }

    fn rolled_back(&mut self, subtransaction: Subtransaction) {
        self.statements
            .retain(|statement| statement.begun_in != subtransaction);
        if let Some(ended) = self
            .marks
            .pop_if(|mark| mark.subtransaction == subtransaction)
        {
            match ended.worked_off {
                Some(worked_off) => self.changes = worked_off,
                None => self.changes.truncate(ended.before),
            }
        }
    }
}

impl<T: Clone> Pending<T> {
    /// To be made once for each rule, in a `thread_local!`.
    pub(crate) fn new() -> Self {
        let groups = Rc::new(RefCell::new(Groups::new()));
        listen();
        LOGS.with_borrow_mut(|logs| logs.push(Rc::clone(&groups) as Rc<dyn Follows>));
        Self { groups }
    }

    fn with_log<R>(&self, group: pg_sys::Oid, work: impl FnOnce(&mut Log<T>) -> R) -> R {
        work(self.groups.borrow_mut().entry(group).or_default())
    }

    /// Notes what happened to a row.
    pub(crate) fn note(&self, group: pg_sys::Oid, change: T) {
        self.with_log(group, |log| {
            log.mark();
            log.changes.push(change);
        });
    }

    /// To be called by the BEFORE STATEMENT trigger of every table of the group.
    pub(crate) fn begin_statement(&self, group: pg_sys::Oid, occasion: Occasion) {
        let begun_in = current();
        self.with_log(group, |log| {
            log.statements.push(Statement { occasion, begun_in });
        });
    }

    /// To be called by the AFTER STATEMENT trigger. Where it was the outermost one, what is noted is to be taken
    /// and worked off.
    pub(crate) fn end_statement(&self, group: pg_sys::Oid, occasion: Occasion) -> Ending {
        self.with_log(group, |log| {
            let statements = &mut log.statements;
            let begun = statements
                .iter()
                .rposition(|one| one.occasion.began_what_ends_at(&occasion))
                .map(|at| statements.remove(at));
            if !statements.is_empty() {
                return Ending::Inner;
            }
            match begun {
                Some(begun) if begun.occasion == occasion => Ending::Outermost,
                _ => Ending::OfCascade,
            }
        })
    }

    /// True while a statement on a table of the group is under way. Rows that come straight into a partition
    /// are noted outside of all statements: a deferred trigger has to work those off.
    pub(crate) fn is_in_statement(&self, group: pg_sys::Oid) -> bool {
        self.with_log(group, |log| !log.statements.is_empty())
    }

    /// Takes what is noted for a group and not worked off, in the order in which it happened. It has to be
    /// worked off now, or the statement has to fail.
    pub(crate) fn take(&self, group: pg_sys::Oid) -> Vec<T> {
        self.with_log(group, |log| {
            if log.changes.is_empty() {
                return Vec::new();
            }
            let before = std::mem::take(&mut log.mark().before);
            let taken = std::mem::take(&mut log.changes);
            if before > 0 {
                log.mark().worked_off = Some(taken[..before].to_vec());
            }
            taken
        })
    }

    /// Says that rows may have been read whose triggers have not fired: until the client sends something else,
    /// or the transaction ends, what is noted may have been counted already.
    pub(crate) fn distrust(&self, group: pg_sys::Oid) {
        self.with_log(group, |log| log.distrusted_in = Some(sent_at()));
    }

    pub(crate) fn is_distrusted(&self, group: pg_sys::Oid) -> bool {
        self.with_log(group, |log| log.distrusted_in == Some(sent_at()))
    }
}

fn sent_at() -> pg_sys::TimestampTz {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() }
}

/// What follows the transaction and its savepoints.
trait Follows {
    fn released(&self, subtransaction: Subtransaction, into: Subtransaction);
    fn rolled_back(&self, subtransaction: Subtransaction);
    fn ended(&self);
}

impl<T> Follows for RefCell<Groups<T>> {
    fn released(&self, subtransaction: Subtransaction, into: Subtransaction) {
        for log in self.borrow_mut().values_mut() {
            log.released(subtransaction, into);
        }
    }

    fn rolled_back(&self, subtransaction: Subtransaction) {
        for log in self.borrow_mut().values_mut() {
            log.rolled_back(subtransaction);
        }
    }

    fn ended(&self) {
        *self.borrow_mut() = Groups::new();
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
