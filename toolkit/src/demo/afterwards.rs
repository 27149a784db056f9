//! Using the demonstration's server afterwards: with psql now, or for as long as it is kept.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;
use signal_hook::consts::SIGINT;

use super::database::DATABASE;
use super::report::ShownBlueprint;
use crate::cluster::{Cluster, SUPERUSER};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// A server that was left running.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    connections: Vec<Connection>,
    stop_command: String,
}

/// A way into it.
#[derive(Debug, Serialize)]
struct Connection {
    role: String,
    superuser: bool,
    url: String,
}

impl Kept {
    /// Leaves the server running.
    pub(super) fn keep(cluster: Cluster, blueprints: &[ShownBlueprint]) -> Result<Self> {
        let kept = cluster.keep()?;
        let connection = |role: &str| Connection {
            role: role.to_owned(),
            superuser: role == SUPERUSER,
            url: kept.connection_string(DATABASE, role),
        };
        let connections = blueprints
            .iter()
            .map(|blueprint| connection(blueprint.role))
            .chain([connection(SUPERUSER)])
            .collect();
        Ok(Self {
            connections,
            stop_command: kept.stop_command,
        })
    }

    pub(super) fn text(&self) -> String {
        let mut lines = vec!["\nThe server is still running.".to_owned()];
        for connection in &self.connections {
            let kind = if connection.superuser {
                "the superuser"
            } else {
                "the plain role"
            };
            lines.push(format!(
                "\nConnect as {kind} {}; search_path is set:",
                connection.role
            ));
            lines.push(format!("  psql '{}'", connection.url));
        }
        lines.push("\nStop it, and have its folder removed:".to_owned());
        lines.push(format!("  {}", self.stop_command));
        lines.join("\n")
    }
}

/// The program psql, found before there is anything to connect to.
#[derive(Debug)]
pub(super) struct Psql {
    program: PathBuf,
}

impl Psql {
    /// The one that came with the server, or the one on the `PATH`.
    pub(super) fn find(cluster: &Cluster) -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::iter::once(cluster.bin_directory().to_path_buf())
            .chain(std::env::split_paths(&path))
            .map(|folder| folder.join("psql"))
            .find(|program| program.is_file())
            .map(|program| Self { program })
            .ok_or_else(|| {
                Error::new(Exit::ToolMissing, "psql is not installed")
                    .detail("It is neither with the server's programs nor on the PATH.")
                    .hint("On Debian or Ubuntu: apt-get install postgresql-client.")
            })
    }

    /// Runs it until its user leaves. What the last statement came to is the user's business.
    pub(super) fn run(&self, url: &str) -> Result<()> {
        ignore_interrupts()?;
        let mut command = Command::new(&self.program);
        command.arg(url);
        // Meant for another server, such as PGSSLMODE or PGOPTIONS.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
            .status()
            .map(|_| ())
            .map_err(|error| self.not_run(&error))
    }

    fn not_run(&self, error: &std::io::Error) -> Error {
        Error::new(
            Exit::ToolMissing,
            format!("could not run \"{}\"", self.program.display()),
        )
        .detail(error.to_string())
    }
}

/// A terminal sends Ctrl-C to this process too, but there it is psql's: it cancels a statement. With
/// a handler in place, psql itself still starts with the signal's default.
fn ignore_interrupts() -> Result<()> {
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))
        .map(|_| ())
        .map_err(|error| Error::failure(format!("could not handle Ctrl-C: {error}")))
}
