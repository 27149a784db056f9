//! `steward seed`

use postgres::Client;
use serde::Serialize;

use super::connect::connect;
use crate::blueprint::{self, Blueprint};
use crate::cli::{self, Global};
use crate::engine::{Comparison, Migrator, Options, SchemaName, State};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::migration::{MigrationSet, Script};
use crate::output::{Console, Narrator, Report, Table};
use crate::seed::{self, Changes};

#[derive(Serialize)]
struct Seeded<'a> {
    blueprint: &'a str,
    seed: &'a str,
    schema: &'a SchemaName,
    tables: Vec<Changes>,
}

pub(super) fn run(arguments: &cli::Seed, global: &Global, console: &Console) -> Result<Exit> {
    let blueprint = blueprint::find(&arguments.blueprint)?;
    let script = script(blueprint, &arguments.name)?;
    let migrations = blueprint.migrations()?;
    let mut client = connect(global, console)?;
    must_be_migrated(&mut client, &migrations, &arguments.schema)?;
    let narrator = Narrator::new(console, arguments.schema.as_str());
    let tables = seed::run(&mut client, &arguments.schema, &script, &narrator)?;
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
