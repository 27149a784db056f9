//! `steward migrate`: one file a subcommand.

mod baseline;
mod down;
mod goto;
mod new;
mod plan;
mod redo;
mod report;
mod status;
mod up;
mod verify;

use super::connect::connect;
use crate::blueprint;
use crate::cli::{Global, Migrate, Set};
use crate::engine::{AppliedMigration, Migrator, Options, Outcome, Step, Survey};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::migration::{self, MigrationSet};
use crate::output::{Confirmation, Console, Narrator};

pub(super) fn run(command: &Migrate, global: &Global, console: &Console) -> Result<Exit> {
    match command {
        Migrate::Up {
            set,
            goal,
            order,
            locking,
        } => up::run(
            &Context::new(set, global, console)?,
            *goal,
            *order,
            *locking,
        ),
        Migrate::Down { set, goal, locking } => {
            down::run(&Context::new(set, global, console)?, *goal, *locking)
        }
        Migrate::Redo { set, locking } => redo::run(&Context::new(set, global, console)?, *locking),
        Migrate::Goto {
            version,
            set,
            order,
            locking,
        } => goto::run(
            &Context::new(set, global, console)?,
            *version,
            *order,
            *locking,
        ),
        Migrate::Status { set, exit_code } => {
            status::run(&Context::new(set, global, console)?, *exit_code)
        }
        Migrate::Plan { set, goal, order } => {
            plan::run(&Context::new(set, global, console)?, *goal, *order)
        }
        Migrate::Verify { set, restamp, lock } => {
            verify::run(&Context::new(set, global, console)?, *restamp, *lock)
        }
        Migrate::New { name, source } => new::run(source, name, console),
        Migrate::Baseline {
            version,
            set,
            order,
            lock,
        } => baseline::run(
            &Context::new(set, global, console)?,
            *version,
            *order,
            *lock,
        ),
    }
}

/// What every subcommand works on.
struct Context<'a> {
    set: MigrationSet,
    arguments: &'a Set,
    global: &'a Global,
    console: &'a Console,
}

impl<'a> Context<'a> {
    fn new(arguments: &'a Set, global: &'a Global, console: &'a Console) -> Result<Self> {
        Ok(Self {
            set: migrations(arguments)?,
            arguments,
            global,
            console,
        })
    }

    /// Connects, and lets `work` use the engine.
    fn migrate<T>(
        &self,
        options: Options,
        work: impl FnOnce(&mut Migrator<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut client = connect(self.global, self.console)?;
        let schema = &self.arguments.schema;
        let narrator = Narrator::new(self.console, schema.as_str());
        work(&mut Migrator::new(
            &mut client,
            schema,
            &self.set,
            options,
            &narrator,
        ))
    }

    /// Connects, and reads what the database holds and what was applied.
    fn read(&self) -> Result<(Survey, Vec<AppliedMigration>)> {
        self.migrate(Options::default(), |migrator| {
            let survey = migrator.survey()?;
            let history = migrator.history(&survey)?;
            Ok((survey, history))
        })
    }

    /// Makes sure that consent can be had, before the server is asked anything.
    fn confirmation(&self, what: &str) -> Result<Confirmation> {
        Confirmation::obtainable(self.global.yes, what)
    }

    /// Asks for consent to undo `steps`.
    fn confirm_undoing(&self, confirmation: Confirmation, steps: &[Step]) -> Result<()> {
        let lines: Vec<_> = steps.iter().map(|step| format!("  undo {step}")).collect();
        let question = format!(
            "Undo {} in schema \"{}\", with the data that {} added?",
            count(steps.len(), "migration"),
            self.arguments.schema,
            if steps.len() == 1 { "it" } else { "they" },
        );
        confirmation.confirm(&lines, &question)
    }

    /// Shows what was done.
    fn show(&self, outcome: &Outcome) -> Result<Exit> {
        if outcome.is_empty() {
            self.console.note("nothing to do");
        }
        self.console.show(&report::Done {
            set: &self.set.name,
            schema: &self.arguments.schema,
            outcome,
        })?;
        Ok(Exit::Success)
    }
}

fn migrations(arguments: &Set) -> Result<MigrationSet> {
    match (&arguments.blueprint, &arguments.source) {
        (Some(name), _) => blueprint::find(name)?.migrations(),
        (None, Some(folder)) => migration::read_folder(folder),
        (None, None) => Err(neither()),
    }
}

fn neither() -> Error {
    let lines: Vec<_> = blueprint::all()
        .iter()
        .map(|one| format!("  {}: {}", one.name(), one.description()))
        .collect();
    Error::usage("neither --blueprint nor --source says which migrations are meant")
        .detail(format!("The blueprints are:\n{}", lines.join("\n")))
        .hint("Choose a blueprint with --blueprint NAME, or your own folder with --source DIR.")
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
