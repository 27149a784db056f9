//! The throwaway server of the tests, its roles, and a database for each test.

use std::fmt;
use std::process::Command;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use steward_toolkit::cluster::{Cluster, ClusterOptions, SUPERUSER};
use steward_toolkit::error::{Error, Result};

use crate::session::Session;

/// The database that each test's own is a copy of.
const TEMPLATE: &str = "steward_template";

/// The roles that blueprints grant rights to. Their migrations create them where they are missing, which the plain
/// owner of the tests may not.
const BLUEPRINT_ROLES: [&str; 3] = ["application_role", "application_user", "read_only_user"];

/// Who connects. All but the superuser are plain roles: a test of the rules as a superuser proves
/// nothing about rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server's superuser, who alone can create the extension.
    Superuser,
    /// The owner of the database, and of the tables under test.
    Owner,
    /// A role that inherits the owner's rights.
    Member,
    /// A role that has what the test grants to it.
    Writer,
    /// A role with a schema of its own, called `stranger`, and no rights on anybody else's objects.
    Stranger,
}

impl Role {
    /// The roles that have no rights by attribute.
    pub const PLAIN: [Self; 4] = [Self::Owner, Self::Member, Self::Writer, Self::Stranger];

    /// The role's name in the server.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Superuser => SUPERUSER,
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Writer => "writer",
            Self::Stranger => "stranger",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A running server that has the extension's files.
pub struct Server {
    cluster: Cluster,
    databases: AtomicU32,
}

impl Server {
    /// Starts a server, creates the roles, and makes the template of the tests' databases.
    ///
    /// # Errors
    /// When no server is installed, or the server lacks the extension's files.
    pub fn start() -> Result<Self> {
        let options = ClusterOptions {
            settings: vec![
                // A test that hangs fails instead.
                ("statement_timeout".to_owned(), "60s".to_owned()),
                ("deadlock_timeout".to_owned(), "100ms".to_owned()),
                ("max_prepared_transactions".to_owned(), "20".to_owned()),
            ],
            ..ClusterOptions::default()
        };
        Self::start_with(&options)
    }

    /// The same with other options.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with(options: &ClusterOptions) -> Result<Self> {
        let server = Self {
            cluster: Cluster::start(options)?,
            databases: AtomicU32::new(0),
        };
        let mut session = server.session(SUPERUSER, Role::Superuser);
        server.check_files(&mut session)?;
        for role in Role::PLAIN {
            session.run(&format!("create role {role} login"));
        }
        session.run("grant owner to member");
        for role in BLUEPRINT_ROLES {
            session.run(&format!("create role {role}"));
        }
        session.run(&format!("create database {TEMPLATE}"));
        server
            .session(TEMPLATE, Role::Superuser)
            .run("create extension steward; create schema stranger authorization stranger");
        Ok(server)
    }

    fn check_files(&self, session: &mut Session) -> Result<()> {
        let found = session.rows("select from pg_available_extensions where name = 'steward'");
        if !found.is_empty() {
            return Ok(());
        }
        let version = session.value("select current_setting('server_version')");
        Err(Error::failure(format!(
            "the server in \"{}\" (PostgreSQL {version}) lacks the files of the extension steward",
            self.cluster.bin_directory().display()
        ))
        .hint("Run \"make install\", with PG_CONFIG=... for another server than the default one."))
    }

    /// The server's programs, folder and log.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// A session in a database of that name.
    ///
    /// # Panics
    /// When there is no such database or role.
    #[must_use]
    pub fn session(&self, database: &str, role: Role) -> Session {
        let url = self.cluster.connection_string(database, role.name());
        let configuration = postgres::Config::from_str(&url).expect("a connection string");
        Session::connect(configuration)
    }
}

/// A database of one test's own, dropped with this value. The extension is there, and the schema
/// `public` belongs to [`Role::Owner`].
pub struct Database {
    server: Arc<Server>,
    name: String,
}

impl Database {
    /// Copies the template.
    ///
    /// # Errors
    /// The server's.
    pub fn create(server: Arc<Server>) -> Result<Self> {
        Self::copy(server, TEMPLATE)
    }

    /// Another database like this one, for a test that compares two.
    ///
    /// # Errors
    /// The server's.
    pub fn create_another(&self) -> Result<Self> {
        Self::create(Arc::clone(&self.server))
    }

    /// Another database of the same server, in which the extension is not created.
    ///
    /// # Errors
    /// The server's.
    pub fn create_empty(&self) -> Result<Self> {
        Self::copy(Arc::clone(&self.server), "template0")
    }

    /// A copy of this database, in which everything has the same oid. Nobody may be connected to this one.
    ///
    /// # Errors
    /// The server's.
    pub fn create_copy(&self) -> Result<Self> {
        Self::copy(Arc::clone(&self.server), &self.name)
    }

    /// Another database of the same server and of that encoding, in which the extension is.
    ///
    /// # Panics
    /// When the server refuses one of the statements.
    #[must_use]
    pub fn create_encoded(&self, encoding: &str) -> Self {
        let template = format!("template0 encoding '{encoding}' lc_collate 'C' lc_ctype 'C'");
        let database = Self::copy(Arc::clone(&self.server), &template).expect("a database");
        database.superuser().run("create extension steward");
        database
    }

    fn copy(server: Arc<Server>, template: &str) -> Result<Self> {
        let number = server.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        server
            .cluster
            .client(SUPERUSER, SUPERUSER)?
            .batch_execute(&format!(
                "create database {name} template {template} owner {}",
                Role::Owner
            ))?;
        Ok(Self { server, name })
    }

    /// Its name in the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server that it is in.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A session as `role`.
    #[must_use]
    pub fn session(&self, role: Role) -> Session {
        self.server.session(&self.name, role)
    }

    /// A session as `role` that sends `options` when it connects, as `-c name=value`.
    ///
    /// # Panics
    /// When the server refuses the connection.
    #[must_use]
    pub fn session_with(&self, role: Role, options: &str) -> Session {
        let url = self
            .server
            .cluster
            .connection_string(&self.name, role.name());
        let mut configuration = postgres::Config::from_str(&url).expect("a connection string");
        configuration.options(options);
        Session::connect(configuration)
    }

    /// A session through something that stands between, as a pool of connections does.
    ///
    /// # Panics
    /// When the connection is refused.
    #[must_use]
    pub fn session_through(&self, socket_folder: &std::path::Path, role: Role) -> Session {
        let mut configuration = postgres::Config::new();
        configuration
            .host_path(socket_folder)
            .port(6432)
            .user(role.name())
            .dbname(&self.name);
        Session::connect(configuration)
    }

    /// A session as the owner of the database.
    #[must_use]
    pub fn owner(&self) -> Session {
        self.session(Role::Owner)
    }

    /// A session as the superuser.
    #[must_use]
    pub fn superuser(&self) -> Session {
        self.session(Role::Superuser)
    }

    /// Runs a program that came with the server, such as `pg_dump`, on this database as the superuser, and
    /// returns what it printed.
    ///
    /// # Panics
    /// When it fails, or finds that objects depend on each other in a loop.
    #[must_use]
    #[track_caller]
    pub fn client_program(&self, program: &str, arguments: &[&str]) -> String {
        let path = self.server.cluster.bin_directory().join(program);
        let url = self
            .server
            .cluster
            .connection_string(&self.name, Role::Superuser.name());
        let output = Command::new(path)
            .arg(format!("--dbname={url}"))
            .args(arguments)
            .env("LC_ALL", "C")
            .output()
            .unwrap_or_else(|error| panic!("could not run {program}: {error}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && !told.contains("dependency loop"),
            "{program}: {told}"
        );
        String::from_utf8(output.stdout).expect("output in UTF-8")
    }

    /// Runs a script, such as a dump, as the superuser by `psql`, which reads what `COPY` is given too.
    ///
    /// # Panics
    /// When a statement of it fails.
    #[track_caller]
    pub fn load(&self, script: &str) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), script).expect("a file");
        let path = file.path().to_str().expect("a path in UTF-8");
        let options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file"];
        let _ = self.client_program("psql", &[&options[..], &[path]].concat());
    }

    /// Another database, with what a dump of this one holds.
    ///
    /// # Panics
    /// When it cannot be dumped or restored.
    #[must_use]
    #[track_caller]
    pub fn restored(&self) -> Self {
        let restored = self.create_empty().expect("a database");
        restored.load(&self.client_program("pg_dump", &[]));
        restored
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database that cannot be dropped goes with the server, and the test has its result.
        let statement = format!("drop database {} with (force)", self.name);
        let client = self.server.cluster.client(SUPERUSER, SUPERUSER);
        if let Ok(mut client) = client
            && let Err(error) = client.batch_execute(&statement)
            && !thread::panicking()
        {
            eprintln!("{}: {error}", self.name);
        }
    }
}
