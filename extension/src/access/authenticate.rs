//! `authenticate`: verifies a signed token, and seals the identity that it proves until the end of the
//! transaction.
//!
//! The identity is kept in settings that only a superuser may set, with the action of SET LOCAL: rolling back
//! to a savepoint takes it back, parallel workers get it, and the end of the transaction ends it, PREPARE
//! TRANSACTION and the COMMIT of a procedure included.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use steward_rules::token::{self, Expectations, KeySet, Refusal, Verified};

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::settings;

use super::act_as::require_block;
use super::used_tokens;

const DEFAULT_LEEWAY: u32 = 30;
const LONGEST_LEEWAY: u32 = 600;
/// A file of secrets is small.
const LONGEST_FILE: u64 = 1 << 20;

/// `steward.authenticate(token)`.
pub(super) fn authenticate(arguments: &Arguments) -> String {
    let token: String = arguments.required(0, "token");
    require_block("authenticate");
    refuse_tampered_session();
    let keys = keys();
    if keys.is_empty() {
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            "there is no key to verify tokens with",
        )
        .hint(
            "As a superuser: alter database ... set steward.jwt_keys = '{\"keys\": [...]}'; \
             for HS256 steward.jwt_secrets_file. It counts from the next connection on.",
        )
        .raise()
    }
    let expected = expectations();
    let verified =
        token::verify(&token, &keys, &expected).unwrap_or_else(|why| refuse(&why, &expected));
    if settings::JWT_TRACK_IDS.is_on() {
        used_tokens::use_up(&verified, expected.leeway);
    }
    seal(&verified);
    verified.user
}

fn seal(verified: &Verified) {
    settings::SEALED_USER.set_for_transaction(&verified.user);
    settings::SEALED_ROLE.set_for_transaction(verified.role.as_deref().unwrap_or_default());
    settings::SEALED_CLAIMS.set_for_transaction(&verified.claims);
}

/// The settings that it goes by are not what the administrator chose.
fn refuse_tampered_session() {
    let Some(setting) = settings::tampered_with() else {
        return;
    };
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!(
            "this session has tried to set {} without the right to",
            setting.to_string_lossy()
        ),
    )
    .detail("Nobody can be authenticated in it any more.")
    .hint("Connect again without that setting.")
    .raise()
}

fn expectations() -> Expectations {
    let list = |setting: &settings::Setting| {
        setting
            .get()
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let claim = |setting: &settings::Setting, default: &str| {
        setting.get().unwrap_or_else(|| default.to_owned())
    };
    Expectations {
        audiences: list(&settings::JWT_AUDIENCE),
        issuers: list(&settings::JWT_ISSUER),
        leeway: leeway(),
        user_claim: claim(&settings::JWT_USER_CLAIM, "sub"),
        role_claim: claim(&settings::JWT_ROLE_CLAIM, "role"),
    }
}

fn leeway() -> u32 {
    let Some(text) = settings::JWT_LEEWAY.get() else {
        return DEFAULT_LEEWAY;
    };
    text.trim()
        .parse()
        .ok()
        .filter(|seconds| *seconds <= LONGEST_LEEWAY)
        .unwrap_or_else(|| {
            wrong_setting(
                &settings::JWT_LEEWAY,
                &format!("it is no number of seconds from 0 to {LONGEST_LEEWAY}"),
            )
        })
}

fn keys() -> KeySet {
    let public = settings::JWT_KEYS.get().unwrap_or_default();
    let public = KeySet::public(&public)
        .unwrap_or_else(|problem| wrong_setting(&settings::JWT_KEYS, &problem.to_string()));
    let Some(path) = settings::JWT_SECRETS_FILE.get() else {
        return public;
    };
    let secrets = read_secrets(&path)
        .and_then(|bytes| KeySet::secret(&bytes).map_err(|problem| problem.to_string()))
        .unwrap_or_else(|problem| wrong_setting(&settings::JWT_SECRETS_FILE, &problem));
    public.and(secrets)
}

/// Reads the file anew for each token, so that a secret is changed by changing the file.
fn read_secrets(path: &str) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {}", error.kind());
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("it is no ordinary file".to_owned());
    }
    // As PostgreSQL has it for the key of its certificate.
    let others = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & others != 0 {
        return Err("others than the server may read the file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

fn wrong_setting(setting: &settings::Setting, problem: &str) -> ! {
    Report::new(
        SqlState::CONFIG_FILE_ERROR,
        format!(
            "tokens cannot be verified with the setting {}",
            setting.name().to_string_lossy()
        ),
    )
    .detail(format!("{problem}."))
    .raise()
}

fn refuse(why: &Refusal, expected: &Expectations) -> ! {
    let (detail, hint) = match why {
        Refusal::Malformed => ("It is no signed token (JWT).".to_owned(), None),
        Refusal::Algorithm => (
            "Its algorithm is not EdDSA, ES256, RS256 or HS256.".to_owned(),
            None,
        ),
        Refusal::Critical => (
            "Its header asks for an extension that is not supported.".to_owned(),
            None,
        ),
        Refusal::UnknownKey => (
            "No key is known for its algorithm and its \"kid\".".to_owned(),
            Some("Was the issuer's new key added to steward.jwt_keys?"),
        ),
        Refusal::Signature => ("Its signature is not right.".to_owned(), None),
        Refusal::Expired => ("It has expired.".to_owned(), Some("Get a new one.")),
        Refusal::NotYetValid => (
            "It is not valid yet.".to_owned(),
            Some("Compare the clocks of issuer and server."),
        ),
        Refusal::Audience if expected.audiences.is_empty() => (
            "It is meant for an audience, and none is set here.".to_owned(),
            Some("Set steward.jwt_audience."),
        ),
        Refusal::Audience => ("It is meant for another audience.".to_owned(), None),
        Refusal::Issuer => ("It comes from another issuer.".to_owned(), None),
        Refusal::Missing(claim) => (format!("It has no claim \"{claim}\"."), None),
        Refusal::Unreadable(claim) => (format!("Its claim \"{claim}\" cannot be read."), None),
    };
    let report =
        Report::new(SqlState::INVALID_AUTHORIZATION, "the token is refused").detail(detail);
    match hint {
        Some(hint) => report.hint(hint),
        None => report,
    }
    .raise()
}
