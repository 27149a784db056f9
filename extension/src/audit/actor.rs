//! Who made a change: what the application says, else the role.

use std::ffi::CStr;

use crate::pg::error::{Report, SqlState};
use crate::pg::identity;
use crate::pg::relation::Relation;
use crate::pg::session;
use crate::pg::text::KeptText;

/// Where no application says anything.
const ROLE: &str = "role";

/// Somebody, and how that is known.
pub(super) struct Actor {
    pub(super) id: KeptText,
    pub(super) source: KeptText,
    /// False where nobody but the database role is known.
    pub(super) is_established: bool,
}

impl Actor {
    /// The settings that say so.
    pub(super) fn settings() -> impl Iterator<Item = &'static CStr> {
        identity::SETTINGS.into_iter()
    }

    /// Who makes the changes of this moment.
    pub(super) fn current() -> Self {
        let said = identity::actor(|id, source| Self {
            id: KeptText::new(session::shortened(id)),
            source: KeptText::new(source.name().as_bytes()),
            is_established: true,
        });
        said.unwrap_or_else(|| Self {
            id: KeptText::new(session::invoking_role().as_bytes()),
            source: KeptText::new(ROLE.as_bytes()),
            is_established: false,
        })
    }
}

/// The error for a change that nobody has made.
pub(super) fn refuse_anonymous(table: &Relation) -> ! {
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!(
            "a change of table {} needs to say who makes it",
            table.qualified_name()
        ),
    )
    .detail("The table is audited with require_actor, and app.current_user_id is not set.")
    .hint("set local app.current_user_id = '...'; in the same transaction.")
    .table(table)
    .raise()
}
