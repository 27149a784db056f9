//! The files beside the history: what is applied, what is pending, and where the two disagree.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::history::AppliedMigration;
use super::refined;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::migration::{Migration, MigrationSet};

/// What is to be said of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In the history and in the files, and the same in both.
    Applied,
    /// In the files only, and newer than everything applied.
    Pending,
    /// In the files only, but older than something applied.
    OutOfOrder,
    /// In the history only.
    Missing,
    /// In both, but not the same.
    Divergent,
}

/// One version, as the files and the history have it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What is to be said of it.
    pub state: State,
    /// Its files.
    pub file: Option<&'a Migration>,
    /// Its history row.
    pub applied: Option<&'a AppliedMigration>,
    /// Whether the down script in the files is another than the one in the history.
    pub down_edited: bool,
}

/// All versions, ascending.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    entries: Vec<Entry<'a>>,
}

impl State {
    /// The state in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::OutOfOrder => "out of order",
            Self::Missing => "missing",
            Self::Divergent => "divergent",
        }
    }
}

impl Entry<'_> {
    /// The version.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.file
            .map(|file| file.version)
            .or_else(|| self.applied.map(|applied| applied.version))
            .unwrap_or_default()
    }

    /// The name that the files give it, or else the history.
    #[must_use]
    pub fn name(&self) -> &str {
        self.file
            .map(|file| file.name.as_str())
            .or_else(|| self.applied.map(|applied| applied.name.as_str()))
            .unwrap_or_default()
    }

    /// The disagreement in a sentence, if there is any.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let version = self.version();
        match (self.state, self.file, self.applied) {
            (State::OutOfOrder, Some(file), _) => Some(format!(
                "Version {version} ({}) is not applied, but newer ones are.",
                file.up.file.display()
            )),
            (State::Missing, _, Some(applied)) => Some(format!(
                "Version {version} ({}) is applied, but has no file.",
                applied.name
            )),
            (State::Divergent, Some(file), Some(applied)) if file.name != applied.name => {
                Some(format!(
                    "Version {version} was applied as {}, its file is {}.",
                    applied.name,
                    file.up.file.display()
                ))
            }
            (State::Divergent, Some(file), _) => Some(format!(
                "Version {version} ({}) was edited after it was applied.",
                file.up.file.display()
            )),
            (State::Applied, Some(file), _) if self.down_edited => Some(format!(
                "The down script of version {version} ({}) was edited after it was applied; \
                 \"migrate down\" runs the one that was recorded.",
                file.down
                    .as_ref()
                    .map_or_else(|| file.up.file.display(), |down| down.file.display())
            )),
            _ => None,
        }
    }
}

impl<'a> Comparison<'a> {
    /// Compares the files of `set` with the rows of `history`.
    ///
    /// # Errors
    /// The history belongs to another set, or a file's name is not one that can be recorded.
    pub fn of(set: &'a MigrationSet, history: &'a [AppliedMigration]) -> Result<Self> {
        same_set(set, history)?;
        let mut versions: BTreeMap<i64, (Option<&Migration>, Option<&AppliedMigration>)> =
            BTreeMap::new();
        for file in &set.migrations {
            versions.entry(file.version).or_default().0 = Some(file);
        }
        for applied in history {
            versions.entry(applied.version).or_default().1 = Some(applied);
        }
        let newest = history.iter().map(|applied| applied.version).max();
        let entries = versions
            .into_values()
            .map(|(file, applied)| entry(file, applied, newest))
            .collect::<Result<_>>()?;
        Ok(Self { entries })
    }

    /// All versions, ascending.
    #[must_use]
    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// How many versions are in this state.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.state == state)
            .count()
    }

    /// The migrations that are not applied, ascending; those out of order are among them.
    #[must_use]
    pub fn unapplied(&self) -> Vec<&'a Migration> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.state, State::Pending | State::OutOfOrder))
            .filter_map(|entry| entry.file)
            .collect()
    }

    /// Whether files and history disagree.
    #[must_use]
    pub fn diverges(&self) -> bool {
        [State::OutOfOrder, State::Missing, State::Divergent]
            .iter()
            .any(|&state| self.count(state) > 0)
    }

    /// Refuses to build on a history that the files disagree with.
    ///
    /// # Errors
    /// What they disagree in.
    pub fn must_agree(&self, allow_out_of_order: bool) -> Result<()> {
        let tolerated = |state| {
            matches!(state, State::Applied | State::Pending)
                || (state == State::OutOfOrder && allow_out_of_order)
        };
        let problems: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| !tolerated(entry.state))
            .collect();
        let Some(first) = problems.first() else {
            return Ok(());
        };
        let sentences: Vec<_> = problems
            .iter()
            .filter_map(|entry| entry.problem())
            .collect();
        Err(
            Error::new(Exit::Divergence, "the files and the history disagree")
                .detail(sentences.join("\n"))
                .hint(advice(first.state)),
        )
    }
}

/// What helps out of a disagreement.
const fn advice(state: State) -> &'static str {
    match state {
        State::OutOfOrder => {
            "Give the migration a newer version, or apply it where it is with --allow-out-of-order."
        }
        State::Missing => {
            "Bring the file back; or undo the migration with \"steward migrate down\", which needs \
             no file."
        }
        _ => {
            "Bring the file back as it was and write a new migration for the change. If only a \
             comment was changed: \"steward migrate verify --restamp\"."
        }
    }
}

fn entry<'a>(
    file: Option<&'a Migration>,
    applied: Option<&'a AppliedMigration>,
    newest: Option<i64>,
) -> Result<Entry<'a>> {
    let state = match (file, applied) {
        (Some(file), Some(applied)) => {
            let same = refined::checksum(file)?.to_string() == applied.checksum;
            if same {
                State::Applied
            } else {
                State::Divergent
            }
        }
        (Some(file), None) => {
            if newest.is_some_and(|newest| file.version < newest) {
                State::OutOfOrder
            } else {
                State::Pending
            }
        }
        _ => State::Missing,
    };
    Ok(Entry {
        state,
        file,
        applied,
        down_edited: down_edited(file, applied),
    })
}

fn down_edited(file: Option<&Migration>, applied: Option<&AppliedMigration>) -> bool {
    let (Some(file), Some(applied)) = (file, applied) else {
        return false;
    };
    // A row that another tool wrote has recorded no down script to compare with.
    applied.set_name.is_some()
        && applied.down_script.as_deref().unwrap_or_default()
            != file.down.as_ref().map_or("", |down| down.sql.as_str())
}

/// Refuses a history that another set has written.
pub(super) fn same_set(set: &MigrationSet, history: &[AppliedMigration]) -> Result<()> {
    let other = history
        .iter()
        .filter_map(|applied| applied.set_name.as_deref())
        .find(|name| *name != set.name);
    match other {
        None => Ok(()),
        Some(other) => Err(Error::new(
            Exit::Divergence,
            format!("the schema holds the migrations of \"{other}\""),
        )
        .detail(format!(
            "A schema holds one set of migrations; these are those of \"{}\".",
            set.name
        ))
        .hint("Give them a schema of their own with --schema NAME.")),
    }
}
