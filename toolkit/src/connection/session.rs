//! What a session must be like: `target_session_attrs`.

use postgres::{Client, SimpleQueryMessage};

use super::parameters::{Parameter, Parameters};
use crate::error::Result;

/// What a session must be like to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionAttributes {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl SessionAttributes {
    pub(super) fn from_parameters(parameters: &Parameters) -> Result<Self> {
        let attributes = parameters.choice(
            Parameter::TargetSessionAttributes,
            &[
                ("any", Self::Any),
                ("read-write", Self::ReadWrite),
                ("read-only", Self::ReadOnly),
                ("primary", Self::Primary),
                ("standby", Self::Standby),
                ("prefer-standby", Self::PreferStandby),
            ],
        )?;
        Ok(attributes.unwrap_or(Self::Any))
    }

    /// The rounds over all servers: who prefers a standby looks for one first.
    pub(super) fn rounds(self) -> Vec<Self> {
        match self {
            Self::PreferStandby => vec![Self::Standby, Self::Any],
            _ => vec![self],
        }
    }

    /// Why the session is not taken, or `None` if it is.
    pub(super) fn objection(
        self,
        client: &mut Client,
    ) -> std::result::Result<Option<&'static str>, postgres::Error> {
        if self == Self::Any {
            return Ok(None);
        }
        let (in_recovery, read_only) = state(client)?;
        Ok(match self {
            Self::ReadWrite if read_only => Some("the session is read-only"),
            Self::ReadOnly if !read_only => Some("the session is not read-only"),
            Self::Primary if in_recovery => Some("the server is in hot standby mode"),
            Self::Standby if !in_recovery => Some("the server is not in hot standby mode"),
            _ => None,
        })
    }
}

/// Whether the server is a standby, and whether the session refuses writes. A simple query, since
/// the session may be one of a pooler that keeps no prepared statements.
fn state(client: &mut Client) -> std::result::Result<(bool, bool), postgres::Error> {
    let answer = client.simple_query(
        "select pg_catalog.pg_is_in_recovery(), \
         pg_catalog.current_setting('transaction_read_only')",
    )?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let column = |index| row.and_then(|row| row.get(index));
    Ok((column(0) == Some("t"), column(1) == Some("on")))
}
