//! `steward audit show`

use serde::Serialize;

use crate::audit::{Entry, Reading};
use crate::cli::{Filter, Global, LogName};
use crate::command::connect::connect;
use crate::error::Result;
use crate::exit::Exit;
use crate::graph::text::one_line;
use crate::output::{Console, Report, Table};

#[derive(Serialize)]
struct Shown {
    log: String,
    entry: Entry,
}

/// What is told above the columns, and under which name.
const FACTS: [(&str, &str); 8] = [
    ("Time", "logged_at"),
    ("Actor", "actor"),
    ("Known by", "actor_source"),
    ("Logged in as", "session_role"),
    ("Acting as", "invoking_role"),
    ("Application", "application_name"),
    ("Transaction", "transaction"),
    ("Begun", "transaction_at"),
];

pub(super) fn run(entry: &str, log: &LogName, global: &Global, console: &Console) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let mut reading = Reading::begin(&mut client, log.log.as_deref(), &Filter::default())?;
    let shown = Shown {
        entry: reading.entry(entry)?,
        log: reading.log.name,
    };
    console.show(&shown)?;
    Ok(Exit::Success)
}

impl Report for Shown {
    fn text(&self) -> Option<String> {
        let entry = &self.entry;
        let mut lines = vec![format!(
            "{} of {} {}",
            one_line(entry.get("action").unwrap_or_default()),
            one_line(&entry.table()),
            one_line(entry.get("key").unwrap_or_default()),
        )];
        lines.extend(FACTS.iter().filter_map(|(label, field)| {
            let value = entry.get(field).filter(|value| !value.is_empty())?;
            Some(format!("  {label:<13} {}", one_line(value)))
        }));
        let changes = entry.changes();
        if !changes.is_empty() {
            let mut table = Table::new(["COLUMN", "BEFORE", "AFTER"]);
            for change in changes {
                let side = |side: Option<String>| one_line(&side.unwrap_or_default()).into_owned();
                table.row([
                    one_line(&change.column).into_owned(),
                    side(change.before),
                    side(change.after),
                ]);
            }
            lines.extend([String::new(), table.text()]);
        }
        Some(lines.join("\n"))
    }
}
