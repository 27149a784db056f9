//! `steward seed`: runs a seed of a blueprint, in one transaction.
//!
//! The seeds are written so that a second run changes nothing; what was changed is taken from the
//! server's own counters of this transaction, which count what triggers do, too.

use postgres::Client;
use serde::Serialize;

use super::connect::connect;
use crate::blueprint::{self, Blueprint};
use crate::cli::{self, Global};
use crate::engine::{self, Comparison, Migrator, Options, SchemaName, State};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::migration::{MigrationSet, Script};
use crate::output::{Console, Narrator, Report, Table};

#[derive(Serialize)]
struct Seeded<'a> {
    blueprint: &'a str,
    seed: &'a str,
    schema: &'a SchemaName,
    tables: Vec<Changes>,
}

/// What became of a table's rows.
#[derive(Serialize)]
struct Changes {
    table: String,
    inserted: i64,
    updated: i64,
    deleted: i64,
}

pub(super) fn run(arguments: &cli::Seed, global: &Global, console: &Console) -> Result<Exit> {
    let blueprint = blueprint::find(&arguments.blueprint)?;
    let script = script(blueprint, &arguments.name)?;
    let migrations = blueprint.migrations()?;
    let mut client = connect(global, console)?;
    must_be_migrated(&mut client, &migrations, &arguments.schema)?;
    let narrator = Narrator::new(console, arguments.schema.as_str());
    let tables = fill(&mut client, &arguments.schema, &script, &narrator)?;
    if tables.is_empty() {
        console.note("the data is there already; nothing was changed");
    }
    console.show(&Seeded {
        blueprint: blueprint.name(),
        seed: &arguments.name,
        schema: &arguments.schema,
        tables,
    })?;
    Ok(Exit::Success)
}

fn script(blueprint: &Blueprint, name: &str) -> Result<Script> {
    blueprint.seed(name).ok_or_else(|| {
        let error = Error::usage(format!(
            "blueprint \"{}\" has no seed \"{name}\"",
            blueprint.name()
        ));
        match blueprint.seeds().as_slice() {
            [] => error.detail("It has none."),
            seeds => error.detail(format!("It has: {}.", seeds.join(", "))),
        }
    })
}

fn must_be_migrated(
    client: &mut Client,
    migrations: &MigrationSet,
    schema: &SchemaName,
) -> Result<()> {
    let mut migrator = Migrator::new(client, schema, migrations, Options::default(), &());
    let survey = migrator.survey()?;
    let history = migrator.history(&survey)?;
    let comparison = Comparison::of(migrations, &history)?;
    let pending = comparison.count(State::Pending) + comparison.count(State::OutOfOrder);
    if pending == 0 {
        return Ok(());
    }
    Err(Error::failure(format!(
        "blueprint \"{}\" is not migrated in schema \"{schema}\"",
        migrations.name
    ))
    .detail(format!(
        "Of its {} migrations {pending} are pending.",
        migrations.migrations.len()
    ))
    .hint(format!(
        "steward migrate up --blueprint {} --schema {schema}",
        migrations.name
    )))
}

/// Runs the script and returns the tables that it changed.
fn fill(
    client: &mut Client,
    schema: &SchemaName,
    script: &Script,
    narrator: &Narrator<'_>,
) -> Result<Vec<Changes>> {
    client.batch_execute(&format!(
        "begin; set local search_path = {}",
        schema.identifier()
    ))?;
    let done = engine::run_script(client, script, narrator).and_then(|()| changes(client));
    let end = if done.is_ok() { "commit" } else { "rollback" };
    let ended = client.batch_execute(end);
    let changes = done?;
    ended?;
    Ok(changes)
}

fn changes(client: &mut Client) -> Result<Vec<Changes>> {
    let rows = client.query(
        "select relid::pg_catalog.regclass::text, n_tup_ins, n_tup_upd, n_tup_del
           from pg_catalog.pg_stat_xact_user_tables
          where n_tup_ins + n_tup_upd + n_tup_del > 0
          order by 1",
        &[],
    )?;
    Ok(rows
        .iter()
        .map(|row| Changes {
            table: row.get(0),
            inserted: row.get(1),
            updated: row.get(2),
            deleted: row.get(3),
        })
        .collect())
}

impl Report for Seeded<'_> {
    fn text(&self) -> Option<String> {
        if self.tables.is_empty() {
            return None;
        }
        let mut table = Table::new(["TABLE", "INSERTED", "UPDATED", "DELETED"]);
        for changes in &self.tables {
            table.row([
                changes.table.clone(),
                changes.inserted.to_string(),
                changes.updated.to_string(),
                changes.deleted.to_string(),
            ]);
        }
        Some(table.text())
    }
}
