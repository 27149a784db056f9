//! Which entries are asked for, as a condition in SQL that the log's indexes can answer.

use postgres::Transaction;
use postgres_protocol::escape::escape_literal;

use super::key;
use super::log::Log;
use super::subject::Subject;
use crate::cli::Filter;
use crate::error::{Error, Result};

/// The actions that audit triggers record.
const ACTIONS: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "TRUNCATE"];

/// By what the entries are found, and so in which order they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// By the index of keys: they are few.
    Key,
    /// By the index of users and times, in the order of their times.
    User,
    /// By their partitions alone.
    Time,
}

/// The condition on the entry `e`.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) order: Order,
}

/// A period, its ends as PostgreSQL writes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Period {
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
}

impl Condition {
    /// Reads what the user asks for; the period and the table have been read already.
    ///
    /// # Errors
    /// The log has no column for it, or a value is none of the column's type.
    pub(super) fn of(
        transaction: &mut Transaction,
        log: &Log,
        filter: &Filter,
        subject: Option<&Subject>,
        period: &Period,
    ) -> Result<Self> {
        let mut parts = Vec::new();
        if let Some(subject) = subject {
            parts.push(subject.condition(log)?);
        }
        if let Some(written) = &filter.key {
            parts.push(key::condition(transaction, log, subject, written)?);
        }
        if let Some(user) = &filter.user {
            parts.push(by_user(log, user)?);
        }
        parts.extend(in_period(log, period)?);
        parts.extend(of_actions(log, &filter.actions)?);
        if parts.is_empty() {
            parts.push("true".to_owned());
        }
        Ok(Self {
            sql: parts.join(" and "),
            order: match filter {
                Filter { key: Some(_), .. } => Order::Key,
                Filter { user: Some(_), .. } => Order::User,
                _ => Order::Time,
            },
        })
    }
}

/// In `actor`; in a table of the user's own `user_id`, and whom that could not name in `changes`.
fn by_user(log: &Log, user: &str) -> Result<String> {
    let columns = &log.columns;
    if let Some(actor) = columns.named("actor") {
        return Ok(format!("{} = {}", actor.sql(), actor.literal(user)));
    }
    let by_id = columns.named("user_id").filter(|id| id.can_hold(user));
    let by_id = by_id.map(|id| format!("{} = {}", id.sql(), id.literal(user)));
    let unnamed = columns
        .named("user_id")
        .map_or_else(String::new, |id| format!("{} is null and ", id.sql()));
    let by_name = columns
        .in_changes("{@actor,id}")
        .map(|name| format!("{unnamed}{name} = {}", escape_literal(user)));
    let arms: Vec<_> = [by_id, by_name].into_iter().flatten().collect();
    if arms.is_empty() {
        return Err(
            Error::usage(format!("table {} does not say who made a change", log.name)).detail(
                "--user needs a column user_id, of a type that holds the value, actor or changes.",
            ),
        );
    }
    Ok(format!("({})", arms.join(" or ")))
}

/// The ends are constants, so that partitions outside are not even planned for.
fn in_period(log: &Log, period: &Period) -> Result<Vec<String>> {
    let ends = [(">=", &period.since), ("<", &period.until)];
    let ends: Vec<_> = ends
        .into_iter()
        .filter_map(|(operator, end)| Some((operator, end.as_ref()?)))
        .collect();
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    let time = log.columns.time().ok_or_else(|| {
        Error::usage(format!(
            "table {} does not say when a change was made",
            log.name
        ))
        .detail("--since and --until need a column logged_at or created_at.")
    })?;
    Ok(ends
        .into_iter()
        .map(|(operator, end)| {
            format!(
                "{} {operator} {}::timestamptz",
                time.sql(),
                escape_literal(end)
            )
        })
        .collect())
}

/// Applications write actions of their own into their own tables.
fn of_actions(log: &Log, actions: &[String]) -> Result<Option<String>> {
    if actions.is_empty() {
        return Ok(None);
    }
    let wanted: Vec<_> = actions.iter().map(|action| action.to_uppercase()).collect();
    let unknown = wanted
        .iter()
        .find(|action| !ACTIONS.contains(&action.as_str()));
    if let Some(unknown) = unknown.filter(|_| log.is_log) {
        return Err(Error::usage(format!("no log records the action {unknown}"))
            .detail(format!("The actions are: {}.", ACTIONS.join(", "))));
    }
    let wanted: Vec<_> = wanted.iter().map(|action| escape_literal(action)).collect();
    let action = if log.is_log {
        "e.action"
    } else {
        "upper(e.action::text)"
    };
    Ok(Some(format!("{action} in ({})", wanted.join(", "))))
}
