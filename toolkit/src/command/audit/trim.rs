//! `steward audit trim`

use postgres::Client;

use super::keep::{self, Partitions};
use crate::audit::Log;
use crate::cli::{Global, LockTimeout, LogName, Trimming};
use crate::command::connect::connect;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Confirmation, Console};

pub(super) fn run(
    log: &LogName,
    trimming: &Trimming,
    locking: LockTimeout,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let confirmation = Confirmation::obtainable(global.yes, "drop partitions of an audit log")?;
    let cut = trimming
        .cut()
        .ok_or_else(|| Error::usage("neither --before nor --keep says what is old"))?;
    let mut client = connect(global, console)?;
    let trim = Trim {
        log: keep::find(&mut client, log)?,
        before: cut.sql(),
        locking,
    };
    if confirmation == Confirmation::Ask {
        trim.ask(&mut client, confirmation)?;
    }
    let partitions = trim.run(&mut client, Ending::Commit)?;
    if partitions.is_empty() {
        console.note(&format!("no partition of {} is that old", trim.log.name));
    }
    console.show(&Partitions {
        log: trim.log.name,
        partitions,
    })?;
    Ok(Exit::Success)
}

struct Trim {
    log: Log,
    /// An expression in SQL.
    before: String,
    locking: LockTimeout,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Commit,
    Rollback,
}

impl Trim {
    /// What would be dropped is found by dropping it and taking that back: no lock is held while a person
    /// thinks, and what the extension refuses is refused before they have to.
    fn ask(&self, client: &mut Client, confirmation: Confirmation) -> Result<()> {
        let partitions = self.run(client, Ending::Rollback)?;
        if partitions.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = partitions
            .iter()
            .map(|partition| format!("  drop {partition}"))
            .collect();
        let question = format!(
            "Drop what {} of {} says for good?",
            if lines.len() == 1 {
                "this partition"
            } else {
                "these partitions"
            },
            self.log.name
        );
        confirmation.confirm(&lines, &question)
    }

    fn run(&self, client: &mut Client, ending: Ending) -> Result<Vec<String>> {
        let mut transaction = client.transaction()?;
        keep::wait(&mut transaction, self.locking)?;
        let sql = format!(
            "select dropped from steward.trim_audit_log({}, {}) as dropped",
            self.log.literal(),
            self.before
        );
        let dropped = keep::names(&keep::call(&mut transaction, &sql)?);
        match ending {
            Ending::Commit => transaction.commit()?,
            Ending::Rollback => transaction.rollback()?,
        }
        Ok(dropped)
    }
}
