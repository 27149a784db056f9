//! The SQL of the pages runs as it is shown.
//!
//! Each page has a database of its own, and its blocks are run in their order. A comment before a block
//! says what is particular about it: `<!-- error: SQLSTATE -->` for one that has to fail, and
//! `<!-- not run: reason -->`. A `text` block that follows is what psql shows of it: the rows of a query,
//! or the error.

use std::fs;
use std::path::{Path, PathBuf};

use steward_tests::{Database, Refusal, Role, Session, tests};

use crate::{blueprint_jadugar, blueprint_new_fuse};

tests![
    every_page_with_sql_is_known,
    readme,
    installation,
    timestamps,
    stages,
    dependencies,
    new_fuse,
    jadugar,
    a_block_is_read_with_its_marks,
];

/// The pages that have SQL blocks; a new one gets a test.
const PAGES: [&str; 7] = [
    "README.md",
    "docs/blueprints/jadugar.md",
    "docs/blueprints/new_fuse.md",
    "docs/dependencies.md",
    "docs/installation.md",
    "docs/stages.md",
    "docs/timestamps.md",
];

/// What a block of SQL is expected to do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    Runs,
    Fails(String),
    NotRun,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    /// Where it begins, from 1.
    line: usize,
    sql: String,
    expected: Expected,
    /// The output that the page shows of it.
    output: Option<String>,
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the checkout")
        .to_path_buf()
}

fn read(page: &str) -> String {
    fs::read_to_string(checkout().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut mark = None;
    // Whether nothing but blank lines came since the last block of SQL.
    let mut directly_after = false;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let fenced = |lines: &mut dyn Iterator<Item = (usize, &str)>| {
            let body: Vec<_> = lines
                .map(|(_, line)| line.to_owned())
                .take_while(|line| line.trim() != "```")
                .collect();
            body.join("\n")
        };
        match line.trim() {
            "" => {}
            "```sql" => {
                blocks.push(Block {
                    line: index + 1,
                    sql: fenced(&mut lines),
                    expected: mark.take().unwrap_or(Expected::Runs),
                    output: None,
                });
                directly_after = true;
            }
            "```text" if directly_after => {
                blocks.last_mut().expect("a block").output = Some(fenced(&mut lines));
                directly_after = false;
            }
            fence if fence.starts_with("```") => {
                fenced(&mut lines);
                (mark, directly_after) = (None, false);
            }
            other => {
                mark = read_mark(other);
                directly_after = false;
            }
        }
    }
    blocks
}

fn read_mark(line: &str) -> Option<Expected> {
    let comment = line.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    if let Some(sqlstate) = comment.strip_prefix("error: ") {
        return Some(Expected::Fails(sqlstate.to_owned()));
    }
    comment.starts_with("not run: ").then_some(Expected::NotRun)
}

/// Runs the blocks of a page, and compares the output that it shows with psql's.
fn check(page: &str, session: &mut Session, database: &Database) {
    for block in blocks(&read(page)) {
        let place = format!("{page}:{}", block.line);
        assert!(
            !block
                .sql
                .lines()
                .any(|line| line.trim_start().starts_with('\\')),
            "{place}: a command of psql is no SQL"
        );
        let shown = match &block.expected {
            Expected::NotRun => continue,
            Expected::Runs => {
                if let Err(error) = session.client().batch_execute(&block.sql) {
                    panic!("{place}: {}", Refusal::of(&error));
                }
                block.output.as_ref().map(|_| psql(database, &block.sql))
            }
            Expected::Fails(sqlstate) => {
                let refusal = session.refusal(&block.sql);
                assert_eq!(refusal.sqlstate(), sqlstate, "{place}: {refusal}");
                Some(as_psql_shows(&refusal))
            }
        };
        if let (Some(output), Some(shown)) = (&block.output, shown) {
            assert_eq!(trimmed(&shown), trimmed(output), "{place}");
        }
    }
}

fn as_psql_shows(refusal: &Refusal) -> String {
    let mut text = format!("ERROR:  {}", refusal.message());
    for (field, value) in [("DETAIL", refusal.detail()), ("HINT", refusal.hint())] {
        if let Some(value) = value {
            text.push_str(&format!("\n{field}:  {value}"));
        }
    }
    text
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

fn every_page_with_sql_is_known(_: &Database) {
    let mut found = Vec::new();
    let mut folders = vec![checkout().join("docs")];
    let mut files = vec![checkout().join("README.md")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    for file in files {
        let page = file
            .strip_prefix(checkout())
            .expect("a page")
            .display()
            .to_string();
        if !blocks(&read(&page)).is_empty() {
            found.push(page);
        }
    }
    found.sort_unstable();
    assert_eq!(found, PAGES);
}

/// Begins where a new user begins: in a database without the extension, as a superuser.
fn readme(database: &Database) {
    let empty = database.create_empty().expect("a database");
    check("README.md", &mut empty.superuser(), &empty);
}

fn installation(database: &Database) {
    check(
        "docs/installation.md",
        &mut database.session(Role::Superuser),
        database,
    );
}

fn timestamps(database: &Database) {
    let mut owner = database.owner();
    check("docs/timestamps.md", &mut owner, database);
    assert_eq!(owner.value("select count(*) from steward.attachments"), "2");
}

fn stages(database: &Database) {
    let mut owner = database.owner();
    check("docs/stages.md", &mut owner, database);
    assert_eq!(
        owner.rows("select from_stage, to_stage from order_history order by timestamp"),
        ["NULL|received", "received|packed"]
    );
}

fn dependencies(database: &Database) {
    let mut owner = database.owner();
    check("docs/dependencies.md", &mut owner, database);
    for table in ["task_dependencies", "pages", "links", "steps", "plan"] {
        assert_eq!(
            owner.rows(&format!(
                "select * from steward.verify_dependencies('{table}')"
            )),
            [""; 0],
            "{table}"
        );
    }
    assert_eq!(
        owner.value("select count(*) from steward.attachments where capability = 'dependencies'"),
        "5"
    );
}

fn new_fuse(database: &Database) {
    blueprint_new_fuse::seeded(database);
    check(
        "docs/blueprints/new_fuse.md",
        &mut database.owner(),
        database,
    );
}

fn jadugar(database: &Database) {
    blueprint_jadugar::seeded(database);
    check(
        "docs/blueprints/jadugar.md",
        &mut database.owner(),
        database,
    );
}

fn a_block_is_read_with_its_marks(database: &Database) {
    let text = "Text\n\n```sql\nselect 1;\n```\n\n```text\n ?column?\n```\n\n<!-- error: 22012 -->\n```sql\nselect 1 / 0;\n```\n\
                <!-- not run: it is long -->\n\n```sql\nselect 2;\n```\n\n```sh\nls\n```\n\n```sql\nselect 3;\n```";
    let block = |line, sql: &str, expected, output: Option<&str>| Block {
        line,
        sql: sql.to_owned(),
        expected,
        output: output.map(str::to_owned),
    };
    assert_eq!(
        blocks(text),
        [
            block(3, "select 1;", Expected::Runs, Some(" ?column?")),
            block(
                12,
                "select 1 / 0;",
                Expected::Fails("22012".to_owned()),
                None
            ),
            block(17, "select 2;", Expected::NotRun, None),
            block(25, "select 3;", Expected::Runs, None),
        ]
    );
    let mut session = database.owner();
    assert_eq!(session.sqlstate("select 1 / 0;"), "22012");
}
