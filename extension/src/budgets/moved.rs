//! Rows that move from one partition to another.
//!
//! PostgreSQL tells of an UPDATE that moves a row as of a DELETE and an INSERT, one right after the other. The time of
//! such a row is not new, however old it is: it has been charged by that time before, and taking a scope from
//! old usage (ON DELETE SET NULL does) must not be refused for it. Who could make a pair of a DELETE and an INSERT look
//! like this in one statement has the right to delete usage, which is more.

use std::cell::RefCell;

use pgrx::pg_sys;

use crate::pg::transaction;
use crate::pg::trigger::Firing;

/// The last row that was deleted, for each table of limits.
struct Deleted {
    limits: pg_sys::Oid,
    at: i64,
    query: Query,
}

/// Rows move within one query of one transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Query {
    transaction: u32,
    command: u32,
}

impl Query {
    fn of(firing: &Firing<'_>) -> Self {
        Self {
            transaction: transaction::current_id(),
            command: firing.occasion().command(),
        }
    }
}

thread_local! {
    static DELETED: RefCell<Vec<Deleted>> = const { RefCell::new(Vec::new()) };
}

/// Remembers that a row with that time was deleted.
pub(super) fn was_deleted(firing: &Firing<'_>, limits: pg_sys::Oid, at: i64) {
    let query = Query::of(firing);
    DELETED.with_borrow_mut(|all| {
        all.retain(|deleted| deleted.query == query && deleted.limits != limits);
        all.push(Deleted { limits, at, query });
    });
}

/// True where a row that is inserted has the time of the one that was deleted just before.
pub(super) fn has_moved(firing: &Firing<'_>, limits: pg_sys::Oid, at: i64) -> bool {
    let query = Query::of(firing);
    DELETED.with_borrow_mut(|all| {
        let found = all
            .iter()
            .position(|deleted| deleted.limits == limits && deleted.query == query);
        found.is_some_and(|position| all.swap_remove(position).at == at)
    })
}
