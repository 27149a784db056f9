//! The shipped systems: complete, migration-managed schemas, embedded in the command.
//!
//! A blueprint is a folder `sql/<name>/` of the workspace: `blueprint.json` says what it is, its
//! migrations lie beside that, and its seeds are `seeds/<seed>.sql`.

use std::sync::LazyLock;

use include_dir::{Dir, File, include_dir};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::migration::{self, MigrationSet, Script, SourceFile};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../sql");

static BLUEPRINTS: LazyLock<Vec<Blueprint>> = LazyLock::new(|| {
    let mut blueprints: Vec<_> = EMBEDDED.dirs().filter_map(Blueprint::read).collect();
    blueprints.sort_by_key(|blueprint| blueprint.name);
    blueprints
});

/// One shipped system.
#[derive(Clone, Debug)]
pub struct Blueprint {
    name: &'static str,
    about: About,
    folder: &'static Dir<'static>,
}

/// What `blueprint.json` holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    title: String,
    description: String,
}

/// Every blueprint, in the order of their names.
#[must_use]
pub fn all() -> &'static [Blueprint] {
    &BLUEPRINTS
}

/// The blueprint of this name.
///
/// # Errors
/// There is none; the error lists those that there are.
pub fn find(name: &str) -> Result<&'static Blueprint> {
    if let Some(blueprint) = all().iter().find(|blueprint| blueprint.name == name) {
        return Ok(blueprint);
    }
    let known: Vec<_> = all().iter().map(Blueprint::name).collect();
    let error = Error::usage(format!("there is no blueprint \"{name}\""))
        .detail(format!("The blueprints are: {}.", known.join(", ")));
    Err(match nearest(name, &known) {
        Some(meant) => error.hint(format!("Did you mean \"{meant}\"?")),
        None => error,
    })
}

/// The known name that `name` was most likely meant to be, if any is near enough.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    // Half of its letters wrong is another word rather than a slip.
    let near_enough = |candidate: &str| candidate.chars().count().div_ceil(2);
    known
        .iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&name.to_lowercase(), candidate),
                *candidate,
            )
        })
        .filter(|(distance, candidate)| *distance < near_enough(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

impl Blueprint {
    /// A folder without `blueprint.json` is none.
    fn read(folder: &'static Dir<'static>) -> Option<Self> {
        let about = folder.get_file(folder.path().join("blueprint.json"))?;
        Some(Self {
            name: folder
                .path()
                .to_str()
                .expect("a blueprint's folder is named in ASCII"),
            about: serde_json::from_slice(about.contents())
                .expect("every blueprint.json has exactly a title and a description"),
            folder,
        })
    }

    /// The name that `--blueprint` takes.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The name that people call it by.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.about.title
    }

    /// What it is, in one line.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.about.description
    }

    /// Its migrations.
    ///
    /// # Errors
    /// What is wrong with one of its files; for a blueprint that passed its tests, nothing.
    pub fn migrations(&self) -> Result<MigrationSet> {
        let files = self
            .folder
            .files()
            .filter(|file| is_sql(file))
            .map(|file| SourceFile {
                path: file.path().to_path_buf(),
                content: file.contents().to_vec(),
            });
        migration::from_files(self.name, files.collect())
    }

    /// The names that `steward seed` takes for it.
    #[must_use]
    pub fn seeds(&self) -> Vec<&'static str> {
        let Some(folder) = self.folder.get_dir(self.folder.path().join("seeds")) else {
            return Vec::new();
        };
        let mut names: Vec<_> = folder
            .files()
            .filter(|file| is_sql(file))
            .filter_map(|file| file.path().file_stem()?.to_str())
            .collect();
        names.sort_unstable();
        names
    }

    /// The seed of this name, from `seeds/<name>.sql`.
    #[must_use]
    pub fn seed(&self, name: &str) -> Option<Script> {
        let path = self.folder.path().join("seeds").join(format!("{name}.sql"));
        let file = self.folder.get_file(&path)?;
        Some(Script {
            sql: file.contents_utf8()?.replace("\r\n", "\n"),
            file: path,
            first_line: 1,
        })
    }
}

/// Whether the file holds SQL, by its name.
fn is_sql(file: &File<'_>) -> bool {
    file.path()
        .extension()
        .is_some_and(|extension| extension == "sql")
}

#[cfg(test)]
mod tests;
