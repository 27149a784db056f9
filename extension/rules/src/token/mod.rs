//! Signed tokens (JWT, RFC 7519): who a token speaks for, once its signature and its claims hold.
//!
//! The crate `jsonwebtoken` reads and validates, `ring` verifies signatures. What is decided here is what
//! may be verified with which key: a key verifies one algorithm only, the one that its type is made for, so
//! that no token can have a public key taken for a shared secret, or choose to bear no signature.

use std::fmt::Write as _;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde_json::{Map, Value};

use self::keys::Key;
pub use self::keys::{KeyProblem, KeySet};

mod keys;
mod ring_provider;
#[cfg(test)]
mod tests;

/// Longer tokens are refused unread.
const LONGEST_TOKEN: usize = 16 * 1024;
/// The longest name of a user or role, in bytes.
const LONGEST_NAME: usize = 1024;

/// What a token has to claim.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// One of them has to be in `aud`; with none a token that has `aud` is meant for somebody else.
    pub audiences: Vec<String>,
    /// `iss` has to be one of them; with none any issuer will do.
    pub issuers: Vec<String>,
    /// The seconds by which clocks may differ.
    pub leeway: u32,
    /// The claim with the user: its name, or a path of names with dots between them.
    pub user_claim: String,
    /// The claim with the user's role, likewise.
    pub role_claim: String,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The user that it speaks for.
    pub user: String,
    /// The user's role, where the token has one.
    pub role: Option<String>,
    /// All claims, as a JSON object.
    pub claims: String,
    /// What tells the token from all others, where it has a `jti`: SHA-256 of its issuer and that, in
    /// hexadecimal.
    pub token_id: Option<String>,
    /// `exp`, in seconds since 1970.
    pub expires_at: u64,
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no token.
    Malformed,
    /// Its algorithm is none of those that are verified.
    Algorithm,
    /// It has header fields that change how it has to be read.
    Critical,
    /// No key has its `kid`, or none verifies its algorithm.
    UnknownKey,
    /// The signature is not of any key that could have made it.
    Signature,
    /// `exp` has passed.
    Expired,
    /// `nbf` is still to come.
    NotYetValid,
    /// It is meant for another audience.
    Audience,
    /// It comes from another issuer.
    Issuer,
    /// A claim is missing.
    Missing(String),
    /// A claim cannot be read as what it has to be.
    Unreadable(String),
}

/// Verifies a token and returns what it says, by the clock of the machine.
///
/// # Errors
/// Why it is refused.
pub fn verify(token: &str, keys: &KeySet, expected: &Expectations) -> Result<Verified, Refusal> {
    if token.len() > LONGEST_TOKEN {
        return Err(Refusal::Malformed);
    }
    ring_provider::install();
    let header = decode_header(token).map_err(|error| match error.kind() {
        // `alg` is an enumeration: one that is not known, `none` among them, is unreadable JSON.
        ErrorKind::Json(_) if names_another_algorithm(token) => Refusal::Algorithm,
        _ => Refusal::Malformed,
    })?;
    check_header(&header)?;
    let mut refusal = Refusal::UnknownKey;
    for key in keys.fitting(&header) {
        match verify_with(token, &header, key, expected) {
            Err(Refusal::Signature) => refusal = Refusal::Signature,
            verified => return verified,
        }
    }
    Err(refusal)
}

fn names_another_algorithm(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    keys::base64url(header)
        .and_then(|json| serde_json::from_slice::<Value>(&json).ok())
        .and_then(|header| Some(header.get("alg")?.is_string()))
        .unwrap_or(false)
}

fn check_header(header: &Header) -> Result<(), Refusal> {
    // `crit` lists extensions that have to be understood, and none is; the others announce encryption.
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(Refusal::Critical);
    }
    match header.alg {
        Algorithm::EdDSA | Algorithm::ES256 | Algorithm::RS256 | Algorithm::HS256 => Ok(()),
        _ => Err(Refusal::Algorithm),
    }
}

fn verify_with(
    token: &str,
    header: &Header,
    key: &Key,
    expected: &Expectations,
) -> Result<Verified, Refusal> {
    let mut validation = Validation::new(key.algorithm);
    validation.leeway = u64::from(expected.leeway);
    validation.validate_nbf = true;
    let mut required = vec!["exp"];
    if !expected.audiences.is_empty() {
        validation.set_audience(&expected.audiences);
        required.push("aud");
    }
    if !expected.issuers.is_empty() {
        validation.set_issuer(&expected.issuers);
        required.push("iss");
    }
    validation.set_required_spec_claims(&required);
    debug_assert_eq!(header.alg, key.algorithm);
    let decoded = decode::<Map<String, Value>>(token, &key.decoding, &validation)
        .map_err(|error| refusal_of(error.kind()))?;
    read(decoded.claims, expected)
}

fn refusal_of(error: &ErrorKind) -> Refusal {
    match error {
        ErrorKind::InvalidSignature => Refusal::Signature,
        ErrorKind::ExpiredSignature => Refusal::Expired,
        ErrorKind::ImmatureSignature => Refusal::NotYetValid,
        ErrorKind::InvalidAudience => Refusal::Audience,
        ErrorKind::InvalidIssuer => Refusal::Issuer,
        ErrorKind::MissingRequiredClaim(claim) => Refusal::Missing(claim.clone()),
        ErrorKind::InvalidClaimFormat(claim) => Refusal::Unreadable(claim.clone()),
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => Refusal::Algorithm,
        _ => Refusal::Malformed,
    }
}

fn read(claims: Map<String, Value>, expected: &Expectations) -> Result<Verified, Refusal> {
    check_addresses(&claims, expected)?;
    let user_claim = &expected.user_claim;
    let user = match claim(&claims, user_claim) {
        None | Some(Value::Null) => return Err(Refusal::Missing(user_claim.clone())),
        Some(value) => name(value).ok_or_else(|| Refusal::Unreadable(user_claim.clone()))?,
    };
    let role_claim = &expected.role_claim;
    let role = match claim(&claims, role_claim) {
        None | Some(Value::Null) => None,
        Some(value) => Some(name(value).ok_or_else(|| Refusal::Unreadable(role_claim.clone()))?),
    };
    let token_id = match claims.get("jti") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let token = name(value).ok_or_else(|| Refusal::Unreadable("jti".to_owned()))?;
            let issuer = claims.get("iss").map(Value::to_string).unwrap_or_default();
            Some(token_id(&issuer, &token))
        }
    };
    let expires_at = claims.get("exp").and_then(seconds);
    let expires_at = expires_at.ok_or_else(|| Refusal::Unreadable("exp".to_owned()))?;
    // PostgreSQL lacks the character, and what cannot be read back must not be said.
    let claims = shown(claims).ok_or(Refusal::Malformed)?;
    Ok(Verified {
        user,
        role,
        claims,
        token_id,
        expires_at,
    })
}

/// What the validation leaves open: it passes over an `aud` that is no text where none is expected, and takes
/// several issuers for each of them.
fn check_addresses(claims: &Map<String, Value>, expected: &Expectations) -> Result<(), Refusal> {
    let said = |claim: &str| claims.get(claim).filter(|value| !value.is_null());
    if expected.audiences.is_empty() && said("aud").is_some() {
        return Err(Refusal::Audience);
    }
    if said("iss").is_some_and(|issuer| !issuer.is_string()) {
        return Err(Refusal::Unreadable("iss".to_owned()));
    }
    Ok(())
}

fn token_id(issuer: &str, token: &str) -> String {
    let digest = ring::digest::digest(
        &ring::digest::SHA256,
        format!("{issuer}\n{token}").as_bytes(),
    );
    digest
        .as_ref()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The user or role in claims that somebody else has verified; none where they are malformed.
#[must_use]
pub fn claimed(claims: &str, path: &str) -> Option<String> {
    name(claim(&serde_json::from_str(claims).ok()?, path)?)
}

/// Claims as a JSON object that PostgreSQL reads as `jsonb`; none where they are malformed.
#[must_use]
pub fn as_claims(text: &str) -> Option<String> {
    shown(serde_json::from_str(text).ok()?)
}

/// As text, unless they hold a NUL.
fn shown(claims: Map<String, Value>) -> Option<String> {
    let claims = Value::Object(claims).to_string();
    (!claims.contains("\\u0000")).then_some(claims)
}

/// The claim of that name, or at the end of that path.
fn claim<'claims>(claims: &'claims Map<String, Value>, name: &str) -> Option<&'claims Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.')
        .try_fold(claims.get(first)?, |value, name| value.get(name))
}

/// Text, or a whole number, as some issuers have it.
fn name(value: &Value) -> Option<String> {
    let name = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    let is_good = !name.trim().is_empty() && name.len() <= LONGEST_NAME && !name.contains('\0');
    is_good.then_some(name)
}

/// A time as the validation has taken it: whole seconds, or rounded to them.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a conversion from f64 goes to the nearest end of the range"
)]
fn seconds(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_f64().map(|seconds| seconds.round() as u64))
}
