//! `steward migrate plan`: the SQL that `up` would run, in a form that psql takes.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::Context;
use super::up::up_to;
use crate::cli::{Order, UpGoal};
use crate::engine::{HISTORY_TABLE, Options, SchemaName};
use crate::error::Result;
use crate::exit::Exit;
use crate::migration::Migration;
use crate::output::Report;

#[derive(Serialize)]
struct Plan<'a> {
    set: &'a str,
    schema: &'a SchemaName,
    preparation: Vec<String>,
    migrations: Vec<Planned>,
}

#[derive(Serialize)]
struct Planned {
    version: i64,
    name: String,
    file: PathBuf,
    transactional: bool,
    sql: String,
}

pub(super) fn run(context: &Context<'_>, goal: UpGoal, order: Order) -> Result<Exit> {
    let options = Options {
        allow_out_of_order: order.allow_out_of_order,
        ..Options::default()
    };
    let schema = &context.arguments.schema;
    let (preparation, migrations) =
        context.migrate(options, |migrator| migrator.plan(up_to(goal)))?;
    if migrations.is_empty() {
        context.console.note("nothing to do");
    }
    let preparation = if migrations.is_empty() {
        Vec::new()
    } else {
        preparation.statements(schema)
    };
    context.console.show(&Plan {
        set: &context.set.name,
        schema,
        preparation,
        migrations: migrations.into_iter().map(Planned::from).collect(),
    })?;
    Ok(Exit::Success)
}

impl From<Migration> for Planned {
    fn from(migration: Migration) -> Self {
        Self {
            version: migration.version,
            name: migration.name,
            file: migration.up.file,
            transactional: migration.transactional,
            sql: migration.up.sql,
        }
    }
}

impl Report for Plan<'_> {
    fn text(&self) -> Option<String> {
        if self.migrations.is_empty() {
            return None;
        }
        let mut text = format!(
            "-- What \"steward migrate up\" would run, but for the rows that it writes to {}.{}\n\n",
            self.schema.identifier(),
            HISTORY_TABLE
        );
        if !self.preparation.is_empty() {
            text.push_str("-- Preparation\n");
            for statement in &self.preparation {
                text.push_str(statement.trim_end());
                text.push_str("\n\n");
            }
        }
        let _ = writeln!(text, "set search_path = {};", self.schema.identifier());
        for migration in &self.migrations {
            text.push_str(&migration.text());
        }
        Some(text)
    }
}

impl Planned {
    fn text(&self) -> String {
        let sql = self.sql.trim();
        let end = if sql.ends_with(';') { "" } else { "\n;" };
        let heading = format!("\n-- {} (version {})", self.file.display(), self.version);
        if self.transactional {
            format!("{heading}\nbegin;\n{sql}{end}\ncommit;\n")
        } else {
            format!("{heading}, without a transaction\n{sql}{end}\n")
        }
    }
}
