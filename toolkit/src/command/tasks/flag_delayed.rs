//! `steward tasks flag-delayed`

use postgres::SimpleQueryRow;
use postgres_protocol::escape::escape_literal;
use serde::Serialize;

use crate::cli::{FlagDelayed, Global};
use crate::command::connect::connect;
use crate::engine::simple_query::{is_true, rows};
use crate::error::Result;
use crate::exit::Exit;
use crate::extension;
use crate::output::{Console, Report, Table};

#[derive(Serialize)]
struct Flagged<'a> {
    table: &'a str,
    changed: Vec<Changed>,
}

#[derive(Serialize)]
struct Changed {
    task: Option<String>,
    delayed: bool,
}

pub(super) fn run(arguments: &FlagDelayed, global: &Global, console: &Console) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let mut transaction = client.transaction()?;
    extension::must_be_there(&mut transaction)?;
    let found = rows(&mut transaction, &call(arguments)).map_err(|error| match error.sqlstate() {
        Some("42883") => error.and_hint(
            "The extension in this database is older than this command: alter extension steward update;",
        ),
        _ => error,
    })?;
    transaction.commit()?;
    let flagged = Flagged {
        table: &arguments.tasks,
        changed: found.iter().map(Changed::from_row).collect(),
    };
    if flagged.changed.is_empty() {
        console.note(&format!(
            "no task of {} became delayed, and none ceased to be",
            arguments.tasks
        ));
    }
    console.show(&flagged)?;
    Ok(Exit::Success)
}

/// The query. What was not given is left to the function.
fn call(arguments: &FlagDelayed) -> String {
    let mut values = vec![escape_literal(&arguments.tasks)];
    let columns = [
        ("due", &arguments.due),
        ("flag", &arguments.flag),
        ("status", &arguments.status),
        ("key", &arguments.key),
        ("at", &arguments.at),
    ];
    for (name, value) in columns {
        values.extend(
            value
                .iter()
                .map(|value| format!("{name} => {}", escape_literal(value))),
        );
    }
    let lists = [
        ("done", &arguments.done),
        ("cancelled", &arguments.cancelled),
    ];
    for (name, labels) in lists {
        let Some(labels) = labels else { continue };
        let labels: Vec<_> = labels.iter().map(|label| escape_literal(label)).collect();
        values.push(format!(
            "{name} => array[{}]::pg_catalog.text[]",
            labels.join(", ")
        ));
    }
    format!(
        "select task, delayed from steward.flag_delayed({})",
        values.join(", ")
    )
}

impl Changed {
    fn from_row(row: &SimpleQueryRow) -> Self {
        Self {
            task: row.get("task").map(ToOwned::to_owned),
            delayed: is_true(row, "delayed"),
        }
    }
}

impl Report for Flagged<'_> {
    fn text(&self) -> Option<String> {
        if self.changed.is_empty() {
            return None;
        }
        let mut table = Table::new(["TASK", "DELAYED"]);
        for one in &self.changed {
            table.row([
                one.task.clone().unwrap_or_default(),
                if one.delayed { "yes" } else { "no" }.to_owned(),
            ]);
        }
        Some(table.text())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::call;
    use crate::cli::{Cli, Command, Tasks};

    #[track_caller]
    fn called(line: &[&str]) -> String {
        let line = ["steward", "tasks", "flag-delayed"].iter().chain(line);
        let Command::Tasks(Tasks::FlagDelayed(arguments)) =
            Cli::try_parse_from(line).expect("arguments").command
        else {
            panic!("another command");
        };
        call(&arguments)
    }

    #[test]
    fn what_is_not_given_is_left_to_the_function() {
        assert_eq!(
            called(&["tasks"]),
            "select task, delayed from steward.flag_delayed('tasks')"
        );
    }

    #[test]
    fn values_are_quoted() {
        assert_eq!(
            called(&[
                "it's",
                "--due",
                "d'ue",
                "--done",
                "a,b'c",
                "--cancelled",
                "x",
                "--at",
                "now"
            ]),
            "select task, delayed from steward.flag_delayed('it''s', due => 'd''ue', at => 'now', \
             done => array['a', 'b''c']::pg_catalog.text[], cancelled => array['x']::pg_catalog.text[])"
        );
    }
}
