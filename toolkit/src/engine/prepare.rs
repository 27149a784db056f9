//! What has to be there before the first migration: the schema, the history table, the extension.

use postgres::Client;
use postgres_protocol::escape::{escape_identifier, escape_literal};

use super::event::{Event, Observer};
use super::history;
use super::schema_name::SchemaName;
use super::simple_query::rows;
use super::survey::{Presence, Survey};
use crate::error::{Error, Result};
use crate::migration::Migration;

/// The comment by which `migrate down --all` knows a schema that `migrate up` has created.
pub(super) const SCHEMA_COMMENT: &str =
    "Created by \"steward migrate\", whose \"down --all\" drops it if nothing else is in it";

const INSUFFICIENT_PRIVILEGE: &str = "42501";
const UNIQUE_VIOLATION: &str = "23505";

/// What is missing, in the order in which it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preparation {
    schema: bool,
    history: bool,
    extension: bool,
}

impl Preparation {
    /// What the survey found missing for running `migrations`.
    #[must_use]
    pub fn needed(survey: &Survey, migrations: &[&Migration]) -> Self {
        Self {
            schema: survey.schema == Presence::Missing,
            history: !survey.history_exists,
            extension: !survey.extension_installed
                && migrations
                    .iter()
                    .any(|one| one.requires_extension || calls_steward(&one.up.sql)),
        }
    }

    /// The statements that create it.
    #[must_use]
    pub fn statements(&self, schema: &SchemaName) -> Vec<String> {
        let mut statements = Vec::new();
        if self.extension {
            statements.push(CREATE_EXTENSION.to_owned());
        }
        if self.schema {
            statements.push(create_schema(schema));
        }
        if self.history {
            statements.push(history::creation(schema));
        }
        statements
    }

    /// Creates it.
    pub(super) fn carry_out(
        &self,
        client: &mut Client,
        schema: &SchemaName,
        survey: &Survey,
        observer: &dyn Observer,
    ) -> Result<()> {
        if self.extension {
            create_extension(client, survey)?;
            observer.event(&Event::ExtensionCreated);
        }
        let mut batch = String::new();
        if self.schema {
            batch.push_str(&create_schema(schema));
        }
        if self.history {
            batch.push_str(&history::creation(schema));
        }
        if batch.is_empty() {
            return Ok(());
        }
        // The server runs a batch as one transaction.
        client
            .batch_execute(&batch)
            .map_err(|error| not_created(&error, schema, survey))?;
        if self.schema {
            observer.event(&Event::SchemaCreated);
        }
        Ok(())
    }
}

const CREATE_EXTENSION: &str = "create extension if not exists steward;";

fn create_schema(schema: &SchemaName) -> String {
    format!(
        "create schema {name};\ncomment on schema {name} is {comment};\n",
        name = schema.identifier(),
        comment = escape_literal(SCHEMA_COMMENT),
    )
}

fn not_created(error: &postgres::Error, schema: &SchemaName, survey: &Survey) -> Error {
    let told = Error::from(error);
    if told.sqlstate() != Some(INSUFFICIENT_PRIVILEGE) {
        return told;
    }
    let right = match survey.schema {
        Presence::Missing => format!(
            "grant create on database {} to ...",
            escape_identifier(&survey.database)
        ),
        _ => format!(
            "grant usage, create on schema {} to ...",
            schema.identifier()
        ),
    };
    told.hint(format!("The migrating role needs: {right};"))
}

/// Whether the SQL calls a function of the extension, as `steward.name(`.
fn calls_steward(sql: &str) -> bool {
    sql.match_indices("steward.").any(|(start, prefix)| {
        let begins_a_name = sql[..start]
            .chars()
            .next_back()
            .is_none_or(|before| !(before.is_alphanumeric() || "_.\"".contains(before)));
        let rest = sql[start + prefix.len()..].trim_start_matches(|character: char| {
            character.is_ascii_lowercase() || character == '_'
        });
        begins_a_name && rest.trim_start().starts_with('(')
    })
}

fn create_extension(client: &mut Client, survey: &Survey) -> Result<()> {
    let found = rows(
        client,
        "select from pg_catalog.pg_available_extensions where name = 'steward'",
    )?;
    if found.is_empty() {
        return Err(Error::failure(format!(
            "the server, PostgreSQL {}, has not got the extension steward",
            survey.server_version
        ))
        .detail("Its files are not in the server's extension folder.")
        .hint(
            "Run \"make install\" in a checkout of pg_steward on the server's machine, with \
             PG_CONFIG naming that server's pg_config.",
        ));
    }
    let created = client.batch_execute(CREATE_EXTENSION).map_err(Error::from);
    match created {
        // Another session created it in the same moment.
        Err(error) if error.sqlstate() == Some(UNIQUE_VIOLATION) => {
            client.batch_execute(CREATE_EXTENSION)?;
            Ok(())
        }
        Err(error) if error.sqlstate() == Some(INSUFFICIENT_PRIVILEGE) => Err(error.hint(format!(
            "Have a superuser run this once in database \"{}\": create extension steward;",
            survey.database
        ))),
        created => created,
    }
}

#[cfg(test)]
mod tests {
    use super::calls_steward;

    #[test]
    fn a_call_of_the_extension_is_recognised() {
        for sql in [
            "select steward.track_updated_at('users');",
            "create trigger t ... execute function steward.updated_at ();",
            "steward.version()",
        ] {
            assert!(calls_steward(sql), "{sql}");
        }
    }

    #[test]
    fn other_uses_of_the_word_are_not() {
        for sql in [
            "-- steward: no-transaction",
            "-- see steward.md",
            "select my_steward.f()",
            "select a.steward.f()",
            "create table steward (id int)",
        ] {
            assert!(!calls_steward(sql), "{sql}");
        }
    }
}
