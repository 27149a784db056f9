//! `steward audit log`

use serde::Serialize;

use crate::audit::{Entry, Reading, csv_line};
use crate::cli::{Filter, FormatName, Global, Listing, LogName};
use crate::command::connect::connect;
use crate::error::Result;
use crate::exit::Exit;
use crate::graph::text::{cut, one_line};
use crate::output::{Console, Report, Table};

/// How much of what changed a line of the table shows.
const WIDTH: usize = 60;

#[derive(Serialize)]
struct Listed {
    log: String,
    entries: Vec<Entry>,
}

pub(super) fn run(
    log: &LogName,
    filter: &Filter,
    listing: Listing,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let mut reading = Reading::begin(&mut client, log.log.as_deref(), filter)?;
    let entries = reading.newest(listing.limit)?;
    let listed = Listed {
        log: reading.log.name.clone(),
        entries,
    };
    if listing.format == Some(FormatName::Csv) {
        console.data(&csv(&reading.fields(), &listed.entries))?;
    } else {
        console.show(&listed)?;
    }
    if listed.entries.is_empty() {
        console.note(&format!(
            "{} has no such entry that you may see",
            listed.log
        ));
    } else if u32::try_from(listed.entries.len()) == Ok(listing.limit) {
        console.note(&format!(
            "the newest {}; --limit shows more, \"steward audit export\" all",
            listing.limit
        ));
    }
    Ok(Exit::Success)
}

fn csv(fields: &[&str], entries: &[Entry]) -> String {
    let heading = csv_line(fields.iter().map(|field| Some(*field)));
    let lines = entries.iter().map(|entry| csv_line(entry.values()));
    std::iter::once(heading).chain(lines).collect()
}

impl Report for Listed {
    fn text(&self) -> Option<String> {
        let first = self.entries.first()?;
        let identity = if first.get("sequence").is_some() {
            "SEQUENCE"
        } else {
            "ID"
        };
        let mut table = Table::new([
            identity, "TIME", "ACTOR", "ACTION", "TABLE", "KEY", "CHANGED",
        ]);
        for entry in &self.entries {
            let field = |name| shown(entry.get(name).unwrap_or_default());
            table.row([
                entry.identity().unwrap_or_default().to_owned(),
                to_the_second(&field("logged_at")),
                field("actor"),
                field("action"),
                shown(&entry.table()),
                shown(&entry.key()),
                changed(entry),
            ]);
        }
        Some(table.text())
    }
}

/// A glimpse: of an UPDATE what became of what, of all else the columns would only repeat the row.
fn changed(entry: &Entry) -> String {
    let changes: Vec<_> = entry
        .changes()
        .into_iter()
        .filter_map(|one| match (one.before, one.after) {
            (Some(before), Some(after)) if before == after => {
                Some(format!("{}: {before}", one.column))
            }
            (Some(before), Some(after)) => Some(format!("{}: {before} -> {after}", one.column)),
            (Some(rows), None) if one.column.ends_with("estimated_rows") => {
                Some(format!("about {rows} rows"))
            }
            (None, Some(rows)) if one.column == "@estimated_rows" => {
                Some(format!("about {rows} rows"))
            }
            _ => None,
        })
        .collect();
    shown(&changes.join(", "))
}

/// One line without control characters: whoever uses the application chooses what is in it.
fn shown(text: &str) -> String {
    cut(&one_line(text), WIDTH).into_owned()
}

fn to_the_second(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => format!("{seconds}Z"),
        _ => time.to_owned(),
    }
}
