//! The question before a command destroys something.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::error::{Error, Result};
use crate::exit::Exit;

/// How a destructive command gets its consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// `--yes` was given.
    Given,
    /// A person can be asked.
    Ask,
}

impl Confirmation {
    /// Decides how consent for `what` is had, before anything else is done.
    ///
    /// # Errors
    /// Neither `--yes` nor a terminal is there.
    pub fn obtainable(yes: bool, what: &str) -> Result<Self> {
        if yes {
            return Ok(Self::Given);
        }
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            return Ok(Self::Ask);
        }
        Err(
            Error::new(Exit::Unconfirmed, format!("refused to {what} unasked"))
                .detail("There is no terminal to ask on.")
                .hint("Add --yes if that is what you want."),
        )
    }

    /// Gets the consent to what `lines` say.
    ///
    /// # Errors
    /// The person answered no.
    pub fn confirm(self, lines: &[String], question: &str) -> Result<()> {
        if self == Self::Given {
            return Ok(());
        }
        let mut stderr = anstream::stderr().lock();
        for line in lines {
            let _ = writeln!(stderr, "{line}");
        }
        let _ = write!(stderr, "{question} [y/N] ");
        let _ = stderr.flush();
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        if read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes") {
            return Ok(());
        }
        Err(Error::new(
            Exit::Unconfirmed,
            "not confirmed; nothing was changed",
        ))
    }
}
