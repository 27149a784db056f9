//! `act_as`: the trusted application says for whom it acts, until the end of the transaction.

use steward_rules::identity::is_blank;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::identity::{self, CURRENT_USER_ID, USER_ID, USER_ROLE};
use crate::pg::settings;
use crate::pg::transaction;

/// `steward.act_as(user_id, user_role)`.
pub(super) fn act_as(arguments: &Arguments) {
    let user = arguments.required_text(0, "user_id");
    let role: Option<String> = arguments.optional(1);
    if is_blank(user.as_bytes()) {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "argument \"user_id\" must not be blank",
        )
        .hint("For nobody in particular do not call it: who is not named sees no rows.")
        .raise()
    }
    require_block("act_as");
    if identity::is_sealed() || settings::REQUIRE_SEALED.is_on() {
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            "the identity of this transaction comes from a token",
        )
        .detail(
            "What act_as says is not believed after authenticate, and where \
             steward.require_sealed_identity is on.",
        )
        .hint("Call steward.authenticate with a token of the user.")
        .raise()
    }
    settings::set_users_for_transaction(CURRENT_USER_ID, &user);
    settings::set_users_for_transaction(USER_ID, &user);
    // An empty role too: it takes the place of one that the session was left with.
    settings::set_users_for_transaction(USER_ROLE, role.as_deref().unwrap_or_default());
}

/// Refuses to do what would be undone at once.
pub(super) fn require_block(function: &str) {
    if transaction::is_in_block() {
        return;
    }
    Report::new(
        SqlState::NO_ACTIVE_SQL_TRANSACTION,
        format!("{function} can only be used in a transaction block"),
    )
    .detail("What it sets ends with the transaction, which would be this statement alone.")
    .hint(format!(
        "begin; select steward.{function}(...); ...; commit;"
    ))
    .raise()
}
