//! What a demonstration consists of: steps, their statements, and what each has to come to.
//!
//! A walk is data. Whoever reads it sees what is claimed; running it checks every claim, so that a
//! demonstration cannot tell of a rule that the server does not keep.

use super::agent_hub;
use super::dafnck_machine;
use super::jadugar;
use super::new_fuse;
use super::outcome::{Outcome, Refusal, Value};
use super::scrum_master;
use crate::error::{Error, Result};

/// The walk through the rules of one blueprint, in the schema of the blueprint's name.
#[derive(Debug)]
pub(super) struct Walk {
    /// The blueprint's name.
    pub(super) blueprint: &'static str,
    /// The plain role that all statements are run as.
    pub(super) role: &'static str,
    /// What that role may do, after its name and a comma.
    pub(super) about_role: &'static str,
    /// The script by which a superuser makes the role and grants it that.
    pub(super) preparation: &'static str,
    /// What is shown, in order.
    pub(super) steps: &'static [Step],
    /// What to read next.
    pub(super) documents: &'static [&'static str],
}

/// Something that a rule does.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) title: &'static str,
    /// Why it matters, in one sentence.
    pub(super) reason: &'static str,
    pub(super) statements: &'static [Statement],
}

/// A statement as one would type it, and what it has to come to.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sql: &'static str,
    pub(super) expected: Expected,
    pub(super) place: Place,
}

/// Where a statement is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the session of the walk.
    Here,
    /// In another session, which does not wait.
    Elsewhere,
    /// In another session, where it has to wait until the statement after it.
    ElsewhereWaiting,
}

/// What a statement has to come to.
#[derive(Debug)]
pub(super) enum Expected {
    /// It is allowed, and has nothing to show.
    Done,
    /// It is allowed, and changes so many rows.
    Changed(u64),
    /// It is allowed, and returns exactly these rows in this order.
    Rows(&'static [&'static [Cell]]),
    /// It is refused.
    Refused {
        /// With one of these codes; majors of PostgreSQL differ in some.
        sqlstates: &'static [&'static str],
        /// With a HINT that holds this, where the step relies on it.
        hint: Option<&'static str>,
    },
}

/// What a value has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell {
    /// This, as text.
    Is(&'static str),
    /// NULL.
    Null,
    /// Any value but NULL: it differs from run to run.
    Varies,
}

/// Every walk; one a blueprint, in the order in which they are shown.
static WALKS: [&Walk; 5] = [
    &new_fuse::WALK,
    &jadugar::WALK,
    &dafnck_machine::WALK,
    &scrum_master::WALK,
    &agent_hub::WALK,
];

impl Walk {
    /// Every walk, in the order in which they are shown.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        WALKS.into_iter()
    }

    /// The walk through this blueprint.
    pub(super) fn through(blueprint: &str) -> Result<&'static Self> {
        Self::all()
            .find(|walk| walk.blueprint == blueprint)
            .ok_or_else(|| {
                Error::failure(format!("blueprint \"{blueprint}\" has no demonstration"))
            })
    }
}

impl Statement {
    const fn new(sql: &'static str, expected: Expected) -> Self {
        Self {
            sql,
            expected,
            place: Place::Here,
        }
    }

    /// The same in another session, where it has to wait until the statement after it.
    pub(super) const fn after_waiting(self) -> Self {
        Self {
            place: Place::ElsewhereWaiting,
            ..self
        }
    }

    /// The same in another session, while this one goes on.
    pub(super) const fn in_another_session(self) -> Self {
        Self {
            place: Place::Elsewhere,
            ..self
        }
    }

    /// A statement that is allowed and has nothing to show.
    pub(super) const fn is_done(sql: &'static str) -> Self {
        Self::new(sql, Expected::Done)
    }

    /// A statement that changes so many rows.
    pub(super) const fn changes(rows: u64, sql: &'static str) -> Self {
        Self::new(sql, Expected::Changed(rows))
    }

    /// A statement that returns exactly these rows.
    pub(super) const fn returns(sql: &'static str, rows: &'static [&'static [Cell]]) -> Self {
        Self::new(sql, Expected::Rows(rows))
    }

    /// A statement that is refused with one of these codes.
    pub(super) const fn is_refused(sql: &'static str, sqlstates: &'static [&'static str]) -> Self {
        let hint = None;
        Self::new(sql, Expected::Refused { sqlstates, hint })
    }

    /// A statement that is refused with this code and a HINT that holds `hint`.
    pub(super) const fn is_refused_with_hint(
        sql: &'static str,
        sqlstates: &'static [&'static str],
        hint: &'static str,
    ) -> Self {
        let hint = Some(hint);
        Self::new(sql, Expected::Refused { sqlstates, hint })
    }
}

impl Expected {
    /// Whether `outcome` is what it has to be.
    pub(super) fn is_met_by(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Done, Outcome::Allowed(result)) => result.shows_nothing(),
            (Self::Changed(rows), Outcome::Allowed(result)) => {
                result.columns.is_empty() && result.affected == *rows
            }
            (Self::Rows(expected), Outcome::Allowed(result)) => {
                rows_agree(expected, &result.rows) && !result.columns.is_empty()
            }
            (Self::Refused { sqlstates, hint }, Outcome::Refused(refusal)) => {
                sqlstates.contains(&refusal.sqlstate.as_str()) && holds_hint(refusal, *hint)
            }
            _ => false,
        }
    }

    /// What it has to be, in words.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Done => "that it is allowed and returns nothing".to_owned(),
            Self::Changed(rows) => format!("that it changes {rows} row(s)"),
            Self::Rows(rows) => {
                let lines: Vec<_> = rows.iter().map(|row| row_in_words(row)).collect();
                format!("the rows {}", lines.join(", "))
            }
            Self::Refused { sqlstates, hint } => {
                let codes = sqlstates.join(" or ");
                match hint {
                    Some(hint) => format!("a refusal with {codes} and the hint \"{hint}\""),
                    None => format!("a refusal with {codes}"),
                }
            }
        }
    }
}

impl Cell {
    fn agrees_with(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Is(text), Some(value)) => text == value,
            (Self::Null, None) | (Self::Varies, Some(_)) => true,
            _ => false,
        }
    }
}

fn rows_agree(expected: &[&[Cell]], rows: &[Vec<Value>]) -> bool {
    expected.len() == rows.len()
        && expected.iter().zip(rows).all(|(cells, values)| {
            cells.len() == values.len()
                && cells
                    .iter()
                    .zip(values)
                    .all(|(cell, value)| cell.agrees_with(value))
        })
}

fn row_in_words(row: &[Cell]) -> String {
    let cells: Vec<_> = row
        .iter()
        .map(|cell| match cell {
            Cell::Is(text) => text,
            Cell::Null => "NULL",
            Cell::Varies => "...",
        })
        .collect();
    format!("({})", cells.join(", "))
}

fn holds_hint(refusal: &Refusal, expected: Option<&str>) -> bool {
    expected.is_none_or(|expected| {
        refusal
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains(expected))
    })
}

#[cfg(test)]
mod tests {
    use super::{Cell, Expected, Place, WALKS, Walk};
    use crate::blueprint;
    use crate::demo::outcome::{Outcome, Refusal, ResultSet};

    fn allowed(columns: usize, rows: &[&[Option<&str>]], affected: u64) -> Outcome {
        Outcome::Allowed(ResultSet {
            columns: (0..columns).map(|number| format!("c{number}")).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|value| value.map(str::to_owned)).collect())
                .collect(),
            affected,
        })
    }

    fn refused(sqlstate: &str, hint: Option<&str>) -> Outcome {
        Outcome::Refused(Refusal {
            sqlstate: sqlstate.to_owned(),
            message: "no".to_owned(),
            detail: None,
            hint: hint.map(str::to_owned),
        })
    }

    #[test]
    fn a_statement_that_should_have_been_refused_is_noticed() {
        let expected = Expected::Refused {
            sqlstates: &["23503", "23001"],
            hint: None,
        };
        assert!(expected.is_met_by(&refused("23001", None)));
        assert!(!expected.is_met_by(&refused("23505", None)));
        assert!(!expected.is_met_by(&allowed(0, &[], 1)));
    }

    #[test]
    fn a_hint_that_is_relied_on_has_to_be_there() {
        let expected = Expected::Refused {
            sqlstates: &["55000"],
            hint: Some("create index"),
        };
        assert!(expected.is_met_by(&refused("55000", Some("create index on t (c);"))));
        assert!(!expected.is_met_by(&refused("55000", Some("drop it"))));
        assert!(!expected.is_met_by(&refused("55000", None)));
    }

    #[test]
    fn a_statement_that_should_have_been_allowed_is_noticed() {
        let no = refused("42501", None);
        assert!(!Expected::Done.is_met_by(&no));
        assert!(!Expected::Changed(1).is_met_by(&no));
        assert!(!Expected::Rows(&[]).is_met_by(&no));
    }

    #[test]
    fn other_rows_and_other_counts_are_noticed() {
        let expected = Expected::Rows(&[&[Cell::Is("a"), Cell::Null, Cell::Varies]]);
        assert!(expected.is_met_by(&allowed(3, &[&[Some("a"), None, Some("7")]], 1)));
        for wrong in [
            &[][..],
            &[&[Some("b"), None, Some("7")][..]],
            &[&[Some("a"), Some(""), Some("7")]],
            &[&[Some("a"), None, None]],
            &[&[Some("a"), None]],
            &[&[Some("a"), None, Some("7")], &[Some("a"), None, Some("7")]],
        ] {
            assert!(!expected.is_met_by(&allowed(3, wrong, 1)), "{wrong:?}");
        }
        assert!(Expected::Changed(2).is_met_by(&allowed(0, &[], 2)));
        assert!(!Expected::Changed(2).is_met_by(&allowed(0, &[], 1)));
    }

    #[test]
    fn nothing_to_show_is_no_row_or_a_void_function() {
        assert!(Expected::Done.is_met_by(&allowed(0, &[], 0)));
        assert!(Expected::Done.is_met_by(&allowed(1, &[&[Some("")]], 1)));
        assert!(!Expected::Done.is_met_by(&allowed(1, &[&[None]], 1)));
        assert!(!Expected::Done.is_met_by(&allowed(1, &[&[Some("1")]], 1)));
    }

    /// It is that one which lets it go on.
    #[test]
    fn a_statement_that_waits_is_followed_by_one_that_does_not() {
        for step in WALKS.iter().flat_map(|walk| walk.steps) {
            let waits = step
                .statements
                .iter()
                .map(|statement| statement.place == Place::ElsewhereWaiting);
            let after = waits.clone().skip(1).chain([true]);
            assert!(waits.zip(after).all(|two| two != (true, true)), "{step:?}");
        }
    }

    #[test]
    fn every_blueprint_has_a_walk_with_a_role_of_its_own() {
        for blueprint in blueprint::all() {
            assert!(Walk::through(blueprint.name()).is_ok(), "{blueprint:?}");
        }
        let mut roles: Vec<_> = WALKS.iter().map(|walk| walk.role).collect();
        roles.sort_unstable();
        roles.dedup();
        assert_eq!(roles.len(), WALKS.len());
    }
}
