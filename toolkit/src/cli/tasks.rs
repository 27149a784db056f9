//! The arguments of `steward tasks`.

use clap::{Args, Subcommand};

/// The commands under `steward tasks`.
#[derive(Clone, Debug, Subcommand)]
pub enum Tasks {
    /// Flags the tasks whose time is over, and clears the flag of the others, for cron
    ///
    /// It prints what it changed.
    #[command(after_help = "\
Examples:
  steward tasks flag-delayed tasks
  steward tasks flag-delayed app.tickets --due due_at --flag late --done closed,resolved

In a crontab:
  * * * * *  steward tasks flag-delayed tasks --quiet > /dev/null")]
    FlagDelayed(FlagDelayed),
}

/// Which tasks are flagged, and by which of their columns. What is not given is what
/// `steward.flag_delayed` takes then.
#[derive(Clone, Debug, Args)]
pub struct FlagDelayed {
    /// The table of tasks, as in SQL
    #[arg(value_name = "TABLE")]
    pub tasks: String,

    /// The column with the time by which a task has to be done.
    #[arg(
        long,
        value_name = "COLUMN",
        help = "The column with the time by which a task has to be done [default: end_date]"
    )]
    pub due: Option<String>,

    /// The column that is set.
    #[arg(
        long,
        value_name = "COLUMN",
        help = "The column that is set [default: is_delayed]"
    )]
    pub flag: Option<String>,

    /// The column with the status [default: status]
    #[arg(long, value_name = "COLUMN")]
    pub status: Option<String>,

    /// The statuses in which a task is done [default: done]
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    pub done: Option<Vec<String>>,

    /// The statuses in which a task will never be done [default: cancelled]
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    pub cancelled: Option<Vec<String>>,

    /// The column that identifies a task [default: id]
    #[arg(long, value_name = "COLUMN")]
    pub key: Option<String>,

    /// The time to compare with, as PostgreSQL reads it [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}
