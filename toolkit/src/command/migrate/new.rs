//! `steward migrate new`

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Result;
use crate::exit::Exit;
use crate::migration::template;
use crate::output::{Console, Report};

#[derive(Serialize)]
struct Created {
    version: i64,
    up: PathBuf,
    down: PathBuf,
}

pub(super) fn run(folder: &Path, name: &str, console: &Console) -> Result<Exit> {
    let files = template::create(folder, name)?;
    console.show(&Created {
        version: files.version,
        up: files.up,
        down: files.down,
    })?;
    console.note(&format!(
        "fill in both files, then: steward migrate up --source {}",
        folder.display()
    ));
    Ok(Exit::Success)
}

impl Report for Created {
    /// One path a line, for an editor to be called with.
    fn text(&self) -> Option<String> {
        Some(format!("{}\n{}", self.up.display(), self.down.display()))
    }
}
