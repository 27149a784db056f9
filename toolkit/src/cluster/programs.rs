//! Finds the programs of an installed PostgreSQL server.
//!
//! In order: the folder that the caller names, the `pg_config` that the variable `PG_CONFIG` names,
//! the `pg_config` on the `PATH`, and the newest server in Debian's place. Who names a server
//! gets that one or an error; a `pg_config` that merely is on the `PATH` may belong to a client
//! installation, so the search goes on behind it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::exit::Exit;

/// The programs that a throwaway server needs.
const NEEDED: [&str; 2] = ["initdb", "postgres"];

/// Where to look.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// The folder that the caller names.
    pub(super) folder: Option<PathBuf>,
    /// The value of `PG_CONFIG`.
    pub(super) pg_config: Option<OsString>,
    /// The `pg_config` to try when nothing is named.
    pub(super) default_pg_config: OsString,
    /// The folder with one folder a major version.
    pub(super) installations: PathBuf,
}

impl Search {
    /// The search of this process's environment.
    pub(super) fn from_environment(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            pg_config: std::env::var_os("PG_CONFIG").filter(|value| !value.is_empty()),
            default_pg_config: OsString::from("pg_config"),
            installations: PathBuf::from("/usr/lib/postgresql"),
        }
    }

    /// The folder of the server's programs.
    pub(super) fn find(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.folder {
            return match missing_in(folder) {
                None => Ok(folder.clone()),
                Some(program) => Err(missing(program, folder)),
            };
        }
        if let Some(pg_config) = &self.pg_config {
            let folder = bindir(pg_config).map_err(|reason| {
                Error::new(
                    Exit::ToolMissing,
                    format!(
                        "could not run \"{}\", which PG_CONFIG names",
                        pg_config.display()
                    ),
                )
                .detail(reason)
                .hint("Set PG_CONFIG to the pg_config of the server to use, or unset it.")
            })?;
            return match missing_in(&folder) {
                None => Ok(folder),
                Some(program) => Err(missing(program, &folder)),
            };
        }
        bindir(&self.default_pg_config)
            .into_iter()
            .chain(self.installed())
            .find(|folder| missing_in(folder).is_none())
            .ok_or_else(|| {
                Error::new(
                    Exit::ToolMissing,
                    "no PostgreSQL server is installed on this machine",
                )
                .detail(format!(
                    "Looked for initdb and postgres in the folder that pg_config names and in {}/*/bin.",
                    self.installations.display()
                ))
                .hint(
                    "On Debian or Ubuntu: apt-get install postgresql-15. \
                     A server elsewhere is found through PG_CONFIG.",
                )
            })
    }

    /// The program folders of Debian's packages, the newest major version first.
    fn installed(&self) -> Vec<PathBuf> {
        let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(&self.installations)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let major = entry.file_name().to_str()?.parse().ok()?;
                Some((major, entry.path().join("bin")))
            })
            .collect();
        found.sort_unstable_by(|left, right| right.cmp(left));
        found.into_iter().map(|(_, folder)| folder).collect()
    }
}

/// The first needed program that `folder` does not have.
fn missing_in(folder: &Path) -> Option<&'static str> {
    NEEDED
        .into_iter()
        .find(|program| !folder.join(program).is_file())
}

fn missing(program: &str, folder: &Path) -> Error {
    let package = major_version(folder).map_or_else(
        || "postgresql".to_owned(),
        |major| format!("postgresql-{major}"),
    );
    Error::new(
        Exit::ToolMissing,
        format!("{program} is not in \"{}\"", folder.display()),
    )
    .hint(format!(
        "Install the server's programs; on Debian or Ubuntu: apt-get install {package}."
    ))
}

/// The major version in a path like `/usr/lib/postgresql/15/bin`.
fn major_version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}

/// The folder that a `pg_config` names, or why it could not be asked.
fn bindir(pg_config: &OsStr) -> std::result::Result<PathBuf, String> {
    let output = Command::new(pg_config)
        .arg("--bindir")
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let folder = String::from_utf8_lossy(&output.stdout);
    Ok(PathBuf::from(folder.trim()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Search;
    use crate::exit::Exit;

    fn install(folder: &Path, programs: &[&str]) {
        fs::create_dir_all(folder).expect("a folder");
        for program in programs {
            fs::write(folder.join(program), "").expect("a file");
        }
    }

    fn search(installations: &Path) -> Search {
        Search {
            folder: None,
            pg_config: None,
            default_pg_config: "/nowhere/pg_config".into(),
            installations: installations.to_path_buf(),
        }
    }

    #[test]
    fn the_newest_complete_server_is_taken() {
        let root = tempfile::tempdir().expect("a folder");
        install(&root.path().join("9/bin"), &["initdb", "postgres"]);
        install(&root.path().join("15/bin"), &["initdb", "postgres"]);
        install(&root.path().join("16/bin"), &["psql"]);
        let found = search(root.path()).find().expect("a server");
        assert_eq!(found, root.path().join("15/bin"));
    }

    #[test]
    fn no_server_is_a_missing_tool_with_a_hint() {
        let root = tempfile::tempdir().expect("a folder");
        let error = search(root.path()).find().expect_err("no server");
        assert_eq!(error.exit(), Exit::ToolMissing);
        assert!(error.to_string().contains("apt-get install postgresql-15"));
    }

    #[test]
    fn a_named_folder_without_a_server_is_not_passed_over() {
        let root = tempfile::tempdir().expect("a folder");
        install(&root.path().join("15/bin"), &["initdb", "postgres"]);
        install(&root.path().join("16/bin"), &["initdb"]);
        let error = Search {
            folder: Some(root.path().join("16/bin")),
            ..search(root.path())
        }
        .find()
        .expect_err("no server in the folder named");
        assert_eq!(error.exit(), Exit::ToolMissing);
        assert!(error.to_string().contains("apt-get install postgresql-16"));
    }

    #[test]
    fn a_pg_config_that_does_not_run_is_an_error() {
        let root = tempfile::tempdir().expect("a folder");
        install(&root.path().join("15/bin"), &["initdb", "postgres"]);
        let error = Search {
            pg_config: Some("/nowhere/pg_config".into()),
            ..search(root.path())
        }
        .find()
        .expect_err("PG_CONFIG does not run");
        assert_eq!(error.exit(), Exit::ToolMissing);
        assert!(error.message().contains("/nowhere/pg_config"));
    }
}
