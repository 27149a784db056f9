//! A page of the documentation as the blocks in it that can be run.
//!
//! A comment before a block says what is particular about it: `<!-- error: CODE -->` for one that has to
//! fail with that SQLSTATE or exit code, and `<!-- not run: reason -->`. A `text` or `mermaid` block that
//! follows is what psql or the command shows of it: the rows of a query, its error, or standard output.

use std::fs;
use std::path::{Path, PathBuf};

use steward_tests::{Database, tests};

tests![a_block_is_read_with_its_marks];

/// What a block is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Sql,
    Shell,
}

/// What a block is expected to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Runs,
    Fails(String),
    NotRun,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it begins, from 1.
    pub(super) line: usize,
    pub(super) language: Language,
    pub(super) text: String,
    pub(super) expected: Expected,
    /// The output that the page shows of it.
    pub(super) output: Option<String>,
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the checkout")
        .to_path_buf()
}

/// Every page, README.md first, by its path in the checkout.
pub(super) fn all() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    let mut folders = vec![checkout().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let page = path.strip_prefix(checkout()).expect("a page");
                pages.push(page.display().to_string());
            }
        }
    }
    pages[1..].sort_unstable();
    pages
}

/// The blocks of a page that can be run.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    read(&text(page))
}

/// A file of the checkout.
pub(super) fn text(path: &str) -> String {
    fs::read_to_string(checkout().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn read(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut mark = None;
    // Whether nothing but blank lines came since the last block.
    let mut directly_after = false;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let line = line.trim();
        let Some(fence) = line.strip_prefix("```") else {
            if !line.is_empty() {
                mark = read_mark(line);
                directly_after = false;
            }
            continue;
        };
        let body: Vec<_> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```")
            .collect();
        let body = body.join("\n");
        let language = match fence {
            "sql" => Some(Language::Sql),
            "sh" => Some(Language::Shell),
            _ => None,
        };
        let mark = mark.take();
        if let Some(language) = language {
            blocks.push(Block {
                line: index + 1,
                language,
                text: body,
                expected: mark.unwrap_or(Expected::Runs),
                output: None,
            });
        } else if ["text", "mermaid"].contains(&fence) && directly_after {
            blocks.last_mut().expect("a block").output = Some(body);
        }
        directly_after = language.is_some();
    }
    blocks
}

fn read_mark(line: &str) -> Option<Expected> {
    let comment = line.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    if let Some(code) = comment.strip_prefix("error: ") {
        return Some(Expected::Fails(code.to_owned()));
    }
    comment.starts_with("not run: ").then_some(Expected::NotRun)
}

fn a_block_is_read_with_its_marks(_: &Database) {
    let text = "Text\n\n```sql\nselect 1;\n```\n\n```text\n ?column?\n```\n\n<!-- error: 22012 -->\n```sql\nselect 1 / 0;\n```\n\
                <!-- not run: it is long -->\n\n```sql\nselect 2;\n```\n\n```sh\nls\n```\n\nAnd\n\n```text\nno output\n```\n\n\
                ```console\n$ ls\n```\n\n```sql\nselect 3;\n```";
    let block = |line, language, text: &str, expected, output: Option<&str>| Block {
        line,
        language,
        text: text.to_owned(),
        expected,
        output: output.map(str::to_owned),
    };
    let refused = Expected::Fails("22012".to_owned());
    assert_eq!(
        read(text),
        [
            block(
                3,
                Language::Sql,
                "select 1;",
                Expected::Runs,
                Some(" ?column?")
            ),
            block(12, Language::Sql, "select 1 / 0;", refused, None),
            block(17, Language::Sql, "select 2;", Expected::NotRun, None),
            block(21, Language::Shell, "ls", Expected::Runs, None),
            block(35, Language::Sql, "select 3;", Expected::Runs, None),
        ]
    );
}
