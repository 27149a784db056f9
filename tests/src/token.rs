//! Signed tokens (JWT), as an issuer makes them.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// Somebody who issues tokens signed with Ed25519.
pub struct Issuer {
    pair: Ed25519KeyPair,
    /// The name of its key.
    pub key_id: String,
}

impl Issuer {
    /// With a new key of that name.
    ///
    /// # Panics
    /// When the system has no randomness.
    #[must_use]
    pub fn new(key_id: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self {
            pair: Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key"),
            key_id: key_id.to_owned(),
        }
    }

    /// The public key, as a JSON Web Key.
    #[must_use]
    pub fn public_key(&self) -> Value {
        let key = base64url(self.pair.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.key_id, "x": key })
    }

    /// A token with these claims.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "kid": self.key_id });
        signed(&header, claims, |message| {
            self.pair.sign(message).as_ref().to_vec()
        })
    }

    /// A token that speaks for `user` for an hour.
    #[must_use]
    pub fn token_of(&self, user: &str) -> String {
        self.token(&json!({ "sub": user, "exp": in_seconds(3600) }))
    }
}

/// A token that is signed with HS256.
#[must_use]
pub fn with_secret(secret: &[u8], claims: &Value) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    signed(&json!({ "alg": "HS256" }), claims, |message| {
        hmac::sign(&key, message).as_ref().to_vec()
    })
}

/// A token with that header, and a signature as `sign` makes it.
pub fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes())
    );
    let signature = base64url(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// The time in so many seconds, as tokens have it.
///
/// # Panics
/// When the clock is before 1970.
#[must_use]
pub fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    i64::try_from(now.as_secs()).expect("a time") + seconds
}

/// Bytes as tokens have them.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        for place in 0..=chunk.len() {
            text.push(char::from(DIGITS[(group >> (18 - 6 * place)) & 63]));
        }
    }
    text
}
