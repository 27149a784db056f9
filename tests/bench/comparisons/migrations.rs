//! `steward migrate up` against psql with the same SQL.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Quantity, Ratio, Unit, Variant, Work,
};
use crate::place::Place;

/// Names the program to measure, where it is not beside the benchmarks.
const PROGRAM_VARIABLE: &str = "STEWARD_PROGRAM";

const BLUEPRINT: &str = "new_fuse";

/// The migrations of the blueprint, as the program has them embedded.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sql/new_fuse");

pub(super) fn apply_a_blueprint() -> Comparison {
    let program = steward();
    let files = migrations();
    Comparison {
        name: "migrations/apply",
        about: format!("the blueprint {BLUEPRINT} applied to an empty schema, as a whole program"),
        durability: Durability::Durable,
        fixture: Fixture::Fresh,
        clock: Clock::Wall,
        unit: Unit::Time { of: "run" },
        limits: Vec::new(),
        skipped: why_not(&program, &files),
        variants: vec![
            variant(
                "psql",
                Box::new(move |place: &Place<'_>| psql(&files, place)),
            ),
            variant(
                "steward",
                Box::new(move |place: &Place<'_>| migrate_up(&program, place)),
            ),
        ],
        ratios: vec![Ratio {
            quantity: Quantity::Total,
            of: "steward",
            against: "psql",
            goal: Some(Goal::AtMost(1.3)),
        }],
    }
}

fn variant(name: &'static str, program: Box<crate::comparison::ProgramWork>) -> Variant {
    Variant {
        name,
        over: None,
        setup: String::new(),
        work: Work::Program(program),
        restore: String::new(),
        proof: "select to_regclass('features') is not null and exists (select from steward.attachments)"
            .to_owned(),
    }
}

/// The program that cargo built next to this one.
fn steward() -> PathBuf {
    env::var_os(PROGRAM_VARIABLE).map_or_else(
        || {
            env::current_exe()
                .unwrap_or_default()
                .with_file_name("steward")
        },
        PathBuf::from,
    )
}

fn why_not(program: &Path, files: &[PathBuf]) -> Option<String> {
    if files.is_empty() {
        return Some(format!("there are no migrations in \"{FOLDER}\""));
    }
    let has_migrate = Command::new(program)
        .args(["migrate", "up", "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match has_migrate {
        Ok(status) if status.success() => None,
        Ok(_) => Some(format!("\"{}\" has no command migrate", program.display())),
        Err(error) => Some(format!(
            "could not run \"{}\": {error}; cargo build --release -p steward-toolkit makes it, \
             and {PROGRAM_VARIABLE} names another",
            program.display()
        )),
    }
}

fn migrate_up(program: &Path, place: &Place<'_>) -> Command {
    let mut command = Command::new(program);
    command
        .args(["migrate", "up", "--blueprint", BLUEPRINT, "--schema"])
        .arg(place.schema())
        .arg("--database-url")
        .arg(place.connection_string());
    command
}

/// One psql for all files, and a transaction for each, as the migrations are applied.
fn psql(files: &[PathBuf], place: &Place<'_>) -> Command {
    let mut command = Command::new(place.bin_directory().join("psql"));
    command
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
        .arg(place.connection_string())
        .env("PGOPTIONS", format!("-c search_path={}", place.schema()));
    for file in files {
        command
            .args(["-c", "begin", "-f"])
            .arg(file)
            .args(["-c", "commit"]);
    }
    command
}

/// In the order of their versions, which are of one length.
fn migrations() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(FOLDER)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".sql") && !name.ends_with(".down.sql")
        })
        .collect();
    files.sort_unstable();
    files
}
