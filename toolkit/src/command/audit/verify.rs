//! `steward audit verify`

use postgres::SimpleQueryRow;
use postgres_protocol::escape::escape_literal;
use serde::Serialize;

use super::keep;
use crate::cli::{Global, LogName};
use crate::command::connect::connect;
use crate::error::Result;
use crate::exit::Exit;
use crate::graph::text::one_line;
use crate::output::{Console, Report, Table};

#[derive(Serialize)]
struct Verified<'a> {
    log: String,
    anchor: Option<&'a str>,
    sound: bool,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    #[serde(rename = "problem")]
    what: String,
    seal: Option<i64>,
    sequence: Option<i64>,
    detail: Option<String>,
}

pub(super) fn run(
    log: &LogName,
    anchor: Option<&str>,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let log = keep::find(&mut client, log)?;
    let mut transaction = client.build_transaction().read_only(true).start()?;
    let sql = format!(
        "select problem, seal, sequence, detail from steward.verify_audit({}, {})",
        log.literal(),
        anchor.map_or_else(|| "null".to_owned(), |anchor| escape_literal(anchor.trim())),
    );
    let found = keep::call(&mut transaction, &sql)?;
    let problems: Vec<_> = found.iter().map(Problem::from_row).collect();
    let verified = Verified {
        log: log.name,
        anchor,
        sound: problems.is_empty(),
        problems,
    };
    console.show(&verified)?;
    if !verified.sound {
        return Ok(Exit::Unsound);
    }
    console.note(&format!(
        "nothing was done to {} past its guard since it was sealed",
        verified.log
    ));
    if anchor.is_none() {
        console.note(
            "without --anchor, somebody who rewrote the log and all of its seals goes unseen",
        );
    }
    Ok(Exit::Success)
}

impl Problem {
    fn from_row(row: &SimpleQueryRow) -> Self {
        let text = |column: &str| row.get(column).map(ToOwned::to_owned);
        let number = |column: &str| row.get(column)?.parse().ok();
        Self {
            what: text("problem").unwrap_or_default(),
            seal: number("seal"),
            sequence: number("sequence"),
            detail: text("detail"),
        }
    }
}

impl Report for Verified<'_> {
    fn text(&self) -> Option<String> {
        if self.problems.is_empty() {
            return None;
        }
        let number =
            |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
        let mut table = Table::new(["PROBLEM", "SEAL", "SEQUENCE", "DETAIL"]);
        for one in &self.problems {
            table.row([
                one.what.clone(),
                number(one.seal),
                number(one.sequence),
                one_line(one.detail.as_deref().unwrap_or_default()).into_owned(),
            ]);
        }
        Some(table.text())
    }
}
