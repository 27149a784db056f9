//! Who is asking. Asked in policies, so it never fails.

use steward_rules::identity;

use crate::pg::function::{Arguments, Json, ServerText, Uuid};
use crate::pg::identity::{claims, role, user};

/// `steward.current_user_id()`.
pub(super) fn current_user_id(_: &Arguments) -> Option<ServerText> {
    user(|user, _| ServerText(user.to_vec()))
}

/// `steward.current_user_uuid()`.
pub(super) fn current_user_uuid(_: &Arguments) -> Option<Uuid> {
    user(|user, _| identity::uuid(user))?.map(Uuid)
}

/// `steward.current_user_bigint()`.
pub(super) fn current_user_bigint(_: &Arguments) -> Option<i64> {
    user(|user, _| identity::bigint(user))?
}

/// `steward.current_user_role()`.
pub(super) fn current_user_role(_: &Arguments) -> Option<ServerText> {
    role(|role| ServerText(role.to_vec()))
}

/// `steward.current_claims()`.
pub(super) fn current_claims(_: &Arguments) -> Option<Json> {
    claims()
}
