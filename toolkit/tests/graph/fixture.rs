//! A database for each test on one throwaway server, and the command as a user runs it.

use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
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
        self.cluster
            .client(&self.name, SUPERUSER)
            .expect("a connection")
            .batch_execute(sql)
            .expect("the statements run");
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

    pub(crate) fn graph(&self, arguments: &[&str]) -> Run {
        self.steward(&[&["graph"], arguments].concat())
    }

    /// The only graph of the document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let run = self.graph(&[arguments, &["--format", "json"]].concat());
        let run = run.ends_with(0);
        let mut document: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(document["schema_version"], 1);
        document["graphs"][0].take()
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

/// Edges as `from>to`.
pub(crate) fn edges(graph: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a key").to_owned();
    graph["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .map(|edge| format!("{}>{}", text(&edge["from"]), text(&edge["to"])))
        .collect()
}

pub(crate) const STEPS: &str = "
    create extension steward;
    create table tasks (id bigint primary key, title text not null, note text);
    insert into tasks values
        (1, 'Design', 'first'), (2, 'Build', null), (3, 'Test', 'third'), (4, 'Ship', ''), (5, 'Rest', '');
    create table steps (
        task_id bigint not null references tasks,
        depends_on bigint not null references tasks,
        primary key (task_id, depends_on)
    );
    create index on steps (depends_on);
    select steward.guard_dependencies('steps');
    insert into steps values (2, 1), (3, 2), (4, 3), (4, 1);
";
