//! The demonstration as a person reads it. Whatever colour says, a word says too.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::database::{Prepared, Server};
use super::outcome::{Outcome, Refusal, ResultSet};
use super::psql_table;
use super::walk::{Place, Statement, Step, Walk};

const TITLE: Style = Style::new().bold();
const PROMPT: Style = Style::new().dimmed();
const COMMENT: Style = Style::new().dimmed();
const REFUSED: Style = AnsiColor::Yellow.on_default().bold();

/// The margin of everything below a title.
const MARGIN: &str = "   ";

/// What runs here.
pub(super) fn server(server: &Server) -> String {
    format!(
        "PostgreSQL {} with the extension steward {}, on a server made for this demonstration.",
        server.postgresql, server.extension
    )
}

/// What is shown next.
pub(super) fn blueprint(walk: &Walk, prepared: &Prepared) -> String {
    format!(
        "\n{TITLE}{}{TITLE:#} in schema {}: {} migrations applied, {} rows of development data.\n\
         {}.\n\
         What follows is run as the role {}, {}",
        prepared.title,
        walk.blueprint,
        prepared.migrations,
        prepared.seeded_rows,
        prepared.description,
        walk.role,
        walk.about_role,
    )
}

/// The title of a step and why it matters.
pub(super) fn step(number: usize, step: &Step) -> String {
    format!(
        "\n{TITLE}{number:>2} {}{TITLE:#}\n{MARGIN}{}",
        step.title, step.reason
    )
}

/// A statement as one would type it in psql, and what it came to. Where there is nothing to show but
/// that it was allowed, a comment says so: copied along, it does no harm.
pub(super) fn statement(role: &str, statement: &Statement, outcome: &Outcome) -> String {
    let prompt = match statement.place {
        Place::Here => role,
        Place::Elsewhere | Place::ElsewhereWaiting => OTHER,
    };
    let text = typed(prompt, statement.sql);
    match outcome {
        Outcome::Allowed(result) if result.shows_nothing() => {
            format!("{text}  {COMMENT}-- {}{COMMENT:#}", allowed(result))
        }
        _ => text + &below(outcome),
    }
}

/// A statement of the other session, which has no outcome yet.
pub(super) fn waiting(sql: &str) -> String {
    let text = typed(OTHER, sql);
    format!("{text}  {COMMENT}-- waits{COMMENT:#}")
}

/// What became of it.
pub(super) fn end_of_waiting(outcome: &Outcome) -> String {
    let line = match outcome {
        Outcome::Allowed(result) if result.shows_nothing() => allowed(result),
        _ => "goes on".to_owned(),
    };
    format!(
        "{MARGIN}{PROMPT}{OTHER}:{PROMPT:#} {COMMENT}{line}{COMMENT:#}{}",
        below(outcome)
    )
}

/// What the session beside the first is called.
const OTHER: &str = "second session";

fn typed(prompt: &str, sql: &str) -> String {
    let prompt = format!("{prompt}=> ");
    let indentation = format!("\n{MARGIN}{}", " ".repeat(prompt.len()));
    format!(
        "{MARGIN}{PROMPT}{prompt}{PROMPT:#}{}",
        sql.replace('\n', &indentation)
    )
}

/// The lines of an outcome.
fn below(outcome: &Outcome) -> String {
    let lines = match outcome {
        Outcome::Refused(refusal) => refusal_lines(refusal),
        Outcome::Allowed(result) if result.shows_nothing() => Vec::new(),
        Outcome::Allowed(result) => psql_table::lines(result),
    };
    let mut text = String::new();
    for line in lines {
        let _ = write!(text, "\n{MARGIN}{line}");
    }
    text
}

fn allowed(result: &ResultSet) -> String {
    // CREATE and its like count nothing, and a function that returns nothing counts its one row.
    if !result.columns.is_empty() || result.affected == 0 {
        return "allowed".to_owned();
    }
    let plural = if result.affected == 1 { "" } else { "s" };
    format!("allowed: {} row{plural}", result.affected)
}

/// In the form of psql's, but for the first word.
fn refusal_lines(refusal: &Refusal) -> Vec<String> {
    let mut lines = vec![format!(
        "{REFUSED}REFUSED:{REFUSED:#}  {}: {}",
        refusal.sqlstate, refusal.message
    )];
    for (label, part) in [("DETAIL", &refusal.detail), ("HINT", &refusal.hint)] {
        if let Some(part) = part {
            lines.extend(format!("{label}:  {part}").lines().map(str::to_owned));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{end_of_waiting, statement};
    use crate::demo::outcome::{Outcome, Refusal, ResultSet};
    use crate::demo::walk::Statement;

    fn plain(sql: &'static str, outcome: &Outcome) -> String {
        shown(&Statement::is_done(sql), outcome)
    }

    fn shown(typed: &Statement, outcome: &Outcome) -> String {
        anstream::adapter::strip_str(&statement("app", typed, outcome)).to_string()
    }

    #[test]
    fn a_refusal_is_marked_with_a_word_and_keeps_every_part() {
        let refused = Outcome::Refused(Refusal {
            sqlstate: "55000".to_owned(),
            message: "no index".to_owned(),
            detail: Some("It is needed.".to_owned()),
            hint: Some("create index".to_owned()),
        });
        assert_eq!(
            plain("select 1,\n2;", &refused),
            "   app=> select 1,\n         2;\n   REFUSED:  55000: no index\n   \
             DETAIL:  It is needed.\n   HINT:  create index"
        );
    }

    #[test]
    fn another_session_is_told_apart() {
        let elsewhere = Statement::is_done("select 1;").in_another_session();
        assert_eq!(
            shown(&elsewhere, &Outcome::Allowed(ResultSet::default())),
            "   second session=> select 1;  -- allowed"
        );
    }

    #[test]
    fn what_waited_is_told_apart() {
        let refused = Outcome::Refused(Refusal {
            sqlstate: "23514".to_owned(),
            message: "a cycle".to_owned(),
            detail: None,
            hint: None,
        });
        let text = end_of_waiting(&refused);
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "   second session: goes on\n   REFUSED:  23514: a cycle"
        );
    }

    #[test]
    fn what_has_nothing_to_show_is_allowed_with_a_count() {
        let affecting = |affected| {
            Outcome::Allowed(ResultSet {
                affected,
                ..ResultSet::default()
            })
        };
        assert_eq!(
            plain("delete from t;", &affecting(1)),
            "   app=> delete from t;  -- allowed: 1 row"
        );
        assert!(plain("delete from t;", &affecting(2)).ends_with("-- allowed: 2 rows"));
        assert!(plain("drop table t;", &affecting(0)).ends_with("-- allowed"));
    }
}
