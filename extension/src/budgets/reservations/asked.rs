//! What a caller names: scopes, an amount, a time to live; and whether the caller may.

use pgrx::pg_sys;
use steward_rules::money::Money;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};

use super::super::attach::pairs;
use super::super::budget::{GLOBAL, Scope};
use super::super::ledger::Ledger;
use super::super::recount::{Usage, usage_tables};

/// The scopes that are named, and the one that is everything.
pub(in super::super) fn scopes(ledger: &Ledger, object: &str) -> Vec<Scope> {
    let usage = usage_tables(ledger.limits);
    let mut scopes = vec![Scope {
        kind: GLOBAL.into(),
        target: None,
    }];
    for (kind, target) in pairs(object, "scopes") {
        if !usage
            .iter()
            .any(|usage| usage.choice.column_of(&kind).is_some())
        {
            unknown_kind(&usage, &kind);
        }
        let target = self::target(ledger, &kind, &target);
        scopes.push(Scope {
            kind: kind.into(),
            target,
        });
    }
    scopes
}

/// Which one of a kind a text names: 22P02 where it names none.
pub(in super::super) fn target(ledger: &Ledger, kind: &str, target: &str) -> Option<Key> {
    let limits = Relation::open(ledger.limits, Lock::AccessShare);
    let column = limits.attribute(&ledger.choice.scope_column(&limits, kind))?;
    Some(KeyType::of(&column)?.parse(target))
}

fn unknown_kind(usage: &[Usage], kind: &str) -> ! {
    let mut known: Vec<_> = usage
        .iter()
        .flat_map(|usage| usage.choice.scopes.iter().map(|(kind, _)| kind.as_str()))
        .collect();
    known.sort_unstable();
    known.dedup();
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("no usage has a scope {}", name::literal(kind)),
    )
    .hint(format!("The scopes are: {}.", known.join(", ")))
    .raise()
}

/// An amount to ask for.
pub(in super::super) fn amount(text: &str) -> Money {
    Money::parse(text)
        .filter(|amount| !amount.is_negative())
        .unwrap_or_else(|| {
            Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "argument \"amount\" must be a number, not negative, with at most 12 places",
            )
            .raise()
        })
}

/// A key to ask under. It is looked up in an index, whose entries are short.
pub(in super::super) fn key(key: String) -> String {
    const MOST: usize = 1024;
    if key.len() > MOST {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("argument \"idempotency_key\" must have at most {MOST} bytes"),
        )
        .raise()
    }
    key
}

/// Who may spend may reserve: whoever may add rows to one of the usage tables.
pub(in super::super) fn check_may_spend(limits: pg_sys::Oid) {
    let may = usage_tables(limits).into_iter().any(|usage| {
        Relation::try_open(usage.table, Lock::AccessShare)
            .is_some_and(|table| table.may_be_inserted_into_by_current_user())
    });
    if may {
        return;
    }
    let limits = Relation::open(limits, Lock::AccessShare);
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!(
            "permission denied for the budgets in {}",
            limits.qualified_name()
        ),
    )
    .hint("Reserving needs the right to INSERT into a usage table that is charged to them.")
    .table(&limits)
    .raise()
}
