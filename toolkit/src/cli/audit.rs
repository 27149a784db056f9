//! The arguments of `steward audit`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::{ArgGroup, Args, Subcommand, ValueHint};

use super::format::{FormatName, one_of};
use super::values::{steps, time};
use crate::audit::{Moment, Span};

/// The commands under `steward audit`.
#[derive(Clone, Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "the types of the arguments say it; a comment would be help text"
)]
pub enum Audit {
    /// Lists changes, the newest first
    #[command(after_help = "\
Examples:
  steward audit log --table tasks --key 17
      what became of task 17
  steward audit log --user 42 --since 7d
  steward audit log --log audit_logs --action delete --format json
      out of a table of your own")]
    Log {
        #[command(flatten)]
        log: LogName,
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        listing: Listing,
    },
    /// Shows one change, column by column
    #[command(after_help = "Example:\n  steward audit show 4711")]
    Show {
        /// The number of the entry in the log; in a table of your own its primary key
        entry: String,
        #[command(flatten)]
        log: LogName,
    },
    /// Writes out every change that matches, the oldest first
    ///
    /// It holds no more of them at a time than fit into a few megabytes.
    #[command(after_help = "\
Examples:
  steward audit export --until 2026-01-01 --output 2025.csv
  steward audit export --table tasks --format jsonl | gzip > tasks.jsonl.gz")]
    Export {
        #[command(flatten)]
        log: LogName,
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        ending: Ending,
    },
    /// Makes the partitions that a log needs next, for cron
    #[command(after_help = "\
Example, in a crontab:
  0 3 * * *  steward audit extend --log audit.log --quiet")]
    Extend {
        #[command(flatten)]
        log: LogName,
        /// How many partitions to have after the current one
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(0..=1000))]
        ahead: i32,
        #[command(flatten)]
        locking: LockTimeout,
    },
    /// Drops old partitions of a log
    ///
    /// A partition goes as a whole, once everything in it is old enough. Of a log that is sealed only
    /// what is sealed goes.
    #[command(after_help = "\
Examples:
  steward audit trim --keep 2years
  steward audit trim --log audit.log --before 2025-01-01 --yes")]
    Trim {
        #[command(flatten)]
        log: LogName,
        #[command(flatten)]
        trimming: Trimming,
        #[command(flatten)]
        locking: LockTimeout,
    },
    /// Seals what was logged since the last seal, and prints the newest seal
    ///
    /// Keep what it prints where nobody who can write the database can: "verify --anchor" holds it
    /// against the log.
    #[command(
        after_help = "Example:\n  steward audit seal --log audit.log >> /mnt/elsewhere/anchors"
    )]
    Seal {
        #[command(flatten)]
        log: LogName,
    },
    /// Tells what was done to a log past its guard; ends with 9 if anything was
    #[command(after_help = "\
Example:
  steward audit verify --anchor \"$(tail -n 1 /mnt/elsewhere/anchors)\"")]
    Verify {
        #[command(flatten)]
        log: LogName,
        /// What "steward audit seal" printed once; without it, somebody who rewrote the log and
        /// its seals goes unseen
        #[arg(long, value_name = "SEAL")]
        anchor: Option<String>,
    },
}

/// Which log.
#[derive(Clone, Debug, Args)]
pub struct LogName {
    /// The log, as in SQL [default: the only one in the database]
    #[arg(long, value_name = "TABLE")]
    pub log: Option<String>,
}

/// Which changes.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Of this table, as in SQL
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,

    /// Of the row with this primary key; with several columns as {"a": 1, "b": 2}
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,

    /// By this user of the application, or this role
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,

    /// From this time on: as PostgreSQL reads it, or how long ago, such as 2h or 7d
    #[arg(long, value_name = "TIME")]
    pub since: Option<Moment>,

    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<Moment>,

    /// Only these actions: insert, update, delete, truncate
    #[arg(long = "action", value_name = "ACTION", value_delimiter = ',')]
    pub actions: Vec<String>,
}

/// How changes are listed.
#[derive(Clone, Copy, Debug, Args)]
pub struct Listing {
    /// At most so many
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50, value_parser = steps())]
    pub limit: u32,

    // The global argument of the same name, with more values: clap takes it for that one.
    /// How the changes are written [default: table]
    #[arg(long, value_parser = listing_format())]
    pub format: Option<FormatName>,
}

/// Where changes are written, and how.
#[derive(Clone, Debug, Args)]
pub struct Ending {
    /// Writes into this file instead of stdout
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    // As in `Listing`.
    /// How the changes are written [default: by the name of FILE, else csv]
    #[arg(long, value_parser = ending_format())]
    pub format: Option<FormatName>,
}

/// What is old.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("cut").args(["before", "keep"]).required(true)))]
pub struct Trimming {
    /// Drops what was logged before this time, as PostgreSQL reads it
    #[arg(long, value_name = "TIME")]
    pub before: Option<Moment>,

    /// Drops what is older than this, such as 90d, 6months or 2years
    #[arg(long, value_name = "TIME")]
    pub keep: Option<Span>,
}

/// How locks are waited for.
#[derive(Clone, Copy, Debug, Args)]
pub struct LockTimeout {
    /// How long to wait for a lock on the log, such as 500ms, 5s or 1min; 0 waits for ever
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub lock_timeout: Duration,
}

fn listing_format() -> impl TypedValueParser<Value = FormatName> {
    one_of([FormatName::Table, FormatName::Json, FormatName::Csv])
}

fn ending_format() -> impl TypedValueParser<Value = FormatName> {
    one_of([FormatName::Csv, FormatName::Jsonl])
}

impl Ending {
    /// Whether lines of JSON are asked for, by name or by that of the file.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let by_name = || FormatName::of_extension(self.output.as_ref()?.extension()?);
        matches!(
            self.format.or_else(by_name),
            Some(FormatName::Json | FormatName::Jsonl)
        )
    }
}

impl Trimming {
    /// The time before which everything goes; clap has seen to it that there is one.
    #[must_use]
    pub fn cut(&self) -> Option<Moment> {
        let kept = self.keep.clone().map(Moment::Ago);
        kept.or_else(|| self.before.clone())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::Audit;
    use crate::cli::{Cli, Command};

    fn audit(line: &str) -> Option<Audit> {
        let cli = Cli::try_parse_from(line.split(' ')).ok()?;
        match cli.command {
            Command::Audit(audit) => Some(audit),
            _ => None,
        }
    }

    #[test]
    fn an_export_is_written_as_its_file_is_called() {
        for (line, expected) in [
            ("steward audit export", false),
            ("steward audit export -o a.jsonl", true),
            ("steward audit export -o a.JSON", true),
            ("steward audit export -o a.json --format csv", false),
            ("steward audit export --format jsonl", true),
            ("steward --format json audit export", true),
        ] {
            let Some(Audit::Export { ending, .. }) = audit(line) else {
                panic!("{line}");
            };
            assert_eq!(ending.is_json(), expected, "{line}");
        }
        assert!(audit("steward audit export --format svg").is_none());
    }

    #[test]
    fn a_trim_needs_one_time() {
        assert!(audit("steward audit trim").is_none());
        assert!(audit("steward audit trim --keep 2y --before 2025-01-01").is_none());
        assert!(audit("steward audit trim --keep yesterday").is_none());
        for line in [
            "steward audit trim --keep 2y",
            "steward audit trim --before 2025-01-01",
        ] {
            let Some(Audit::Trim { trimming, .. }) = audit(line) else {
                panic!("{line}");
            };
            assert!(trimming.cut().is_some(), "{line}");
        }
    }
}
