//! Reads a set of migrations from a folder, or from files that are embedded.
//!
//! Text is normalised before use: CRLF becomes LF and a byte order mark goes, so that a checksum
//! is the same on every checkout. (Inside a string that spans lines this changes the string;
//! `*.sql text eol=lf` in `.gitattributes` does the same to it.)

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::directives::Directives;
use super::file_name::{FileName, Step};
use super::sections::Sections;
use super::{Migration, MigrationSet, Script, client_side, transaction};
use crate::error::{Error, Result};

/// A file of a set, wherever it was read from.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path as errors name it; its last component is the name that counts.
    pub path: PathBuf,
    /// Its bytes, unchanged.
    pub content: Vec<u8>,
}

/// Reads the migrations of a folder. The folders within it are not read, and must not hold
/// migrations.
///
/// # Errors
/// What is wrong with the folder or with one of its files.
pub fn read_folder(folder: &Path) -> Result<MigrationSet> {
    let name = folder_name(folder)?;
    let mut files = Vec::new();
    for (path, _) in named_files(folder)? {
        let content = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        files.push(SourceFile { path, content });
    }
    if files.is_empty() {
        return Err(empty(folder.display()));
    }
    from_files(&name, files)
}

/// Makes a set called `name` of files that are at hand.
///
/// # Errors
/// What is wrong with one of the files.
pub fn from_files(name: &str, files: Vec<SourceFile>) -> Result<MigrationSet> {
    let mut ups = BTreeMap::new();
    let mut downs = BTreeMap::new();
    for file in files {
        let Some(file_name) = parse_name(&file.path)? else {
            continue;
        };
        let text = decode(&file)?;
        match file_name.step {
            Step::Up => {
                ups.insert(file_name.stem.clone(), (file_name, file.path, text));
            }
            Step::Down => {
                downs.insert(file_name.stem, (file.path, text));
            }
        }
    }
    let mut migrations = BTreeMap::<i64, Migration>::new();
    for (stem, (file_name, path, text)) in ups {
        if let Some(first) = migrations.get(&file_name.version) {
            return Err(duplicate(file_name.version, &first.up.file, &path));
        }
        let migration = read_migration(&file_name, &path, &text, downs.remove(&stem))?;
        migrations.insert(migration.version, migration);
    }
    if let Some((stem, (path, _))) = downs.pop_first() {
        return Err(
            Error::failure(format!("{} has no step up beside it", path.display()))
                .hint(format!("Add {stem}.sql, or remove the file.")),
        );
    }
    if migrations.is_empty() {
        return Err(empty(name));
    }
    Ok(MigrationSet {
        name: name.to_owned(),
        migrations: migrations.into_values().collect(),
    })
}

/// The migration files of a folder in the order of their names, with what their names say.
pub(super) fn named_files(folder: &Path) -> Result<Vec<(PathBuf, FileName)>> {
    let mut named = Vec::new();
    for path in entries(folder)? {
        // Through a symbolic link: a link to a file is as good as the file.
        let kind = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
        if kind.is_dir() {
            refuse_migrations_within(&path)?;
        } else if let Some(file_name) = parse_name(&path)? {
            if !kind.is_file() {
                return Err(Error::failure(format!(
                    "{} is not a regular file",
                    path.display()
                )));
            }
            named.push((path, file_name));
        }
    }
    Ok(named)
}

/// What a folder holds, but for dotfiles, in the order of names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: &io::Error| {
        Error::usage(format!(
            "cannot read the folder {}: {error}",
            folder.display()
        ))
        .hint("--source names the folder that holds the migrations.")
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(&error))? {
        let entry = entry.map_err(|error| unreadable(&error))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(folder.join(entry.file_name()));
        }
    }
    paths.sort();
    Ok(paths)
}

/// Refinery's own tools do read the folders within, so a migration there must not go unnoticed.
fn refuse_migrations_within(folder: &Path) -> Result<()> {
    let within = entries(folder)?.into_iter().find(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| matches!(FileName::parse(name), Ok(Some(_))))
    });
    within.map_or(Ok(()), |path| {
        Err(Error::failure(format!(
            "{} lies in a folder within the folder of migrations",
            path.display()
        ))
        .hint("Move it up beside the others, or give it a --source of its own."))
    })
}

fn read_migration(
    name: &FileName,
    path: &Path,
    text: &str,
    down_file: Option<(PathBuf, String)>,
) -> Result<Migration> {
    let sections = Sections::read(text, path)?;
    let directives = Directives::read(text, path)?;
    let down = match (sections.down, down_file) {
        (Some(section), Some((file, _))) => {
            return Err(Error::failure(format!(
                "two steps down: this section and {}",
                file.display()
            ))
            .hint("Keep one of them.")
            .at(path, section.first_line - 1));
        }
        (None, Some((file, text))) => Some(read_down_file(&file, &text, path)?),
        (section, None) => section,
    };
    match (&down, directives.irreversible) {
        (Some(down), Some(line)) => {
            return Err(
                Error::failure("the migration is irreversible, and yet has a step down")
                    .detail(format!(
                        "The step down is at {}:{}.",
                        down.file.display(),
                        down.first_line
                    ))
                    .hint("Remove the directive or the step down.")
                    .at(path, line),
            );
        }
        (None, None) => return Err(without_step_down(name, path)),
        _ => {}
    }
    let transactional = directives
        .no_transaction
        .or(sections.no_transaction)
        .is_none();
    Ok(Migration {
        version: name.version,
        name: name.what.clone(),
        up: checked(sections.up, transactional)?,
        down: down.map(|down| checked(down, transactional)).transpose()?,
        transactional,
        requires_extension: directives.requires_extension.is_some(),
    })
}

fn read_down_file(file: &Path, text: &str, up: &Path) -> Result<Script> {
    if let Some(line) = Directives::read(text, file)?.first_line() {
        return Err(Error::failure("a directive in a step down")
            .hint(format!(
                "Directives hold for both directions: move it to the head of {}.",
                up.display()
            ))
            .at(file, line));
    }
    let sections = Sections::read(text, file)?;
    if sections.up.first_line > 1 || sections.no_transaction.is_some() {
        let line = sections
            .no_transaction
            .unwrap_or(sections.up.first_line - 1);
        return Err(
            Error::failure("a section marker in a file that is a step down as a whole")
                .hint(format!(
                    "Remove it, or put both sections into {} and remove this file.",
                    up.display()
                ))
                .at(file, line),
        );
    }
    Ok(sections.up)
}

fn checked(script: Script, transactional: bool) -> Result<Script> {
    client_side::check(&script)?;
    let script = if transactional {
        transaction::within_one_transaction(script)?
    } else {
        transaction::without_transaction(&script)?;
        script
    };
    if script.statements().is_empty() {
        return Err(Error::failure("the script holds no statement")
            .hint("Write it, or \"select 1;\" if it is meant to do nothing.")
            .at(&script.file, script.first_line));
    }
    Ok(script)
}

fn parse_name(path: &Path) -> Result<Option<FileName>> {
    let Some(name) = path.file_name() else {
        return Ok(None);
    };
    match name.to_str() {
        Some(name) => FileName::parse(name).map_err(|error| match path.parent() {
            Some(parent) if parent != Path::new("") => {
                error.detail(format!("The file lies in {}.", parent.display()))
            }
            _ => error,
        }),
        None if name.to_string_lossy().ends_with(".sql") => Err(Error::failure(format!(
            "the name of {} is not UTF-8",
            path.display()
        ))
        .hint("Rename it: ASCII letters, digits and underscores.")),
        None => Ok(None),
    }
}

/// The text of a file, as it is used from here on.
fn decode(file: &SourceFile) -> Result<String> {
    let content = file
        .content
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&file.content);
    let line = |end: usize| content[..end].split(|&byte| byte == b'\n').count();
    let text = str::from_utf8(content).map_err(|error| {
        Error::failure("the file is not UTF-8")
            .hint("Save it as UTF-8.")
            .at(&file.path, line(error.valid_up_to()))
    })?;
    if let Some(null) = text.find('\0') {
        return Err(
            Error::failure("a null character, which PostgreSQL cannot take")
                .at(&file.path, line(null)),
        );
    }
    Ok(text.replace("\r\n", "\n"))
}

/// The folder's own name, also where it is given as `.` or `..`.
fn folder_name(folder: &Path) -> Result<String> {
    let absolute = fs::canonicalize(folder).map_err(|error| {
        Error::usage(format!(
            "cannot read the folder {}: {error}",
            folder.display()
        ))
        .hint("--source names the folder that holds the migrations.")
    })?;
    match absolute.file_name().map(|name| name.to_str()) {
        Some(Some(name)) => Ok(name.to_owned()),
        Some(None) => Err(Error::failure(format!(
            "the name of {} is not UTF-8",
            absolute.display()
        ))),
        None => Err(Error::failure(
            "the root folder has no name to record in the history",
        )),
    }
}

fn empty(place: impl Display) -> Error {
    Error::failure(format!("there are no migrations in {place}"))
        .hint("\"steward migrate new NAME --source DIR\" writes the first one.")
}

fn duplicate(version: i64, first: &Path, second: &Path) -> Error {
    Error::failure(format!("two migrations have the version {version}"))
        .detail(format!(
            "They are {} and {}.",
            first.display(),
            second.display()
        ))
        .hint("Give one of them another version; an applied one has to keep its own.")
}

fn without_step_down(name: &FileName, path: &Path) -> Error {
    let down = path.with_file_name(format!("{}.down.sql", name.stem));
    Error::failure(format!("{} has no step down", path.display())).hint(format!(
        "Create {}, or put \"-- steward: irreversible\" at the head of the migration.",
        down.display()
    ))
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::failure(format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
