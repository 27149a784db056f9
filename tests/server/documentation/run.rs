//! Running the blocks of a page, in their order, and comparing what they show.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output, Stdio};

use steward_tests::{Database, Refusal, Role, Session, tests};
use tempfile::TempDir;

use super::page::{self, Block, Expected, Language};

tests![
    what_does_not_do_as_the_page_says_is_noticed,
    a_shell_has_the_command_and_the_database,
];

/// Where a page's statements and commands are run.
pub(super) struct Reader<'database> {
    database: &'database Database,
    role: Role,
    session: Session,
    /// Where commands are run; among its files is the command `steward`.
    folder: TempDir,
}

impl<'database> Reader<'database> {
    pub(super) fn new(database: &'database Database, role: Role) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // This program is the command, too, when it is called by that name.
        let program = env::current_exe().expect("the path of this program");
        symlink(program, folder.path().join("steward")).expect("a link");
        Self {
            database,
            role,
            session: database.session(role),
            folder,
        }
    }

    /// The session that the statements were run in, to look at what has come of them.
    pub(super) const fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// What a command has written into the folder that it ran in.
    pub(super) fn written(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file))
            .unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Runs every block of the page.
    #[track_caller]
    pub(super) fn reads(&mut self, page: &str) {
        for block in page::blocks(page) {
            if let Err(difference) = self.try_block(&block) {
                panic!("{page}:{}: {difference}", block.line);
            }
        }
    }

    fn try_block(&mut self, block: &Block) -> Result<(), String> {
        if block.expected == Expected::NotRun {
            return Ok(());
        }
        let (failed_with, shown) = match block.language {
            Language::Sql => self.run_sql(block)?,
            Language::Shell => self.run_shell(&block.text),
        };
        let expected = match &block.expected {
            Expected::Fails(code) => Some(code.as_str()),
            _ => None,
        };
        if failed_with.as_deref() != expected {
            return Err(format!("{failed_with:?} instead of {expected:?}\n{shown}"));
        }
        match &block.output {
            Some(output) if trimmed(&shown) != trimmed(output) => {
                Err(format!("it shows\n{shown}\ninstead of\n{output}"))
            }
            _ => Ok(()),
        }
    }

    /// The SQLSTATE if there is one, and what psql shows.
    fn run_sql(&mut self, block: &Block) -> Result<(Option<String>, String), String> {
        let for_psql = |line: &str| line.trim_start().starts_with('\\');
        if block.text.lines().any(for_psql) {
            return Err("a command of psql is no SQL".to_owned());
        }
        if let Err(error) = self.session.client().batch_execute(&block.text) {
            let refusal = Refusal::of(&error);
            return Ok((Some(refusal.sqlstate().to_owned()), as_psql_shows(&refusal)));
        }
        // What is shown of a query is compared; other statements are not run twice.
        let shown = match block.output {
            Some(_) => psql(self.database, &block.text),
            None => String::new(),
        };
        Ok((None, shown))
    }

    /// The exit code unless it is 0, and the standard output, or what was said instead.
    fn run_shell(&self, script: &str) -> (Option<String>, String) {
        let output = self.shell(script);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.code() {
            Some(0) => (None, text(&output.stdout)),
            Some(code) => (Some(code.to_string()), text(&output.stderr)),
            None => (Some(output.status.to_string()), text(&output.stderr)),
        }
    }

    fn shell(&self, script: &str) -> Output {
        let cluster = self.database.server().cluster();
        let url = cluster.connection_string(self.database.name(), self.role.name());
        let path = env::var("PATH").unwrap_or_default();
        let folder = self.folder.path();
        Command::new("sh")
            .args(["-e", "-c", script])
            .current_dir(folder)
            .env_clear()
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("HOME", folder)
            .env("DATABASE_URL", url)
            .stdin(Stdio::null())
            .output()
            .expect("a shell")
    }
}

fn as_psql_shows(refusal: &Refusal) -> String {
    let fields = [("DETAIL", refusal.detail()), ("HINT", refusal.hint())];
    let fields: String = fields
        .iter()
        .filter_map(|(field, value)| Some(format!("\n{field}:  {}", (*value)?)))
        .collect();
    format!("ERROR:  {}{fields}", refusal.message())
}

fn psql(database: &Database, sql: &str) -> String {
    database.client_program(
        "psql",
        &[
            "--no-psqlrc",
            "--set=ON_ERROR_STOP=1",
            "--pset=footer=off",
            "--command",
            sql,
        ],
    )
}

fn trimmed(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect()
}

fn what_does_not_do_as_the_page_says_is_noticed(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    let mut try_block = |language, text: &str, expected, output: Option<&str>| {
        reader
            .try_block(&Block {
                line: 1,
                language,
                text: text.to_owned(),
                expected,
                output: output.map(str::to_owned),
            })
            .is_ok()
    };
    let fails = |code: &str| Expected::Fails(code.to_owned());
    let (sql, shell) = (Language::Sql, Language::Shell);
    let one = Some(" one\n-----\n   1\n");
    assert!(try_block(sql, "select 1 as one", Expected::Runs, one));
    assert!(!try_block(sql, "select 2 as one", Expected::Runs, one));
    assert!(try_block(
        sql,
        "select 1 / 0",
        fails("22012"),
        Some("ERROR:  division by zero")
    ));
    assert!(!try_block(
        sql,
        "select 1 / 0",
        fails("22012"),
        Some("ERROR:  no")
    ));
    assert!(!try_block(sql, "select 1 / 0", fails("42601"), None));
    assert!(!try_block(sql, "select 1 / 0", Expected::Runs, None));
    assert!(!try_block(sql, "select 1", fails("22012"), None));
    assert!(try_block(sql, "select 1 / 0", Expected::NotRun, None));
    assert!(!try_block(sql, "\\d tasks", Expected::Runs, None));
    assert!(try_block(shell, "echo one", Expected::Runs, Some("one")));
    assert!(!try_block(shell, "echo one", Expected::Runs, Some("two")));
    assert!(try_block(shell, "exit 3", fails("3"), None));
    assert!(!try_block(shell, "exit 3", Expected::Runs, None));
    assert!(!try_block(shell, "false\ntrue", Expected::Runs, None));
}

fn a_shell_has_the_command_and_the_database(database: &Database) {
    let reader = Reader::new(database, Role::Owner);
    let (failed, shown) = reader.run_shell("steward --version");
    assert_eq!((failed, shown.starts_with("steward ")), (None, true));
    let (failed, shown) =
        reader.run_shell("steward migrate up --blueprint new_fuse --schema fuse --format json");
    assert_eq!(failed, None, "{shown}");
    assert!(
        database
            .owner()
            .holds("select to_regclass('fuse.tasks') is not null")
    );
}
