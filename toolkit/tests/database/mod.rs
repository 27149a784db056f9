//! A database for each test on one throwaway server, and the command as a user runs it.

use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::Client;
use steward_toolkit::cluster::{Cluster, ClusterOptions, SUPERUSER};

/// The server of all tests; none where the extension's files are missing.
static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| {
    let cluster = Cluster::start(&ClusterOptions::default()).expect("PostgreSQL is installed");
    let installed: bool = cluster
        .client(SUPERUSER, SUPERUSER)
        .expect("a connection")
        .query_one(
            "select exists (select from pg_available_extensions where name = 'steward')",
            &[],
        )
        .expect("a query")
        .get(0);
    if !installed {
        eprintln!("skipped: no server here has the extension's files (make install)");
    }
    installed.then_some(cluster)
});

/// A database of one test's own.
pub(crate) struct Database {
    cluster: &'static Cluster,
    name: String,
}

pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Database {
    pub(crate) fn new(sql: &str) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let cluster = CLUSTER.as_ref()?;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let create = format!("create database {name}");
        let mut server = cluster.client(SUPERUSER, SUPERUSER).expect("a connection");
        server.batch_execute(&create).expect("a database");
        let database = Self { cluster, name };
        database.run(sql);
        Some(database)
    }

    pub(crate) fn run(&self, sql: &str) {
        self.client(SUPERUSER)
            .batch_execute(sql)
            .expect("the statements run");
    }

    pub(crate) fn client(&self, user: &str) -> Client {
        self.cluster.client(&self.name, user).expect("a connection")
    }

    pub(crate) fn steward(&self, arguments: &[&str]) -> Run {
        self.steward_as(SUPERUSER, arguments)
    }

    pub(crate) fn steward_as(&self, user: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_steward"));
        for (name, _) in std::env::vars() {
            if name.starts_with("PG") {
                command.env_remove(name);
            }
        }
        let output = command
            .args(arguments)
            .env(
                "DATABASE_URL",
                self.cluster.connection_string(&self.name, user),
            )
            .stdin(Stdio::null())
            .output()
            .expect("the command runs");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

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
}
