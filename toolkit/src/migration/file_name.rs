//! The names of migration files.
//!
//! ```text
//! V20260301120000__create_users.sql          refinery's naming: V, version, two underscores, what
//! V20260301120000__create_users.down.sql     the step down, beside it
//! 001_create_users.sql                       a number or timestamp, an underscore, what
//! 001_create_users.down.sql
//! ```
//!
//! The name is part of refinery's checksum, and refinery cuts off what it cannot read:
//! `V1__foo-bar` becomes `foo`, silently. So a name that reads differently to anyone is refused:
//! ASCII letters, digits and underscores only (file systems also disagree on how to write an é).

use crate::error::{Error, Result};

const RULE: &str = "A migration is named V<version>__<what>.sql or <version>_<what>.sql, and its step down \
                    the same with .down.sql; <what> is made of ASCII letters, digits and underscores.";

/// Which step a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `<stem>.sql`
    Up,
    /// `<stem>.down.sql`
    Down,
}

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    /// The name without `.sql` or `.down.sql`, which the two steps of a migration share.
    pub stem: String,
    /// At least 1.
    pub version: i64,
    /// What the migration does: `create_users`.
    pub what: String,
    /// Which step the file holds.
    pub step: Step,
}

impl FileName {
    /// Reads the name of a file; none for what is no SQL: other files, dotfiles, the backups of
    /// editors (`x.sql~`, `.x.sql.swp`, `x.sql.orig`).
    ///
    /// # Errors
    /// It ends in `.sql` but is not named as a migration is.
    pub fn parse(name: &str) -> Result<Option<Self>> {
        if name.starts_with('.') || !name.to_ascii_lowercase().ends_with(".sql") {
            return Ok(None);
        }
        let Some(without_extension) = name.strip_suffix(".sql") else {
            return Err(refused(name, "its extension is not .sql in lower case"));
        };
        let (shared, step) = match without_extension.strip_suffix(".down") {
            Some(stem) => (stem, Step::Down),
            None => (without_extension, Step::Up),
        };
        let (version, what) = split_stem(shared).map_err(|reason| refused(name, reason))?;
        Ok(Some(Self {
            stem: shared.to_owned(),
            version,
            what: what.to_owned(),
            step,
        }))
    }
}

/// Whether `what` may stand in a file's name.
#[must_use]
pub fn is_valid_what(what: &str) -> bool {
    !what.is_empty()
        && what
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn split_stem(stem: &str) -> std::result::Result<(i64, &str), &'static str> {
    let (version, what) = match stem.strip_prefix('V') {
        Some(rest) => rest
            .split_once("__")
            .ok_or("two underscores do not follow its version")?,
        None => split_numbered(stem)?,
    };
    let version = parse_version(version)?;
    if what.is_empty() {
        return Err("it does not say what the migration does");
    }
    if what.strip_suffix(".up").is_some() {
        return Err("the step up is named without .up");
    }
    if !is_valid_what(what) {
        return Err("it holds something else than letters, digits and underscores");
    }
    Ok((version, what))
}

fn split_numbered(stem: &str) -> std::result::Result<(&str, &str), &'static str> {
    match stem.as_bytes() {
        [b'R', b'_', b'_', ..] => {
            return Err(
                "repeatable migrations are not supported: each change is a version of its own",
            );
        }
        [b'U', b'0'..=b'9', ..] => {
            return Err(
                "a U file is no step down, and refinery runs it as one more step up: \
                 the step down of V1__x.sql is V1__x.down.sql",
            );
        }
        [b'0'..=b'9' | b'-' | b'+', ..] => {}
        [b'v', b'0'..=b'9', ..] => return Err("its V is in lower case"),
        _ => return Err("it does not begin with a version"),
    }
    stem.split_once('_')
        .ok_or("an underscore does not follow its version")
}

fn parse_version(digits: &str) -> std::result::Result<i64, &'static str> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("its version is not a whole number");
    }
    match digits.parse() {
        Ok(version) if version > 0 => Ok(version),
        Ok(_) => Err("its version is not greater than zero"),
        Err(_) if digits.starts_with('-') => Err("its version is not greater than zero"),
        Err(_) => Err("its version is greater than 9223372036854775807"),
    }
}

fn refused(name: &str, reason: &str) -> Error {
    Error::failure(format!(
        "\"{name}\" is not the name of a migration: {reason}"
    ))
    .hint(RULE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(name: &str) -> FileName {
        FileName::parse(name).unwrap().unwrap()
    }

    #[test]
    fn both_styles_are_read() {
        for (name, version, what, step, stem) in [
            (
                "V20260301120000__create_users.sql",
                20_260_301_120_000,
                "create_users",
                Step::Up,
                "V20260301120000__create_users",
            ),
            ("V1__A_b2.down.sql", 1, "A_b2", Step::Down, "V1__A_b2"),
            ("001_create.sql", 1, "create", Step::Up, "001_create"),
            (
                "20260301120000_x.down.sql",
                20_260_301_120_000,
                "x",
                Step::Down,
                "20260301120000_x",
            ),
            (
                "9223372036854775807_x.sql",
                i64::MAX,
                "x",
                Step::Up,
                "9223372036854775807_x",
            ),
        ] {
            let expected = FileName {
                stem: stem.to_owned(),
                version,
                what: what.to_owned(),
                step,
            };
            assert_eq!(parsed(name), expected);
        }
    }

    #[test]
    fn what_is_no_sql_is_passed_over() {
        for name in [
            "README.md",
            ".1_x.sql",
            ".#1_x.sql",
            "1_x.sql~",
            "1_x.sql.swp",
            "1_x.sql.orig",
            "#1_x.sql#",
            "sql",
        ] {
            assert_eq!(FileName::parse(name).unwrap(), None, "{name}");
        }
    }

    #[test]
    fn every_other_name_is_refused_with_the_rule() {
        for (name, reason) in [
            ("V1__foo-bar.sql", "something else than letters"),
            ("V1__foo bar.sql", "something else than letters"),
            ("V1__naïve.sql", "something else than letters"),
            ("1_x.up.sql", "without .up"),
            ("1_x.down.down.sql", "something else than letters"),
            ("V1_foo.sql", "two underscores"),
            ("V1__.sql", "does not say what"),
            ("1_.sql", "does not say what"),
            ("1.sql", "underscore does not follow"),
            ("V__x.sql", "not a whole number"),
            ("V1.2__x.sql", "not a whole number"),
            ("V+1__x.sql", "not a whole number"),
            ("1a_x.sql", "not a whole number"),
            ("--1_x.sql", "not a whole number"),
            ("V0__x.sql", "not greater than zero"),
            ("000_x.sql", "not greater than zero"),
            ("-1_x.sql", "not greater than zero"),
            ("V-9223372036854775809__x.sql", "not greater than zero"),
            ("9223372036854775808_x.sql", "9223372036854775807"),
            ("R__view.sql", "repeatable"),
            ("U1__x.sql", "no step down"),
            ("v1__x.sql", "lower case"),
            ("1_x.SQL", "lower case"),
            ("users.sql", "begin with a version"),
        ] {
            let error = FileName::parse(name).unwrap_err().to_string();
            assert!(error.contains(reason), "{name}: {error}");
            assert!(error.contains(name) && error.contains(RULE), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_read_or_refused(name in r"[VvUR]?[-+0-9.]{0,20}_{0,3}[a-zé_.\-]{0,9}(\.down)?(\.sql)?") {
            let _ = FileName::parse(&name);
        }

        #[test]
        fn refinery_reads_the_same(version in 1..=i64::MAX, what in "[A-Za-z0-9_]{1,20}") {
            let stem = format!("V{version}__{what}");
            let ours = parsed(&format!("{stem}.sql"));
            let refinery = refinery::Migration::unapplied(&stem, "").unwrap();
            prop_assert_eq!(ours.version, refinery.version());
            prop_assert_eq!(ours.what.as_str(), refinery.name());
        }
    }
}
