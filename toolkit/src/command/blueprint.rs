//! `steward blueprint list` and `steward blueprint show`

use std::path::PathBuf;

use serde::Serialize;

use crate::blueprint::{self, Blueprint};
use crate::cli;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Console, Report, Table};

#[derive(Serialize)]
struct List {
    blueprints: Vec<Summary>,
}

#[derive(Serialize)]
struct Summary {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    migrations: usize,
    seeds: Vec<&'static str>,
}

#[derive(Serialize)]
struct Contents {
    #[serde(flatten)]
    summary: Summary,
    #[serde(rename = "versions")]
    members: Vec<Member>,
}

#[derive(Serialize)]
struct Member {
    version: i64,
    name: String,
    file: PathBuf,
    reversible: bool,
}

pub(super) fn run(command: &cli::Blueprint, console: &Console) -> Result<Exit> {
    match command {
        cli::Blueprint::List => console.show(&list()?)?,
        cli::Blueprint::Show { name } => console.show(&contents(blueprint::find(name)?)?)?,
    }
    Ok(Exit::Success)
}

fn list() -> Result<List> {
    let blueprints = blueprint::all()
        .iter()
        .map(summary)
        .collect::<Result<_>>()?;
    Ok(List { blueprints })
}

fn summary(blueprint: &'static Blueprint) -> Result<Summary> {
    Ok(Summary {
        name: blueprint.name(),
        title: blueprint.title(),
        description: blueprint.description(),
        migrations: blueprint.migrations()?.migrations.len(),
        seeds: blueprint.seeds(),
    })
}

fn contents(blueprint: &'static Blueprint) -> Result<Contents> {
    let members = blueprint
        .migrations()?
        .migrations
        .into_iter()
        .map(|migration| Member {
            version: migration.version,
            name: migration.name,
            file: migration.up.file,
            reversible: migration.down.is_some(),
        })
        .collect();
    Ok(Contents {
        summary: summary(blueprint)?,
        members,
    })
}

impl Report for List {
    fn text(&self) -> Option<String> {
        let mut table = Table::new(["NAME", "MIGRATIONS", "SEEDS", "DESCRIPTION"]);
        for blueprint in &self.blueprints {
            table.row([
                blueprint.name.to_owned(),
                blueprint.migrations.to_string(),
                blueprint.seeds.join(", "),
                blueprint.description.to_owned(),
            ]);
        }
        Some(table.text())
    }
}

impl Report for Contents {
    fn text(&self) -> Option<String> {
        let mut table = Table::new(["VERSION", "NAME", "REVERSIBLE"]);
        for member in &self.members {
            let reversible = if member.reversible { "yes" } else { "no" };
            table.row([
                member.version.to_string(),
                member.name.clone(),
                reversible.to_owned(),
            ]);
        }
        let Summary {
            name,
            title,
            description,
            seeds,
            ..
        } = &self.summary;
        let seeds = if seeds.is_empty() {
            "none".to_owned()
        } else {
            seeds.join(", ")
        };
        Some(format!(
            "{title}: {description}\n\nApply:  steward migrate up --blueprint {name} --schema \
             {name}\nSeeds:  {seeds}\n\n{}",
            table.text()
        ))
    }
}
