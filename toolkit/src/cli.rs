//! The command line, as it is written. What it means is decided in [`crate::command`].

mod access;
mod audit;
mod format;
mod graph;
mod tasks;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

pub use self::access::{Kind, Level, Lint, Matrix, Test};
pub use self::audit::{Audit, Ending, Filter, Listing, LockTimeout, LogName, Trimming};
pub use self::format::FormatName;
use self::format::data_format;
pub use self::graph::Graph;
pub use self::tasks::{FlagDelayed, Tasks};
use self::values::{steps, time, version, version_or_zero};
use crate::engine::{self, SchemaName};
use crate::output::{Color, Format, Verbosity};

/// The command line as a whole.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "steward",
    version,
    about = "Migrations, seeds and a throwaway server for what pg_steward keeps in PostgreSQL",
    max_term_width = 100,
    after_help = EXAMPLES,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  steward demo
      shows the product at work on a server that is thrown away again
  steward migrate up --blueprint new_fuse --schema fuse
      applies a shipped system to the schema fuse
  steward migrate status --source ./migrations --exit-code
      tells a deployment script whether migrations are pending

The connection is taken from --database-url, then DATABASE_URL, then PGHOST, PGSERVICE and the
other variables of libpq.

Exit codes: 0 done, 1 failure, 2 usage, 3 pending (with --exit-code), 4 files and history disagree,
5 another runner holds the lock, 6 no connection, 7 a needed program is missing, 8 refused
without --yes, 9 \"audit verify\" or \"lint\" found something.";

/// What applies to every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The database, as a URL or as key=value pairs
    #[arg(long, value_name = "URL", global = true, hide_env_values = true)]
    pub database_url: Option<String>,

    /// How data is written to stdout, and errors to stderr [default: table]
    // Without a default of its own, so that a command sees whether it was given.
    #[arg(long, value_parser = data_format(), global = true)]
    pub format: Option<FormatName>,

    /// When text is coloured
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", global = true)]
    pub color: Color,

    /// Consents to what the command destroys
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,

    /// Tells only of warnings and errors
    #[arg(long, short = 'q', global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Tells of each statement and of the server's notices
    #[arg(long, short = 'v', global = true)]
    pub verbose: bool,
}

impl Global {
    /// How data is written to stdout, and errors to stderr.
    #[must_use]
    pub fn data_format(&self) -> Format {
        self.format.map_or(Format::Table, FormatName::of_data)
    }

    /// How much is told on stderr.
    #[must_use]
    pub const fn verbosity(&self) -> Verbosity {
        if self.quiet {
            Verbosity::Quiet
        } else if self.verbose {
            Verbosity::Verbose
        } else {
            Verbosity::Normal
        }
    }
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Applies and undoes migrations
    #[command(subcommand, arg_required_else_help = true)]
    Migrate(Migrate),
    /// Fills a migrated blueprint with data for development
    ///
    /// The data is always the same; run again, the command changes nothing.
    Seed(Seed),
    /// Lists the shipped systems, and shows what one consists of
    #[command(subcommand, arg_required_else_help = true)]
    Blueprint(Blueprint),
    /// Draws the dependencies that a guard watches
    ///
    /// An arrow leads from a task to one that waits for it, from left to right. Tasks without
    /// dependencies are not drawn.
    #[command(after_help = "\
Examples:
  steward graph --edges task_dependencies --output tasks.svg
  steward graph --edges task_dependencies --root 17 --depth 2
      what task 17 waits for and what waits for it, two steps each way, for Mermaid
  steward graph --blueprint jadugar --schema jadugar --format dot | dot -Tpdf > tasks.pdf")]
    Graph(Graph),
    /// Reads and keeps the record of who changed what
    #[command(subcommand, arg_required_else_help = true)]
    Audit(Audit),
    /// Finds what is wrong in how a database is set up
    #[command(subcommand, arg_required_else_help = true)]
    Lint(Lint),
    /// Tries out what a database lets its users do
    #[command(subcommand, arg_required_else_help = true)]
    Test(Test),
    /// Does for tasks what comes with the clock
    #[command(subcommand, arg_required_else_help = true)]
    Tasks(Tasks),
    /// Shows what the rules do, on a server that is thrown away again
    ///
    /// It starts a PostgreSQL server of its own, applies and seeds the shipped systems, and runs
    /// statements that the rules allow and refuse, with what the server answers.
    #[command(after_help = "\
Examples:
  steward demo
  steward demo --keep
      leaves the server running, for statements of your own
  steward demo --psql
      opens psql on it, as a plain role")]
    Demo(Demo),
    /// Prints a script that completes the command's arguments in a shell
    #[command(after_help = "Example:\n  steward completions bash > /etc/bash_completion.d/steward")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Prints the manual page
    #[command(
        after_help = "Examples:\n  steward man | man -l -\n  steward man --directory /usr/local/share/man/man1"
    )]
    Man {
        /// Writes a page for each command into this folder instead
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        directory: Option<PathBuf>,
    },
}

/// The arguments of `steward demo`.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Leaves the server running, and prints how to connect to it and how to stop it
    #[arg(long)]
    pub keep: bool,

    /// Opens psql on the server at the end, as a plain role
    #[arg(long)]
    pub psql: bool,

    /// Shows this blueprint; can be given several times (default: all)
    #[arg(long = "blueprint", value_name = "NAME")]
    pub blueprints: Vec<String>,
}

/// The commands under `steward migrate`.
#[derive(Clone, Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "the types of the arguments say it; a comment would be help text"
)]
pub enum Migrate {
    /// Applies what is pending
    #[command(after_help = "\
Examples:
  steward migrate up --blueprint new_fuse
  steward migrate up --source ./migrations --schema app --steps 1

Each migration is one transaction together with its row in SCHEMA.schema_migrations.")]
    Up {
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        goal: UpGoal,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        locking: Locking,
    },
    /// Undoes the newest migration, or more
    #[command(after_help = "\
Examples:
  steward migrate down --blueprint new_fuse
  steward migrate down --blueprint new_fuse --schema trial --all --yes

It runs the down script that was recorded when the migration was applied. With --all it drops the
history table, too, and the schema if \"up\" created it and nothing else is in it.")]
    Down {
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        goal: DownGoal,
        #[command(flatten)]
        locking: Locking,
    },
    /// Undoes the newest migration and applies it again, as its files are now
    Redo {
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        locking: Locking,
    },
    /// Undoes or applies until a version is the newest that is applied
    Goto {
        /// The version; 0 stands before the first
        #[arg(value_parser = version_or_zero())]
        version: i64,
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        locking: Locking,
    },
    /// Lists the migrations and whether they are applied
    Status {
        #[command(flatten)]
        set: Set,
        /// Ends with 3 if a migration is pending, with 4 if files and history disagree
        #[arg(long)]
        exit_code: bool,
    },
    /// Prints the SQL that "up" would run, in order
    Plan {
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        goal: UpGoal,
        #[command(flatten)]
        order: Order,
    },
    /// Compares the history with the files, down scripts included
    Verify {
        #[command(flatten)]
        set: Set,
        /// Makes the history agree with files that were edited on purpose, for instance in a
        /// comment; runs none of their SQL
        #[arg(long)]
        restamp: bool,
        #[command(flatten)]
        lock: LockWait,
    },
    /// Writes the files of a new migration
    #[command(after_help = "Example:\n  steward migrate new add_due_dates --source ./migrations")]
    New {
        /// What it does, in letters, digits and underscores
        name: String,
        /// The folder of the migrations
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        source: PathBuf,
    },
    /// Records the migrations up to a version as applied, without running them
    #[command(after_help = "\
Example:
  steward migrate baseline 20240131120000 --source ./migrations
      for a database that was made before its migrations were written")]
    Baseline {
        /// The newest version that the database has already
        #[arg(value_parser = version())]
        version: i64,
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        lock: LockWait,
    },
}

/// Which migrations, and where they live.
#[derive(Clone, Debug, Args)]
pub struct Set {
    /// A shipped system; "steward blueprint list" lists them
    #[arg(long, value_name = "NAME", conflicts_with = "source")]
    pub blueprint: Option<String>,

    /// A folder of migrations: V<version>__<what>.sql beside V<version>__<what>.down.sql
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,

    /// The schema that they live in; created if missing
    #[arg(long, value_name = "NAME", default_value_t)]
    pub schema: SchemaName,
}

/// How far `up` goes.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub struct UpGoal {
    /// Stops after this version
    #[arg(long, value_name = "VERSION", value_parser = version())]
    pub to: Option<i64>,

    /// Applies so many of the pending migrations
    #[arg(long, value_name = "N", value_parser = steps())]
    pub steps: Option<u32>,
}

/// How far `down` goes.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub struct DownGoal {
    /// Undoes everything newer than this version, which stays; 0 stands before the first
    #[arg(long, value_name = "VERSION", value_parser = version_or_zero())]
    pub to: Option<i64>,

    /// Undoes so many migrations (default: 1)
    #[arg(long, value_name = "N", value_parser = steps())]
    pub steps: Option<u32>,

    /// Undoes everything
    #[arg(long)]
    pub all: bool,
}

/// Which order is asked of the versions.
#[derive(Clone, Copy, Debug, Args)]
pub struct Order {
    /// Applies migrations that are older than the newest applied one, too
    #[arg(long)]
    pub allow_out_of_order: bool,
}

/// How long another runner is waited for.
#[derive(Clone, Copy, Debug, Args)]
pub struct LockWait {
    /// How long to wait for another runner on the same schema
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub lock_wait: u32,
}

/// How locks are waited for.
#[derive(Clone, Copy, Debug, Args)]
pub struct Locking {
    /// Another runner.
    #[command(flatten)]
    pub runner: LockWait,

    /// How long a statement waits for a lock on a table, such as 500ms, 5s or 1min; 0 waits for ever
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub lock_timeout: Duration,

    /// How often a migration is tried again after that
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub lock_retries: u32,
}

/// The arguments of `steward seed`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  steward seed dev --blueprint new_fuse --schema fuse")]
pub struct Seed {
    /// Which of the blueprint's seeds
    #[arg(value_name = "SEED")]
    pub name: String,

    /// The shipped system
    #[arg(long, value_name = "NAME")]
    pub blueprint: String,

    /// The schema that it lives in
    #[arg(long, value_name = "NAME", default_value_t)]
    pub schema: SchemaName,
}

/// The commands under `steward blueprint`.
#[derive(Clone, Debug, Subcommand)]
pub enum Blueprint {
    /// Lists the shipped systems
    List,
    /// Shows the migrations and seeds of one
    Show {
        /// Its name
        name: String,
    },
}

impl LockWait {
    /// The engine's options, the rest being as usual.
    #[must_use]
    pub fn options(self) -> engine::Options {
        engine::Options {
            lock_wait: Duration::from_secs(self.lock_wait.into()),
            ..engine::Options::default()
        }
    }
}

impl Locking {
    /// The engine's options, the rest being as usual.
    #[must_use]
    pub fn options(self) -> engine::Options {
        engine::Options {
            lock_timeout: self.lock_timeout,
            lock_retries: self.lock_retries,
            ..self.runner.options()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
