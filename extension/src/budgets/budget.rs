//! A budget, and the window of it that a moment falls into.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use steward_rules::hash;
use steward_rules::money::Money;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::choice::Role;
use super::ledger::{Ledger, out_of_date};

/// What a budget is about: a kind, and which one of it; none for the kind that is everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) kind: Rc<str>,
    pub(super) target: Option<Key>,
}

/// The kind of scope that every usage falls under.
pub(super) const GLOBAL: &str = "global";

/// What happens to a row by which more would be spent than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Warn,
    Block,
}

/// A row of the limits.
pub(super) struct Budget {
    pub(super) key: Key,
    pub(super) name: String,
    pub(super) scope_kind: String,
    /// Which one it is about, as text.
    pub(super) scope_target: Option<String>,
    pub(super) limit: Money,
    pub(super) alert_threshold: Option<Money>,
    pub(super) action: Action,
    period: String,
    time_zone: String,
    /// Those that were used, by their beginning.
    windows: RefCell<BTreeMap<i64, Rc<Window>>>,
}

/// A window of one budget, half-open; times in microseconds as PostgreSQL counts them.
pub(super) struct Window {
    pub(super) id: Key,
    pub(super) starts_at: i64,
    pub(super) ends_at: i64,
    /// The slot that this session used last.
    pub(super) home: Cell<u16>,
    /// What others are known to have told about it, as bits.
    pub(super) told: Cell<u8>,
}

impl Budget {
    /// Reads the active budgets of a scope.
    pub(super) fn active(ledger: &Ledger, scope: &Scope) -> Vec<Rc<Self>> {
        let limits = Relation::open(ledger.limits, Lock::AccessShare);
        let about = match &scope.target {
            None => String::new(),
            Some(target) => {
                let column = ledger.choice.scope_column(&limits, &scope.kind);
                let Some(attribute) = limits.attribute(&column) else {
                    return Vec::new();
                };
                let key_type = KeyType::of(&attribute).filter(|column| column.takes(target));
                let Some(key_type) = key_type else {
                    out_of_date(&limits)
                };
                format!(
                    " and {} = {}::{}",
                    name::identifier(&column),
                    name::literal(&key_type.show(target)),
                    key_type.sql_name(),
                )
            }
        };
        let condition = format!(
            "{}::text = {}{about}{}",
            name::identifier(ledger.choice.column(Role::ScopeType).unwrap_or_default()),
            name::literal(&scope.kind),
            if_active(ledger, " and "),
        );
        Self::read(ledger, &limits, &condition)
            .into_iter()
            .map(Rc::new)
            .collect()
    }

    /// Reads all active budgets that some usage can fall under, with their scopes.
    pub(super) fn all_active(ledger: &Ledger) -> Vec<(Scope, Rc<Self>)> {
        let limits = Relation::open(ledger.limits, Lock::AccessShare);
        let condition = format!("true{}", if_active(ledger, " and "));
        let budgets = Self::read(ledger, &limits, &condition).into_iter();
        let mut types: HashMap<String, Option<KeyType>> = HashMap::new();
        budgets
            .filter_map(|budget| {
                let kind = &budget.scope_kind;
                let target = match &budget.scope_target {
                    _ if *kind == GLOBAL => None,
                    None => return None,
                    Some(target) => {
                        let key_type = types.entry(kind.clone()).or_insert_with(|| {
                            let column = ledger.choice.scope_column(&limits, kind);
                            KeyType::of(&limits.attribute(&column)?)
                        });
                        Some((*key_type)?.parse(target))
                    }
                };
                let kind = Rc::from(kind.as_str());
                Some((Scope { kind, target }, Rc::new(budget)))
            })
            .collect()
    }

    /// Reads the budgets for which a condition holds, as the owner of the limits and as they are now.
    pub(super) fn read(ledger: &Ledger, limits: &Relation, condition: &str) -> Vec<Self> {
        let rows = ledger.query(
            &format!(
                "select {} from {} where {condition} order by 1",
                columns(ledger, limits),
                limits.qualified_name()
            ),
            &[(limits.oid(), Lock::AccessShare)],
        );
        rows.into_iter()
            .map(|row| Self::of_row(ledger, limits, row))
            .collect()
    }

    /// Of a row that has [`columns`].
    pub(super) fn of_row(ledger: &Ledger, limits: &Relation, row: Vec<Option<String>>) -> Self {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        let key = next().unwrap_or_default();
        let broken = |role: Role| -> ! { refuse(limits, &key, role, ledger) };
        let named = next();
        let scope_kind = next().unwrap_or_default();
        let limit = next().as_deref().and_then(Money::parse);
        let limit = limit
            .filter(|limit| !limit.is_negative())
            .unwrap_or_else(|| broken(Role::Amount));
        let threshold = next();
        let action = match next().as_deref() {
            None | Some("warn") => Action::Warn,
            Some("block") => Action::Block,
            Some(_) => broken(Role::Action),
        };
        let period = next()
            .filter(|period| matches!(period.as_str(), "daily" | "weekly" | "monthly"))
            .unwrap_or_else(|| broken(Role::Period));
        let time_zone = next().unwrap_or_else(|| ledger.choice.time_zone.clone());
        Self {
            name: named.unwrap_or_else(|| key.clone()),
            scope_target: next(),
            scope_kind,
            limit,
            alert_threshold: threshold.map(|threshold| {
                Money::parse(&threshold)
                    .filter(|threshold| threshold.is_positive())
                    .unwrap_or_else(|| broken(Role::AlertThreshold))
            }),
            action,
            period,
            time_zone,
            key: ledger.key_type.parse(&key),
            windows: RefCell::default(),
        }
    }

    /// The window that a moment falls into.
    pub(super) fn window(&self, ledger: &Ledger, at: i64) -> Rc<Window> {
        const MOST_KEPT: usize = 4096;
        let mut windows = self.windows.borrow_mut();
        let found = windows.range(..=at).next_back();
        if let Some((_, window)) = found.filter(|(_, window)| at < window.ends_at) {
            return Rc::clone(window);
        }
        let window = Rc::new(self.work_out_window(ledger, at));
        if windows.len() >= MOST_KEPT {
            windows.clear();
        }
        windows.insert(window.starts_at, Rc::clone(&window));
        window
    }

    fn work_out_window(&self, ledger: &Ledger, at: i64) -> Window {
        let (mut starts_at, mut ends_at) = (0, 0);
        let sql = format!(
            "select {}, {} from steward.budget_window({}, {}, {})",
            microseconds("starts_at"),
            microseconds("ends_at"),
            name::literal(&self.period),
            timestamp(at),
            name::literal(&self.time_zone),
        );
        owner::run_as(ledger.owner, || {
            statement::for_each_row(&sql, |row| {
                starts_at = row.value(1).as_bigint();
                ends_at = row.value(2).as_bigint();
            });
        });
        Window::of(&self.key, starts_at, ends_at)
    }

    /// Which moments and scope it covers, for an error's DETAIL.
    pub(super) fn described_window(&self, window: &Window) -> String {
        format!(
            "{} from {} until {}",
            self.period,
            shown_time(window.starts_at, &self.time_zone),
            shown_time(window.ends_at, &self.time_zone),
        )
    }
}

impl Window {
    /// The window of a budget between two moments.
    pub(super) fn of(budget: &Key, starts_at: i64, ends_at: i64) -> Self {
        let id = hash::identifier(&[
            &budget.bytes(),
            &starts_at.to_be_bytes(),
            &ends_at.to_be_bytes(),
        ]);
        Self {
            id: Key::Uuid(id),
            starts_at,
            ends_at,
            home: Cell::new(0),
            told: Cell::new(0),
        }
    }
}

/// What [`Budget::of_row`] reads: key, name, kind of scope, amount, threshold, action, period, time zone, target.
pub(super) fn columns(ledger: &Ledger, limits: &Relation) -> String {
    let of = |role: Role| {
        ledger.choice.column(role).map_or_else(
            || "null::text".to_owned(),
            |column| format!("{}::text", name::identifier(column)),
        )
    };
    let roles = [
        Role::Key,
        Role::Name,
        Role::ScopeType,
        Role::Amount,
        Role::AlertThreshold,
        Role::Action,
        Role::Period,
        Role::TimeZone,
    ];
    let mut columns: Vec<_> = roles.into_iter().map(of).collect();
    columns.push(target(ledger, limits));
    columns.join(", ")
}

/// Which one a budget is about, as text: what stands in the column of its own kind of scope, and in no other.
fn target(ledger: &Ledger, limits: &Relation) -> String {
    let text = |column: &str| format!("{}::text", name::identifier(column));
    let id = ledger.choice.column(Role::ScopeId).unwrap_or_default();
    let own: String = scope_columns(ledger, limits)
        .iter()
        .filter_map(|column| {
            let kind = column.strip_prefix("scope_")?;
            Some(format!(
                "when {} then {} ",
                name::literal(kind),
                text(column)
            ))
        })
        .collect();
    format!(
        "case {} when {} then null {own}else {} end",
        text(ledger.choice.column(Role::ScopeType).unwrap_or_default()),
        name::literal(GLOBAL),
        text(id),
    )
}

/// The columns that say which one a scope is about.
pub(super) fn scope_columns(ledger: &Ledger, limits: &Relation) -> Vec<String> {
    let kind = ledger.choice.column(Role::ScopeType).unwrap_or_default();
    let mut columns: Vec<_> = limits
        .attributes()
        .map(|attribute| attribute.name)
        .filter(|column| column.starts_with("scope_") && column != kind)
        .collect();
    let id = ledger.choice.column(Role::ScopeId).unwrap_or_default();
    if !columns.iter().any(|column| column == id) {
        columns.push(id.to_owned());
    }
    columns
}

/// The condition that a budget is active, where limits can be inactive.
pub(super) fn if_active(ledger: &Ledger, before: &str) -> String {
    ledger
        .choice
        .column(Role::Active)
        .map_or_else(String::new, |column| {
            format!("{before}{} is true", name::identifier(column))
        })
}

/// A moment as SQL.
pub(super) fn timestamp(at: i64) -> String {
    format!("('2000-01-01 00:00:00+00'::timestamptz + interval '{at} microseconds')")
}

/// A column of moments as the numbers that they are stored as.
pub(super) fn microseconds(column: &str) -> String {
    format!(
        "case when isfinite({column}) then ((extract(epoch from {column}) - 946684800) * 1000000)::bigint end"
    )
}

/// A moment as PostgreSQL reads it, whatever the session's settings.
pub(super) fn shown_timestamp(at: i64) -> String {
    let mut shown = None;
    statement::for_each_row(
        &format!(
            "select to_char({} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'",
            timestamp(at)
        ),
        |row| shown = row.value(1).as_text(),
    );
    shown.unwrap_or_default()
}

fn shown_time(at: i64, time_zone: &str) -> String {
    let rows = statement::query(&format!(
        "select to_char({} at time zone {}, 'YYYY-MM-DD HH24:MI:SS')",
        timestamp(at),
        name::literal(time_zone)
    ));
    let shown = rows
        .into_iter()
        .next()
        .and_then(|mut row| row.pop().flatten());
    format!("{} {time_zone}", shown.unwrap_or_default())
}

/// A value in the limits that no budget can have.
fn refuse(limits: &Relation, key: &str, role: Role, ledger: &Ledger) -> ! {
    let must = match role {
        Role::Amount => "is a number, not negative, with at most 12 places",
        Role::AlertThreshold => "is NULL, or a number greater than 0",
        Role::Action => "is warn, or block",
        _ => "is daily, weekly or monthly",
    };
    let column = ledger.choice.column(role).unwrap_or_default();
    Report::new(
        SqlState::CHECK_VIOLATION,
        format!(
            "budget {key} in {} has a wrong {}",
            limits.qualified_name(),
            role.label()
        ),
    )
    .detail(format!("Column {} {must}.", name::identifier(column)))
    .table(limits)
    .column(column)
    .constraint(format!("{}_{}", limits.name(), role.label()))
    .raise()
}
