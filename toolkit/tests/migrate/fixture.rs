//! What every test here needs: a database, a folder of migrations, and the command.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use postgres::Client;
use serde_json::Value;
use steward_toolkit::cluster::{Cluster, ClusterOptions};
use tempfile::TempDir;

/// The server of all tests; it stops when this process ends.
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
    Cluster::start(&ClusterOptions::default()).expect("PostgreSQL is installed and starts")
});

/// A database of one test's own.
pub(crate) struct Database {
    name: String,
}

/// What a run of the command left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder of migrations.
pub(crate) struct Folder {
    directory: TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        CLUSTER
            .client("postgres", "postgres")
            .and_then(|mut client| Ok(client.batch_execute(&format!("create database {name}"))?))
            .expect("a database");
        Self { name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn client(&self) -> Client {
        self.client_as("postgres")
    }

    pub(crate) fn client_as(&self, user: &str) -> Client {
        CLUSTER.client(&self.name, user).expect("a connection")
    }

    pub(crate) fn url(&self, user: &str) -> String {
        CLUSTER.connection_string(&self.name, user)
    }

    /// The first column of the first row, as text.
    pub(crate) fn value(&self, sql: &str) -> String {
        let rows = self.client().query(sql, &[]).expect("a query");
        rows.first()
            .map(|row| row.get::<_, Option<String>>(0).unwrap_or_default())
            .unwrap_or_default()
    }

    /// The versions in the history of `schema`.
    pub(crate) fn applied(&self, schema: &str) -> String {
        self.value(&format!(
            "select coalesce(string_agg(version::text, ' ' order by version), '') from {schema}.schema_migrations"
        ))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_as("postgres", arguments)
    }

    pub(crate) fn command_as(&self, user: &str, arguments: &[&str]) -> Command {
        let mut command = steward(arguments);
        command.env("DATABASE_URL", self.url(user));
        command
    }

    pub(crate) fn steward(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments))
    }

    pub(crate) fn steward_as(&self, user: &str, arguments: &[&str]) -> Run {
        run(&mut self.command_as(user, arguments))
    }

    /// Runs `steward migrate <arguments> --source <folder>`.
    pub(crate) fn migrate(&self, folder: &Folder, arguments: &[&str]) -> Run {
        self.steward(&folder.arguments(arguments))
    }
}

/// The command, in an environment that says nothing of any server.
pub(crate) fn steward(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steward"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("PG") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command
}

pub(crate) fn run(command: &mut Command) -> Run {
    finished(
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts"),
    )
}

pub(crate) fn finished(child: Child) -> Run {
    let output = child.wait_with_output().expect("the command ends");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Waits until `condition` holds, and fails when it does not in half a minute.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }

    /// Checks that stderr says each of `parts`.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no \"{part}\" in: {}",
                self.stderr
            );
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.stdout).expect("JSON on stdout");
        assert_eq!(value["schema_version"], 1);
        value
    }
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::Builder::new()
                .prefix("migrations")
                .tempdir()
                .expect("a folder"),
        }
    }

    /// Migrations 1 to `tables`: each creates a table `t<n>`, and its down script drops it.
    pub(crate) fn with_tables(tables: u32) -> Self {
        let folder = Self::new();
        for number in 1..=tables {
            folder.table(number);
        }
        folder
    }

    pub(crate) fn table(&self, number: u32) {
        self.pair(
            number,
            &format!("create table t{number} (id int);\n"),
            &format!("drop table t{number};\n"),
        );
    }

    /// A migration `V<version>__step_<version>` with its down script.
    pub(crate) fn pair(&self, version: u32, up: &str, down: &str) {
        self.write(&format!("V{version}__step_{version}.sql"), up);
        self.write(&format!("V{version}__step_{version}.down.sql"), down);
    }

    pub(crate) fn write(&self, name: &str, sql: &str) {
        fs::write(self.path().join(name), sql).expect("written");
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).expect("removed");
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// `migrate <arguments> --source <folder>`.
    pub(crate) fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let path = self.path().to_str().expect("UTF-8");
        [&["migrate"], arguments, &["--source", path]].concat()
    }
}
