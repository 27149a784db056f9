//! The keys that tokens are verified with: public ones from a setting that anybody can read, secrets from
//! a file that only the server can.

use std::fmt;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Header};
use serde_json::Value;

/// What HS256 asks for (RFC 7518, 3.2): a shorter secret can be guessed from a token.
const SHORTEST_SECRET: usize = 32;
/// The bytes of an Ed25519 key, and of an uncompressed point on P-256.
const ED25519: usize = 32;
const P256: usize = 65;

/// A key, and the one algorithm that it verifies.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// Keys to verify tokens with, several at once while they are rotated.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// Why a text holds no keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// It is neither PEM nor JSON with keys.
    NoKeys,
    /// The key at that place, from 1, cannot be read.
    Unreadable(usize),
    /// The key at that place is of a type that is not supported.
    Unsupported(usize),
    /// The key at that place is secret, where everybody can read it.
    Secret(usize),
    /// The secret at that place is too short.
    Short(usize),
    /// It is a key in PEM, where a secret is expected.
    NoSecret,
}

impl fmt::Display for KeyProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeys => formatter.write_str("it holds no key in PEM or JSON (JWKS)"),
            Self::Unreadable(place) => write!(formatter, "key {place} cannot be read"),
            Self::Unsupported(place) => write!(
                formatter,
                "key {place} is not for EdDSA (Ed25519), ES256 (P-256), RS256 or HS256"
            ),
            Self::Secret(place) => write!(formatter, "key {place} is a secret or private key"),
            Self::NoSecret => formatter.write_str(
                "it holds a key in PEM, which is no secret: public keys belong into steward.jwt_keys",
            ),
            Self::Short(place) => write!(
                formatter,
                "secret {place} is shorter than {SHORTEST_SECRET} bytes"
            ),
        }
    }
}

impl KeySet {
    /// Public keys: PEM, one after the other, or a JWKS, or a single JWK.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn public(text: &str) -> Result<Self, KeyProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        let keys = if text.starts_with('{') {
            json_keys(text, |key, place| {
                let is_secret = ["d", "p", "q", "k"]
                    .iter()
                    .any(|part| key.get(part).is_some());
                if is_secret {
                    return Err(KeyProblem::Secret(place));
                }
                public_jwk(key, place)
            })?
        } else {
            pem_keys(text)?
        };
        Ok(Self { keys })
    }

    /// Secrets for HS256: a JWKS of type `oct`, or else the text itself, without the end of its line. Not PEM: a
    /// public key that is taken for a secret lets everybody sign who knows it.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn secret(bytes: &[u8]) -> Result<Self, KeyProblem> {
        let text = std::str::from_utf8(bytes).ok();
        let keys = match text.map(str::trim).filter(|text| text.starts_with('{')) {
            Some(text) => json_keys(text, secret_jwk)?,
            None if bytes.trim_ascii_start().starts_with(b"-----BEGIN") => {
                return Err(KeyProblem::NoSecret);
            }
            None => vec![secret(bytes.trim_ascii_end(), None, 1)?],
        };
        Ok(Self { keys })
    }

    /// The keys of both.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.keys.extend(others.keys);
        self
    }

    /// True where nothing can be verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that may have signed a token with that header: of its algorithm, and of its `kid` where both
    /// have one.
    pub(super) fn fitting<'keys>(
        &'keys self,
        header: &'keys Header,
    ) -> impl Iterator<Item = &'keys Key> {
        self.keys.iter().filter(|key| {
            let is_named = match (&key.id, &header.kid) {
                (Some(id), Some(kid)) => id == kid,
                _ => true,
            };
            is_named && key.algorithm == header.alg
        })
    }
}

fn json_keys(
    text: &str,
    read: impl Fn(&Value, usize) -> Result<Key, KeyProblem>,
) -> Result<Vec<Key>, KeyProblem> {
    let value: Value = serde_json::from_str(text).map_err(|_| KeyProblem::NoKeys)?;
    let keys = match value.get("keys") {
        Some(Value::Array(keys)) => keys.clone(),
        Some(_) => return Err(KeyProblem::NoKeys),
        None => vec![value],
    };
    if keys.is_empty() {
        return Err(KeyProblem::NoKeys);
    }
    keys.iter()
        .enumerate()
        .map(|(index, key)| read(key, index + 1))
        .collect()
}

/// Reads a JWK, and refuses one that is made for something else than verifying with `algorithm`.
fn jwk(key: &Value, place: usize) -> Result<Jwk, KeyProblem> {
    let jwk: Jwk =
        serde_json::from_value(key.clone()).map_err(|_| KeyProblem::Unreadable(place))?;
    match &jwk.common.public_key_use {
        None | Some(PublicKeyUse::Signature) => Ok(jwk),
        Some(_) => Err(KeyProblem::Unsupported(place)),
    }
}

fn public_jwk(key: &Value, place: usize) -> Result<Key, KeyProblem> {
    let jwk = jwk(key, place)?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return Err(KeyProblem::Unsupported(place)),
    };
    check_algorithm(&jwk, algorithm, place)?;
    let decoding = if let AlgorithmParameters::RSA(key) = &jwk.algorithm {
        // ring takes no leading zero, which some issuers write.
        let number = |text: &str| {
            let bytes = base64url(text)?;
            let start = bytes.iter().position(|byte| *byte != 0)?;
            Some(bytes[start..].to_vec())
        };
        let (modulus, exponent) = number(&key.n)
            .zip(number(&key.e))
            .ok_or(KeyProblem::Unreadable(place))?;
        DecodingKey::from_rsa_raw_components(&modulus, &exponent)
    } else {
        DecodingKey::from_jwk(&jwk).map_err(|_| KeyProblem::Unreadable(place))?
    };
    checked(jwk.common.key_id, algorithm, decoding, place)
}

fn secret_jwk(key: &Value, place: usize) -> Result<Key, KeyProblem> {
    let jwk = jwk(key, place)?;
    let AlgorithmParameters::OctetKey(parameters) = &jwk.algorithm else {
        return Err(KeyProblem::Unsupported(place));
    };
    check_algorithm(&jwk, Algorithm::HS256, place)?;
    let bytes = base64url(&parameters.value).ok_or(KeyProblem::Unreadable(place))?;
    secret(&bytes, jwk.common.key_id, place)
}

/// `alg` says what a key is used for, and a key is used for one thing.
fn check_algorithm(jwk: &Jwk, algorithm: Algorithm, place: usize) -> Result<(), KeyProblem> {
    let is_other = jwk
        .common
        .key_algorithm
        .is_some_and(|named| named != KeyAlgorithm::from(algorithm));
    if is_other {
        return Err(KeyProblem::Unsupported(place));
    }
    Ok(())
}

fn secret(bytes: &[u8], id: Option<String>, place: usize) -> Result<Key, KeyProblem> {
    if bytes.len() < SHORTEST_SECRET {
        return Err(KeyProblem::Short(place));
    }
    Ok(Key {
        id,
        algorithm: Algorithm::HS256,
        decoding: DecodingKey::from_secret(bytes),
    })
}

fn pem_keys(text: &str) -> Result<Vec<Key>, KeyProblem> {
    // ALTER SYSTEM takes no line breaks, so they may be written as \n.
    let text = text.replace("\\n", "\n");
    let mut keys = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("-----BEGIN ") {
        let place = keys.len() + 1;
        let label_at = start + "-----BEGIN ".len();
        let label = rest[label_at..].split("-----").next().unwrap_or_default();
        let ending = format!("-----END {label}-----");
        let end = rest.find(&ending).ok_or(KeyProblem::Unreadable(place))? + ending.len();
        if end < start {
            return Err(KeyProblem::Unreadable(place));
        }
        keys.push(pem_key(&rest[start..end], label, place)?);
        rest = &rest[end..];
    }
    if keys.is_empty() {
        return Err(KeyProblem::NoKeys);
    }
    Ok(keys)
}

fn pem_key(pem: &str, label: &str, place: usize) -> Result<Key, KeyProblem> {
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {}
        label if label.contains("PRIVATE") => return Err(KeyProblem::Secret(place)),
        _ => return Err(KeyProblem::Unsupported(place)),
    }
    let pem = pem.as_bytes();
    let key = DecodingKey::from_ed_pem(pem)
        .map(|key| (Algorithm::EdDSA, key))
        .or_else(|_| DecodingKey::from_ec_pem(pem).map(|key| (Algorithm::ES256, key)))
        .or_else(|_| DecodingKey::from_rsa_pem(pem).map(|key| (Algorithm::RS256, key)));
    let (algorithm, key) = key.map_err(|_| KeyProblem::Unreadable(place))?;
    checked(None, algorithm, key, place)
}

/// A key of the wrong length would be refused at every token; better now, with its place.
fn checked(
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
    place: usize,
) -> Result<Key, KeyProblem> {
    let expected = match algorithm {
        Algorithm::EdDSA => Some(ED25519),
        Algorithm::ES256 => Some(P256),
        _ => None,
    };
    if let (Some(expected), DecodingKeyKind::SecretOrDer(bytes)) = (expected, key.kind())
        && bytes.len() != expected
    {
        return Err(KeyProblem::Unsupported(place));
    }
    Ok(Key {
        id,
        algorithm,
        decoding: key,
    })
}

/// The bytes of unpadded base64url.
pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut collected, mut bits) = (Vec::new(), 0_u32, 0);
    for character in text.trim_end_matches('=').bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        collected = collected << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((collected >> bits & 0xFF) as u8);
        }
    }
    Some(bytes)
}
