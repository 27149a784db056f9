//! A throwaway PostgreSQL server made from the programs that are installed on the machine.
//!
//! The demonstration, the tests and the benchmarks run on it. It listens on a socket in a folder
//! that only its own account can enter, it needs no configuration, and it leaves nothing behind:
//! however this process ends, the server stops and its folder is removed.
//!
//! ```no_run
//! use steward_toolkit::cluster::{Cluster, ClusterOptions};
//!
//! # fn main() -> steward_toolkit::error::Result<()> {
//! let cluster = Cluster::start(&ClusterOptions::default())?;
//! let mut client = cluster.client("postgres", "postgres")?;
//! client.batch_execute("create database trial")?;
//! # Ok(())
//! # }
//! ```

mod account;
mod configuration;
mod programs;
mod supervisor;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postgres::NoTls;

use self::account::Account;
use self::programs::Search;
use self::supervisor::Supervisor;
use crate::connection::percent_encode;
use crate::error::{Error, Result};

/// The superuser of a throwaway server.
pub const SUPERUSER: &str = "postgres";

/// The port in the name of the socket; the folder is the server's own, so it never clashes.
const SOCKET_PORT: u16 = 5432;

/// How long a server may take to accept connections.
const PATIENCE: Duration = Duration::from_mins(1);

/// The longest path of a socket that every system takes, in bytes.
const LONGEST_SOCKET_PATH: usize = 103;

/// The encoding's classes of characters, where the C library has them without installing locales.
const CHARACTER_TYPE: &str = if cfg!(target_os = "linux") {
    "C.UTF-8"
} else {
    "C"
};

/// How to make a throwaway server; the default suits tests.
#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    /// The folder of `initdb` and `postgres`; found through `PG_CONFIG`, `pg_config` or Debian's
    /// place when not given.
    pub bin_directory: Option<PathBuf>,
    /// Whether a commit waits for the disk, as on a server in production. Benchmarks want it.
    pub durable: bool,
    /// Whether to listen on 127.0.0.1 as well, at a free port.
    pub listen_on_loopback: bool,
    /// Settings for `postgresql.conf`, after our own.
    pub settings: Vec<(String, String)>,
    /// Lines for `pg_hba.conf`, before the one that lets every role in over the socket.
    pub host_based_authentication: Vec<String>,
    /// Files to put into the data directory, as `server.crt`: their names and contents.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A running throwaway server; dropping it stops the server and removes its folder.
#[derive(Debug)]
pub struct Cluster {
    supervisor: Supervisor,
    bin_directory: PathBuf,
    port: u16,
}

/// A server that outlives this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCluster {
    /// The folder of the server's socket.
    pub socket_directory: PathBuf,
    /// The port in the name of the socket, and on the loopback interface if it listens there.
    pub port: u16,
    /// The shell command that stops the server and has its folder removed.
    pub stop_command: String,
}

impl Cluster {
    /// Makes a server, starts it, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// When no server is installed (`Exit::ToolMissing`), or it could not be made or started.
    pub fn start(options: &ClusterOptions) -> Result<Self> {
        const ATTEMPTS: usize = 3;
        let bin_directory = Search::from_environment(options.bin_directory.clone()).find()?;
        let account = Account::for_the_server()?;
        for _ in 1..ATTEMPTS {
            match Self::attempt(options, &bin_directory, account) {
                Err(Failure::PortTaken(_)) => {}
                Err(Failure::Other(error)) => return Err(error),
                Ok(cluster) => return Ok(cluster),
            }
        }
        Self::attempt(options, &bin_directory, account).map_err(Failure::into_error)
    }

    fn attempt(
        options: &ClusterOptions,
        bin_directory: &Path,
        account: Option<Account>,
    ) -> std::result::Result<Self, Failure> {
        let port = if options.listen_on_loopback {
            free_port()?
        } else {
            SOCKET_PORT
        };
        let mut supervisor = supervise(bin_directory, account)?;
        configure(&supervisor, options, port)?;
        supervisor.start()?;
        let cluster = Self {
            supervisor,
            bin_directory: bin_directory.to_path_buf(),
            port,
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn wait_until_ready(&self) -> std::result::Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let running = self.supervisor.server_is_running();
            let Err(refusal) = self.configuration(SUPERUSER, SUPERUSER).connect(NoTls) else {
                return Ok(());
            };
            if running && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            let log = self.supervisor.tail_of("server.log");
            let port_taken = !running && log.contains("could not bind");
            let error = Error::failure(if running {
                format!("the throwaway server refused connections: {refusal}")
            } else {
                "the throwaway server did not start".to_owned()
            })
            .detail(format!("The end of its log:\n{log}"));
            return Err(if port_taken {
                Failure::PortTaken(error)
            } else {
                Failure::Other(error)
            });
        }
    }

    /// The folder of the server's socket: the `host` of a connection string.
    #[must_use]
    pub fn socket_directory(&self) -> &Path {
        self.supervisor.folder()
    }

    /// The port in the name of the socket, and on the loopback interface if it listens there.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.supervisor.folder().join("server.log")
    }

    /// The data directory.
    #[must_use]
    pub fn data_directory(&self) -> PathBuf {
        self.supervisor.folder().join("data")
    }

    /// The folder of the server's programs, and of the clients that came with it.
    #[must_use]
    pub fn bin_directory(&self) -> &Path {
        &self.bin_directory
    }

    /// A URL for psql, `DATABASE_URL` and every driver, over the socket.
    #[must_use]
    pub fn connection_string(&self, database: &str, user: &str) -> String {
        connection_string(self.socket_directory(), self.port, database, user)
    }

    /// A connection over the socket; every role is let in.
    ///
    /// # Errors
    ///
    /// The server's, when there is no such database or role.
    pub fn client(&self, database: &str, user: &str) -> Result<postgres::Client> {
        Ok(self.configuration(database, user).connect(NoTls)?)
    }

    /// Leaves the server running when this process ends.
    ///
    /// # Errors
    ///
    /// When the server is not running any more.
    pub fn keep(self) -> Result<KeptCluster> {
        let socket_directory = self.socket_directory().to_path_buf();
        let pid_file = self.data_directory().join("postmaster.pid");
        // A signal and not pg_ctl, which refuses root. The supervisor removes the folder.
        let stop_command = format!(
            "kill -INT \"$(head -n 1 {})\"",
            shell_word(&pid_file.to_string_lossy())
        );
        self.supervisor.release()?;
        Ok(KeptCluster {
            socket_directory,
            port: self.port,
            stop_command,
        })
    }

    fn configuration(&self, database: &str, user: &str) -> postgres::Config {
        let mut configuration = postgres::Config::new();
        configuration
            .host_path(self.socket_directory())
            .port(self.port)
            .dbname(database)
            .user(user);
        configuration
    }
}

impl KeptCluster {
    /// A URL for psql, `DATABASE_URL` and every driver, over the socket.
    #[must_use]
    pub fn connection_string(&self, database: &str, user: &str) -> String {
        connection_string(&self.socket_directory, self.port, database, user)
    }
}

/// Why a server did not start, so far as it matters for trying again.
enum Failure {
    /// Another program took the port between looking for a free one and listening on it.
    PortTaken(Error),
    Other(Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::PortTaken(error) | Self::Other(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Starts the supervisor in the temporary folder, or in `/tmp` where the path of a socket would
/// get too long or the server's account may not write.
fn supervise(bin_directory: &Path, account: Option<Account>) -> Result<Supervisor> {
    let character_type = format!("--lc-ctype={CHARACTER_TYPE}");
    let superuser = format!("--username={SUPERUSER}");
    let arguments = [
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        &character_type,
        "--no-sync",
        &superuser,
    ];
    let temporary = std::env::temp_dir().canonicalize().ok();
    if let Some(parent) = temporary.filter(|parent| leaves_room_for_a_socket(parent))
        && let Ok(supervisor) = Supervisor::spawn(&parent, bin_directory, &arguments, account)
    {
        return Ok(supervisor);
    }
    Supervisor::spawn(Path::new("/tmp"), bin_directory, &arguments, account)
}

fn leaves_room_for_a_socket(parent: &Path) -> bool {
    let longest = "/steward-XXXXXXXX/.s.PGSQL.65535.lock".len();
    parent.as_os_str().len() + longest <= LONGEST_SOCKET_PATH
}

fn configure(supervisor: &Supervisor, options: &ClusterOptions, port: u16) -> Result<()> {
    let postgresql_conf = configuration::postgresql_conf(options, supervisor.folder(), port);
    let pg_hba_conf = configuration::pg_hba_conf(options);
    let place = || {
        supervisor.place(Path::new("postgresql.conf"), postgresql_conf.as_bytes())?;
        supervisor.place(Path::new("pg_hba.conf"), pg_hba_conf.as_bytes())?;
        supervisor.make_folder("files")?;
        for (name, contents) in &options.files {
            supervisor.place(&Path::new("files").join(name), contents)?;
        }
        Ok(())
    };
    place().map_err(|error: std::io::Error| {
        Error::failure(format!(
            "could not write the configuration of the throwaway server to \"{}\"",
            supervisor.folder().display()
        ))
        .detail(error.to_string())
    })
}

fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| {
            Error::failure("no free port on the loopback interface").detail(error.to_string())
        })
}

fn connection_string(socket_directory: &Path, port: u16, database: &str, user: &str) -> String {
    format!(
        "postgresql://{}@/{}?host={}&port={port}",
        percent_encode(user),
        percent_encode(database),
        percent_encode(&socket_directory.to_string_lossy()),
    )
}

/// A word as a shell takes it, quoted only where it must be.
fn shell_word(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{connection_string, leaves_room_for_a_socket, shell_word};

    #[test]
    fn names_in_a_connection_string_are_encoded() {
        let url = connection_string(Path::new("/tmp/steward-a"), 5432, "a b", "ü@x");
        assert_eq!(
            url,
            "postgresql://%C3%BC%40x@/a%20b?host=/tmp/steward-a&port=5432"
        );
    }

    #[test]
    fn a_word_of_the_stop_command_is_one_word() {
        assert_eq!(shell_word("/tmp/a"), "/tmp/a");
        assert_eq!(shell_word("/tmp/a b'c"), r"'/tmp/a b'\''c'");
    }

    #[test]
    fn a_long_temporary_folder_is_not_used() {
        assert!(leaves_room_for_a_socket(Path::new("/var/tmp")));
        assert!(!leaves_room_for_a_socket(Path::new(&"/long".repeat(20))));
    }
}
