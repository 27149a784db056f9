//! The arguments of `steward lint` and `steward test`.

use clap::{Args, Subcommand, ValueEnum};

use crate::engine::SchemaName;

/// The commands under `steward lint`.
#[derive(Clone, Debug, Subcommand)]
pub enum Lint {
    /// Finds what is wrong or slow about who may read and write; ends with 9 if anything is
    ///
    /// It reads the catalogs only, and changes nothing.
    #[command(after_help = "\
Examples:
  steward lint access --schema app
  steward lint access --schema app --fail-on error --format json
      for a pipeline: warnings are shown and do not fail it")]
    Access {
        /// The schema that is looked at [default: all]
        #[arg(long, value_name = "NAME")]
        schema: Option<SchemaName>,
        /// The least level that ends the command with 9
        #[arg(long, value_enum, default_value_t = Level::Warning, value_name = "LEVEL")]
        fail_on: Level,
    },
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Level {
    /// Worth knowing
    Note,
    /// It may be open, or it is slow
    Warning,
    /// Rows are open or refused to the wrong people
    Error,
}

/// The commands under `steward test`.
#[derive(Clone, Debug, Subcommand)]
pub enum Test {
    /// Tries each command on each table as each kind of user, and shows what each may do
    ///
    /// Everything happens in a transaction that is rolled back. Connect as a superuser, whose session
    /// can keep triggers and foreign keys out of it, or as the owner of the tables and a member of
    /// the application's role.
    #[command(after_help = "\
Example:
  steward test access --schema app --role application --user member=42 --user boss=7:manager > matrix
  git diff --exit-code matrix
      fails where anybody may do anything else than before

SELECT, UPDATE and DELETE show how many of the rows somebody reaches, INSERT how many of up to 50
rows like those that are there would be taken, and \"-\" that the right is missing.")]
    Access(Matrix),
}

/// The arguments of `steward test access`.
#[derive(Clone, Debug, Args)]
pub struct Matrix {
    /// The schema of the tables
    #[arg(long, value_name = "NAME", default_value_t)]
    pub schema: SchemaName,

    /// The role of the database that the application connects as
    #[arg(long, value_name = "ROLE")]
    pub role: String,

    /// A kind of user: a name for it, the user's id, and the user's role in the application if it has one; can be
    /// given several times. Nobody is always tried
    #[arg(long = "user", value_name = "NAME=ID[:ROLE]", value_parser = kind)]
    pub users: Vec<Kind>,
}

/// A kind of user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What it is called in the matrix.
    pub name: String,
    /// A user of that kind.
    pub id: String,
    /// The user's role in the application.
    pub role: Option<String>,
}

fn kind(text: &str) -> Result<Kind, String> {
    let (name, user) = text
        .split_once('=')
        .filter(|(name, user)| !name.is_empty() && !user.is_empty())
        .ok_or("it is written NAME=ID or NAME=ID:ROLE")?;
    let (id, role) = match user.split_once(':') {
        Some((id, role)) => (id, Some(role.to_owned())),
        None => (user, None),
    };
    Ok(Kind {
        name: name.to_owned(),
        id: id.to_owned(),
        role,
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind};

    #[test]
    fn a_kind_has_a_name_and_a_user() {
        let of = |name: &str, id: &str, role: Option<&str>| Kind {
            name: name.to_owned(),
            id: id.to_owned(),
            role: role.map(str::to_owned),
        };
        assert_eq!(kind("member=42"), Ok(of("member", "42", None)));
        assert_eq!(kind("boss=7:manager"), Ok(of("boss", "7", Some("manager"))));
        assert!(kind("member").is_err() && kind("=1").is_err() && kind("a=").is_err());
    }
}
