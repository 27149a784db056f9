//! `steward demo`

use crate::blueprint::{self, Blueprint};
use crate::cli;
use crate::demo::{self, Demonstration};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Console, Format};

pub(super) fn run(arguments: &cli::Demo, console: &Console) -> Result<Exit> {
    if arguments.psql && console.format() == Format::Json {
        return Err(
            Error::usage("--psql cannot be combined with --format json").hint(
                "With --keep instead, the document says how to connect to the server afterwards.",
            ),
        );
    }
    let demonstration = Demonstration {
        blueprints: blueprints(&arguments.blueprints)?,
        keep: arguments.keep,
        psql: arguments.psql,
    };
    demonstration.run(console)?;
    Ok(Exit::Success)
}

/// Those that are named, each once; all where none is.
fn blueprints(names: &[String]) -> Result<Vec<&'static Blueprint>> {
    if names.is_empty() {
        return demo::blueprints();
    }
    let mut chosen: Vec<&Blueprint> = Vec::new();
    for name in names {
        let blueprint = blueprint::find(name)?;
        if chosen.iter().all(|other| other.name() != blueprint.name()) {
            chosen.push(blueprint);
        }
    }
    Ok(chosen)
}
