//! The shell that runs the server, stops it and removes its folder when this process ends.
//!
//! A destructor does not run when a process is killed, and a signal handler cannot catch SIGKILL.
//! A pipe is closed by the kernel in every case. So a small shell in a process group of its own,
//! which Ctrl-C does not reach, makes the folder, runs the server, and cleans both up once the
//! pipe that this process holds is closed.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown, fchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::account::Account;
use crate::error::{Error, Result};

const SCRIPT: &str = include_str!("supervisor.sh");

/// A running supervisor and the folder that it has made.
#[derive(Debug)]
pub(super) struct Supervisor {
    child: Child,
    /// Open for as long as the server is to run; taken when the supervisor was told to go on alone.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
    account: Option<Account>,
}

impl Supervisor {
    /// Starts the supervisor; it makes its folder under `parent` and waits there.
    pub(super) fn spawn<Argument: AsRef<OsStr>>(
        parent: &Path,
        programs: &Path,
        initdb_arguments: &[Argument],
        account: Option<Account>,
    ) -> Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            // In a variable, the script does not fill the list of processes.
            .args(["-c", "eval \"$SCRIPT\"", "steward-supervisor"])
            .env_clear()
            .env("SCRIPT", SCRIPT)
            .arg(parent)
            .arg(programs)
            .args(initdb_arguments)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(Account { user, group }) = account {
            command.uid(user).gid(group);
        }
        let mut child = command.spawn().map_err(|error| {
            Error::failure("could not start /bin/sh to run the throwaway server")
                .detail(error.to_string())
        })?;
        let orders = child.stdin.take();
        let answers = child.stdout.take().map(BufReader::new);
        let Some(answers) = answers else {
            unreachable!("standard output of the supervisor is a pipe");
        };
        let mut supervisor = Self {
            child,
            orders,
            answers,
            folder: PathBuf::new(),
            account,
        };
        let answer = supervisor.answer();
        match answer.split_once(' ') {
            Some(("folder", folder)) => supervisor.folder = PathBuf::from(folder),
            _ => {
                return Err(Error::failure(format!(
                    "could not make a folder for the throwaway server in \"{}\"",
                    parent.display()
                ))
                .detail(answer.strip_prefix("error ").unwrap_or(&answer).to_owned()));
            }
        }
        Ok(supervisor)
    }

    /// The folder of the server's data directory, log and socket.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a new file into the server's folder, readable by the server's account only.
    pub(super) fn place(&self, name: &Path, contents: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        // A new file only: the folder may belong to another account, and the name could be
        // its symbolic link.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(contents)?;
        if let Some(Account { user, group }) = self.account {
            fchown(&file, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// Makes a folder in the server's folder.
    pub(super) fn make_folder(&self, name: &str) -> io::Result<()> {
        let path = self.folder.join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        if let Some(Account { user, group }) = self.account {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// Has the data directory made and the server started; it is not yet ready for connections.
    pub(super) fn start(&mut self) -> Result<()> {
        self.order("start")?;
        match self.answer().as_str() {
            "started" => Ok(()),
            _ => Err(Error::failure("initdb could not make a data directory")
                .detail(self.tail_of("initdb.log"))),
        }
    }

    /// Whether the server still runs.
    pub(super) fn server_is_running(&self) -> bool {
        self.folder.join("running").exists()
    }

    /// The last lines of a log file in the folder.
    pub(super) fn tail_of(&self, log: &str) -> String {
        const LINES: usize = 20;
        let text = std::fs::read(self.folder.join(log)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.trim_end().lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// Leaves the server running when this process ends; the supervisor still removes the folder
    /// when the server stops.
    pub(super) fn release(mut self) -> Result<()> {
        self.order("keep")?;
        self.orders = None;
        Ok(())
    }

    fn order(&mut self, order: &str) -> Result<()> {
        let written = match &mut self.orders {
            Some(orders) => writeln!(orders, "{order}"),
            None => Ok(()),
        };
        written.map_err(|error| {
            Error::failure("the shell that runs the throwaway server has ended")
                .detail(error.to_string())
        })
    }

    /// The next line of the supervisor, empty if it has ended.
    fn answer(&mut self) -> String {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(_) => line.trim_end_matches('\n').to_owned(),
            Err(_) => String::new(),
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Some(orders) = self.orders.take() {
            drop(orders);
            // Nothing is left to do for the caller should waiting fail.
            let _ = self.child.wait();
        }
    }
}
