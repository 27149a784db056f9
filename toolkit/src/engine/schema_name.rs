//! The name of the schema that a set of migrations lives in.

use std::fmt;
use std::str::FromStr;

use postgres_protocol::escape::{escape_identifier, escape_literal};
use serde::Serialize;

use crate::error::Error;

/// What PostgreSQL keeps of a name (`NAMEDATALEN - 1`); it would cut off the rest silently.
const MAX_BYTES: usize = 63;

/// A name that a schema can have, as it is in the catalog: neither quoted nor folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SchemaName(String);

impl SchemaName {
    /// The name alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as an SQL identifier.
    #[must_use]
    pub fn identifier(&self) -> String {
        escape_identifier(&self.0)
    }

    /// The name as an SQL string.
    #[must_use]
    pub fn literal(&self) -> String {
        escape_literal(&self.0)
    }
}

impl Default for SchemaName {
    fn default() -> Self {
        Self("public".to_owned())
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for SchemaName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        if name.is_empty() {
            return Err(Error::usage("a schema's name cannot be empty"));
        }
        if name.contains('\0') {
            return Err(Error::usage("a schema's name cannot hold a null character"));
        }
        if name.len() > MAX_BYTES {
            return Err(Error::usage(format!(
                "a schema's name has at most {MAX_BYTES} bytes, this one has {}",
                name.len()
            )));
        }
        if name.starts_with("pg_") || name == "information_schema" {
            return Err(Error::usage(format!(
                "the schema \"{name}\" belongs to PostgreSQL itself"
            )));
        }
        if name == "$user" {
            return Err(Error::usage(
                "a schema called \"$user\" cannot be searched: search_path means the current user's by it",
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaName;

    #[test]
    fn hostile_names_are_quoted() {
        let name: SchemaName = r#"a"b'c\d"#.parse().expect("valid");
        assert_eq!(name.identifier(), r#""a""b'c\d""#);
        assert_eq!(name.literal(), r#" E'a"b''c\\d'"#);
    }

    #[test]
    fn impossible_names_are_refused() {
        for name in [
            "",
            "a\0b",
            &"x".repeat(64),
            "pg_mine",
            "information_schema",
            "$user",
        ] {
            assert!(name.parse::<SchemaName>().is_err(), "{name:?}");
        }
        assert!("x".repeat(63).parse::<SchemaName>().is_ok());
        assert!("größe 1; drop".parse::<SchemaName>().is_ok());
    }
}
