//! What the command prints, and where: data to stdout, everything else to stderr.
//!
//! A pipeline must be able to take stdout as it is, so messages, progress and questions never go
//! there. A reader that closes the pipe early has what it wanted; that is no error.

mod confirmation;
mod events;
mod progress;
mod table;

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

pub use self::confirmation::Confirmation;
pub use self::events::Narrator;
pub use self::progress::Progress;
pub use self::table::Table;
use crate::error::{Error, Result};

/// The version of the shape of every JSON document; it grows when a field changes its meaning.
pub const JSON_SCHEMA_VERSION: u32 = 1;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// How data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, for people.
    Table,
    /// One JSON document, for programs.
    Json,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment sets `NO_COLOR`.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is told on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Warnings and errors.
    Quiet,
    /// What was done, too.
    Normal,
    /// The server's notices and each statement, too.
    Verbose,
}

/// A result that can be shown in either format.
pub trait Report: Serialize {
    /// The text for people; none where stderr has told everything already.
    fn text(&self) -> Option<String>;
}

/// A JSON document as it is printed.
#[derive(Serialize)]
struct Document<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// An error as it is printed in JSON.
#[derive(Serialize)]
struct Failure<'a> {
    error: &'a Error,
    exit_code: u8,
}

/// Where a command writes; clones write to the same place.
#[derive(Clone, Debug)]
pub struct Console {
    format: Format,
    verbosity: Verbosity,
    // Lines that are written while a bar is drawn have to go through the bar's owner.
    bars: MultiProgress,
}

impl Console {
    /// A console as the global arguments ask for.
    #[must_use]
    pub fn new(format: Format, color: Color, verbosity: Verbosity) -> Self {
        match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        let target = if verbosity == Verbosity::Quiet || format == Format::Json {
            ProgressDrawTarget::hidden()
        } else {
            // Draws nothing where stderr is not a terminal.
            ProgressDrawTarget::stderr()
        };
        Self {
            format,
            verbosity,
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// The format that was asked for.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Shows a result on stdout.
    ///
    /// # Errors
    /// Stdout cannot be written to, for another reason than that its reader has gone.
    pub fn show(&self, report: &impl Report) -> Result<()> {
        match self.format {
            Format::Json => self.json(report),
            Format::Table => report.text().map_or(Ok(()), |text| self.data(&text)),
        }
    }

    /// Writes text, and the line break that ends it, to stdout.
    ///
    /// # Errors
    /// Stdout cannot be written to, for another reason than that its reader has gone.
    pub fn data(&self, text: &str) -> Result<()> {
        self.bars.suspend(|| {
            let mut stdout = anstream::stdout().lock();
            let written =
                writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush());
            match written {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::failure(
                    format!("could not write to the standard output: {error}"),
                )),
                _ => Ok(()),
            }
        })
    }

    fn json(&self, content: &impl Serialize) -> Result<()> {
        self.data(&json(content))
    }

    /// Tells of something that was done; a program that asked for JSON learns it from the document.
    pub fn note(&self, text: &str) {
        let least = match self.format {
            Format::Table => Verbosity::Normal,
            Format::Json => Verbosity::Verbose,
        };
        if self.verbosity >= least {
            self.tell(text);
        }
    }

    /// Tells of something that only a curious reader wants to know.
    pub fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.tell(text);
        }
    }

    /// Warns, however quiet the console is.
    pub fn warning(&self, text: &str) {
        self.tell(&format!("{WARNING}WARNING:{WARNING:#}  {text}"));
    }

    /// Reports the error that ends the command.
    pub fn error(&self, error: &Error) {
        match self.format {
            Format::Table => self.tell(&format!("{ERROR}ERROR:{ERROR:#}  {error}")),
            Format::Json => self.tell(&json(&Failure {
                error,
                exit_code: error.exit() as u8,
            })),
        }
    }

    /// Shows a message of the server: its warnings always, its notices to a curious reader.
    pub fn server_message(&self, message: &postgres::error::DbError) {
        let mut text = message.message().to_owned();
        for (label, part) in [("DETAIL", message.detail()), ("HINT", message.hint())] {
            if let Some(part) = part {
                let _ = write!(text, "\n{label}:  {part}");
            }
        }
        if message.severity() == "WARNING" {
            self.warning(&text);
        } else {
            self.detail(&format!("{}:  {text}", message.severity()));
        }
    }

    /// A bar for `length` steps, drawn where stderr is a terminal.
    #[must_use]
    pub fn progress(&self, length: usize) -> Progress {
        Progress::new(&self.bars, length)
    }

    fn tell(&self, text: &str) {
        self.bars.suspend(|| {
            // Nobody is left to be told that stderr cannot be written to.
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        });
    }
}

/// The document that a program reads.
pub(crate) fn json(content: &impl Serialize) -> String {
    serde_json::to_string_pretty(&Document {
        schema_version: JSON_SCHEMA_VERSION,
        content,
    })
    .expect("the documents hold nothing that JSON cannot")
}
