//! Tokens that are good once: the `jti` of each is written down until the token has expired.
//!
//! The table is a member of the extension, so it belongs to the superuser who created that, nobody else has a
//! right on it, and it is written with its owner's rights here only. Two sessions with the same token meet at
//! the primary key: the second waits, and is refused if the first commits. A dump does not carry it, since a
//! dump is not always made by a superuser.
//!
//! Each token that is used takes a few expired ones along, so that the table stays as small as what is valid,
//! without anything that has to be scheduled.

use steward_rules::token::Verified;

use crate::pg::error::{Report, SqlState};
use crate::pg::owner;
use crate::pg::statement;

/// The end of the year 9999, before which PostgreSQL's timestamps do not end.
const LATEST: u64 = 253_402_300_799;

/// Uses a token up, or refuses it.
///
/// Errors: 28000 where it was used before or has no `jti`; 25006 in a READ ONLY transaction.
pub(super) fn use_up(verified: &Verified, leeway: u32) {
    let Some(identifier) = &verified.token_id else {
        refuse("It has no claim \"jti\", and a token is good only once here.")
    };
    // Until nobody would accept it any more.
    let expires_at = verified
        .expires_at
        .saturating_add(u64::from(leeway))
        .min(LATEST);
    let rows = owner::run_as(owner::SUPERUSER, || {
        statement::run(
            "delete from steward.used_tokens as u where u.token_id in ( \
                 select e.token_id from steward.used_tokens as e \
                 where e.expires_at < pg_catalog.clock_timestamp() - interval '10 minutes' \
                 order by e.expires_at limit 4 for update skip locked)",
        );
        statement::query(&format!(
            "insert into steward.used_tokens (token_id, expires_at) \
             values ('\\x{identifier}'::pg_catalog.bytea, pg_catalog.to_timestamp({expires_at})) \
             on conflict do nothing returning 1"
        ))
    });
    if rows.is_empty() {
        refuse("It has been used before.");
    }
}

fn refuse(detail: &str) -> ! {
    Report::new(SqlState::INVALID_AUTHORIZATION, "the token is refused")
        .detail(detail)
        .raise()
}
