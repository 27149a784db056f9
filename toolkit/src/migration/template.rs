//! What `steward migrate new` writes: the two files of a migration, still without statements.
//! Such files are refused by `migrate up`, so that an unfinished migration is never recorded.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::file_name::is_valid_what;
use super::source::named_files;
use crate::error::{Error, Result};

const VERSION_FORMAT: &str = "%Y%m%d%H%M%S";

const UP: &str = "\
-- The step up. Its statements run in one transaction, together with the history row.
--
-- Begin the file with \"-- steward: no-transaction\" for statements that refuse to run in a
-- transaction, such as CREATE INDEX CONCURRENTLY; with \"-- steward: irreversible\" where there
-- is no way back, and remove the step down.

";

const DOWN: &str = "\
-- The step down. It undoes what the step up does, in the opposite order.

";

/// The two files of a new migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMigration {
    /// Its version: the UTC time, as `YYYYMMDDHHMMSS`.
    pub version: i64,
    /// The file for the step up.
    pub up: PathBuf,
    /// The file for the step down.
    pub down: PathBuf,
}

/// Writes the two files of a migration called `name` into `folder`, for the user to fill in. The
/// folder is made if it is missing.
///
/// # Errors
/// A name that no file can bear, or a folder that cannot be written to.
pub fn create(folder: &Path, name: &str) -> Result<NewMigration> {
    create_at(folder, name, TimeZone::UTC.to_datetime(Timestamp::now()))
}

fn create_at(folder: &Path, name: &str, now: DateTime) -> Result<NewMigration> {
    check_name(name)?;
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let newest = named_files(folder)?
        .into_iter()
        .map(|(_, file)| file.version)
        .max();
    let version = next_version(now, newest)?;
    let new = NewMigration {
        version,
        up: folder.join(format!("V{version}__{name}.sql")),
        down: folder.join(format!("V{version}__{name}.down.sql")),
    };
    write_new(&new.up, UP)?;
    if let Err(error) = write_new(&new.down, DOWN) {
        // Half a migration would be in the way of the next attempt.
        let _ = fs::remove_file(&new.up);
        return Err(error);
    }
    Ok(new)
}

fn check_name(name: &str) -> Result<()> {
    if is_valid_what(name) {
        return Ok(());
    }
    let error = Error::usage(format!("\"{name}\" cannot be the name of a migration"))
        .detail("It is part of a file's name: ASCII letters, digits and underscores.");
    let words: Vec<_> = name
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    Err(match words.as_slice() {
        [] => error.hint("Say what it does, as in create_users."),
        words => error.hint(format!(
            "How about {}?",
            words.join("_").to_ascii_lowercase()
        )),
    })
}

/// The time as a version; where that is not later than the newest, the second after the newest.
fn next_version(now: DateTime, newest: Option<i64>) -> Result<i64> {
    let version = version_of(now);
    let Some(newest) = newest.filter(|newest| *newest >= version) else {
        return Ok(version);
    };
    DateTime::strptime(VERSION_FORMAT, newest.to_string())
        .and_then(|newest| newest.checked_add(1.second()))
        .map(version_of)
        .map_err(|_| {
            Error::failure(format!("no timestamp follows the newest version, {newest}"))
                .hint("Name the files yourself, with a greater number.")
        })
}

fn version_of(time: DateTime) -> i64 {
    let date =
        i64::from(time.year()) * 10_000 + i64::from(time.month()) * 100 + i64::from(time.day());
    let clock =
        i64::from(time.hour()) * 10_000 + i64::from(time.minute()) * 100 + i64::from(time.second());
    date * 1_000_000 + clock
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::failure(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::exit::Exit;
    use crate::migration::read_folder;

    fn noon() -> DateTime {
        date(2026, 3, 1).at(12, 0, 59, 0)
    }

    #[test]
    fn two_files_are_written_that_up_refuses_until_they_are_filled_in() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("db/migrations");
        let new = create_at(&folder, "create_users", noon()).unwrap();
        assert_eq!(new.version, 20_260_301_120_059);
        assert_eq!(new.up, folder.join("V20260301120059__create_users.sql"));
        assert_eq!(
            new.down,
            folder.join("V20260301120059__create_users.down.sql")
        );
        let error = read_folder(&folder).unwrap_err().to_string();
        assert!(error.contains("no statement"), "{error}");

        for (file, sql) in [
            (&new.up, "create table t ();\n"),
            (&new.down, "drop table t;\n"),
        ] {
            fs::write(file, fs::read_to_string(file).unwrap() + sql).unwrap();
        }
        let set = read_folder(&folder).unwrap();
        assert_eq!(set.name, "migrations");
        assert_eq!(
            (set.migrations[0].version, set.migrations[0].transactional),
            (new.version, true)
        );
    }

    #[test]
    fn a_version_is_always_later_than_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let version = || create_at(folder.path(), "x", noon()).unwrap().version;
        assert_eq!(
            [version(), version(), version()],
            [20_260_301_120_059, 20_260_301_120_100, 20_260_301_120_101]
        );
        assert_eq!(next_version(noon(), Some(7)).unwrap(), 20_260_301_120_059);
        assert_eq!(
            next_version(noon(), Some(20_261_231_235_959)).unwrap(),
            20_270_101_000_000
        );
        for newest in [
            99_999_999_999_999,
            20_261_341_000_000,
            i64::MAX,
            99_991_231_235_959,
        ] {
            assert!(next_version(noon(), Some(newest)).is_err(), "{newest}");
        }
    }

    #[test]
    fn the_current_time_is_a_version() {
        let folder = tempfile::tempdir().unwrap();
        let new = create(folder.path(), "x").unwrap();
        assert_eq!(new.version.to_string().len(), 14);
        assert!(DateTime::strptime(VERSION_FORMAT, new.version.to_string()).is_ok());
    }

    #[test]
    fn a_bad_name_is_refused_with_a_better_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, hint) in [
            ("Add-users table", "add_users_table"),
            ("../../etc/x", "etc_x"),
            ("", "create_users"),
            ("é", "create_users"),
        ] {
            let error = create(folder.path(), name).unwrap_err();
            assert_eq!(error.exit(), Exit::Usage);
            assert!(error.to_string().contains(hint), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn no_file_is_overwritten_or_left_half() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sql");
        write_new(&path, "mine").unwrap();
        assert!(write_new(&path, "other").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");

        // A name that fits with .sql and is too long with .down.sql.
        let name = "x".repeat(255 - "V20260301120059__.sql".len());
        let empty = tempfile::tempdir().unwrap();
        assert!(create_at(empty.path(), &name, noon()).is_err());
        assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
    }
}
