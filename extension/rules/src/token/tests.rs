//! Tokens of every algorithm, and the ways in which others have been fooled.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};

use super::keys::base64url;
use super::{Expectations, KeyProblem, KeySet, Refusal, verify};

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const RSA_PUBLIC: &str = include_str!("rsa_test_key.pub.pem");

fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        for place in 0..=chunk.len() {
            text.push(char::from(DIGITS[group >> (18 - 6 * place) & 63]));
        }
    }
    text
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time")
        .as_secs()
}

fn claims() -> Value {
    json!({ "sub": "asha", "role": "admin", "exp": now() + 60 })
}

fn expectations() -> Expectations {
    Expectations {
        leeway: 30,
        user_claim: "sub".to_owned(),
        role_claim: "role".to_owned(),
        ..Expectations::default()
    }
}

fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(claims.to_string().as_bytes())
    );
    let signature = encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn hs256(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> + use<> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn ed25519() -> (Ed25519KeyPair, Value) {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key");
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) });
    (pair, public)
}

fn secrets() -> KeySet {
    KeySet::secret(SECRET).expect("a secret")
}

fn public(keys: &Value) -> KeySet {
    KeySet::public(&keys.to_string()).expect("keys")
}

fn hs256_token(claims: &Value) -> String {
    signed(&json!({ "alg": "HS256" }), claims, hs256(SECRET))
}

fn refused(claims: &Value, expected: &Expectations) -> Refusal {
    verify(&hs256_token(claims), &secrets(), expected).expect_err("a refusal")
}

#[test]
fn hs256_is_verified() {
    let verified = verify(&hs256_token(&claims()), &secrets(), &expectations()).expect("good");
    assert_eq!(
        (verified.user.as_str(), verified.role.as_deref()),
        ("asha", Some("admin"))
    );
    assert_eq!(verified.claims, claims().to_string());
    let other = KeySet::secret(b"another secret of thirty-two bytes!").expect("a secret");
    let refusal = verify(&hs256_token(&claims()), &other, &expectations());
    assert_eq!(refusal, Err(Refusal::Signature));
}

#[test]
fn eddsa_is_verified_by_jwk() {
    let (pair, key) = ed25519();
    let token = signed(&json!({ "alg": "EdDSA" }), &claims(), |message| {
        pair.sign(message).as_ref().to_vec()
    });
    assert!(verify(&token, &public(&key), &expectations()).is_ok());
    let (_, other) = ed25519();
    let keys = public(&json!({ "keys": [other, key] }));
    assert!(
        verify(&token, &keys, &expectations()).is_ok(),
        "the second of two"
    );
    let refusal = verify(&token, &public(&other), &expectations());
    assert_eq!(refusal, Err(Refusal::Signature));
}

#[test]
fn es256_is_verified() {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
    let token = signed(&json!({ "alg": "ES256" }), &claims(), |message| {
        pair.sign(&random, message)
            .expect("a signature")
            .as_ref()
            .to_vec()
    });
    let point = pair.public_key().as_ref();
    let key = json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) });
    assert!(verify(&token, &public(&key), &expectations()).is_ok());
}

fn rs256_token(header: &Value) -> String {
    let text: String = include_str!("rsa_test_key.txt")
        .split_whitespace()
        .collect();
    let url_safe = text.replace('+', "-").replace('/', "_");
    let pair = RsaKeyPair::from_pkcs8(&base64url(&url_safe).expect("bytes")).expect("a key");
    signed(header, &claims(), |message| {
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        )
        .expect("a signature");
        signature
    })
}

#[test]
fn rs256_is_verified_by_pem() {
    let token = rs256_token(&json!({ "alg": "RS256" }));
    for pem in [RSA_PUBLIC.to_owned(), RSA_PUBLIC.replace('\n', "\\n")] {
        let keys = KeySet::public(&pem).expect("a key");
        assert!(verify(&token, &keys, &expectations()).is_ok());
    }
    let two = format!("{RSA_PUBLIC}\n{RSA_PUBLIC}");
    assert!(
        verify(
            &token,
            &KeySet::public(&two).expect("keys"),
            &expectations()
        )
        .is_ok()
    );
}

/// The public key, as bytes that everybody knows, taken for the secret of HS256.
#[test]
fn a_public_key_is_no_secret() {
    let keys = KeySet::public(RSA_PUBLIC).expect("a key");
    let forged = signed(
        &json!({ "alg": "HS256" }),
        &claims(),
        hs256(RSA_PUBLIC.as_bytes()),
    );
    assert_eq!(
        verify(&forged, &keys, &expectations()),
        Err(Refusal::UnknownKey)
    );
    // With a secret beside it the token is tried with that, and with nothing else.
    let both = keys.and(secrets());
    assert_eq!(
        verify(&forged, &both, &expectations()),
        Err(Refusal::Signature)
    );
    // Nor by the mistake of who names it as the file with the secret.
    let mistaken = KeySet::secret(format!("\n{RSA_PUBLIC}").as_bytes());
    assert_eq!(mistaken.err(), Some(KeyProblem::NoSecret));
}

#[test]
fn a_token_does_not_choose_to_bear_no_signature() {
    for algorithm in [
        "none", "None", "NONE", "HS384", "RS512", "PS256", "ES384", "ES512", "x", "",
    ] {
        for signature in [Vec::new(), vec![0; 32]] {
            let token = signed(&json!({ "alg": algorithm }), &claims(), |_| {
                signature.clone()
            });
            let refusal = verify(&token, &secrets(), &expectations());
            assert_eq!(refusal, Err(Refusal::Algorithm), "{algorithm}");
        }
    }
    let token = hs256_token(&claims());
    let unsigned = &token[..=token.rfind('.').expect("a dot")];
    assert_eq!(
        verify(unsigned, &secrets(), &expectations()),
        Err(Refusal::Signature)
    );
}

#[test]
fn a_kid_chooses_among_keys() {
    let key = |id: &str, secret: &[u8]| json!({ "kty": "oct", "kid": id, "k": encode(secret) });
    let old = b"the secret before the one of today";
    let keys = json!({ "keys": [key("old", old), key("new", SECRET)] }).to_string();
    let keys = KeySet::secret(keys.as_bytes()).expect("keys");
    let verified = |id: &str, secret: &[u8]| {
        let token = signed(
            &json!({ "alg": "HS256", "kid": id }),
            &claims(),
            hs256(secret),
        );
        verify(&token, &keys, &expectations()).map(|_| ())
    };
    assert_eq!(verified("old", old), Ok(()));
    assert_eq!(verified("new", SECRET), Ok(()));
    assert_eq!(verified("new", old), Err(Refusal::Signature));
    assert_eq!(verified("other", SECRET), Err(Refusal::UnknownKey));
    assert!(
        verify(&hs256_token(&claims()), &keys, &expectations()).is_ok(),
        "no kid: any key"
    );
}

#[test]
fn headers_that_have_to_be_understood_are_refused() {
    for header in [
        json!({ "alg": "HS256", "crit": ["b64"], "b64": false }),
        json!({ "alg": "HS256", "crit": [] }),
        json!({ "alg": "HS256", "zip": "DEF" }),
        json!({ "alg": "HS256", "enc": "A128GCM" }),
    ] {
        let token = signed(&header, &claims(), hs256(SECRET));
        let refusal = verify(&token, &secrets(), &expectations());
        assert_eq!(refusal, Err(Refusal::Critical), "{header}");
    }
    // A key in the header is the forger's own.
    let (pair, key) = ed25519();
    let token = signed(
        &json!({ "alg": "EdDSA", "jwk": key }),
        &claims(),
        |message| pair.sign(message).as_ref().to_vec(),
    );
    let (_, ours) = ed25519();
    assert_eq!(
        verify(&token, &public(&ours), &expectations()),
        Err(Refusal::Signature)
    );
}

#[test]
fn times_are_checked_with_leeway() {
    let with = |exp: Value, nbf: Value| {
        let claims = json!({ "sub": "asha", "exp": exp, "nbf": nbf });
        verify(&hs256_token(&claims), &secrets(), &expectations()).map(|_| ())
    };
    let now = now();
    assert_eq!(with(json!(now - 10), json!(now + 10)), Ok(()));
    assert_eq!(with(json!(now - 40), json!(now)), Err(Refusal::Expired));
    assert_eq!(
        with(json!(now + 90), json!(now + 80)),
        Err(Refusal::NotYetValid)
    );
    assert_eq!(with(json!(u64::MAX), json!(0)), Ok(()));
    for exp in [json!("soon"), json!(-1), json!(true), json!([])] {
        let refusal = with(exp.clone(), json!(0));
        assert!(refusal.is_err(), "{exp}");
    }
    assert_eq!(
        with(Value::Null, json!(0)),
        Err(Refusal::Missing("exp".to_owned()))
    );
    let unreadable = Refusal::Unreadable("nbf".to_owned());
    assert_eq!(with(json!(now + 60), json!("now")), Err(unreadable));
}

#[test]
fn audience_and_issuer() {
    let mut claims = claims();
    let anybody = expectations();
    let mine = Expectations {
        audiences: vec!["mine".to_owned(), "ours".to_owned()],
        issuers: vec!["https://issuer".to_owned()],
        ..expectations()
    };
    assert!(matches!(refused(&claims, &mine), Refusal::Missing(_)));
    claims["iss"] = json!("https://issuer");
    assert_eq!(refused(&claims, &mine), Refusal::Missing("aud".to_owned()));
    claims["aud"] = json!("theirs");
    assert_eq!(refused(&claims, &mine), Refusal::Audience);
    assert_eq!(
        refused(&claims, &anybody),
        Refusal::Audience,
        "meant for somebody"
    );
    for odd in [json!(5), json!({ "mine": 1 }), json!([5])] {
        claims["aud"] = odd;
        assert_eq!(refused(&claims, &anybody), Refusal::Audience);
        assert!(verify(&hs256_token(&claims), &secrets(), &mine).is_err());
    }
    claims["aud"] = json!(["theirs", "ours"]);
    assert!(verify(&hs256_token(&claims), &secrets(), &mine).is_ok());
    claims["iss"] = json!("https://other");
    assert_eq!(refused(&claims, &mine), Refusal::Issuer);
    claims["iss"] = json!(["https://other", "https://issuer"]);
    assert_eq!(
        refused(&claims, &mine),
        Refusal::Unreadable("iss".to_owned())
    );
}

#[test]
fn the_user_and_the_role() {
    let expected = Expectations {
        user_claim: "user.id".to_owned(),
        role_claim: "https://a.b/role".to_owned(),
        ..expectations()
    };
    let exp = now() + 60;
    let claims = json!({ "user": { "id": 42 }, "https://a.b/role": "lead", "exp": exp });
    let verified = verify(&hs256_token(&claims), &secrets(), &expected).expect("good");
    assert_eq!(
        (verified.user.as_str(), verified.role.as_deref()),
        ("42", Some("lead"))
    );
    for user in [
        json!(""),
        json!(" "),
        json!(true),
        json!(4.5),
        json!("a\0b"),
        json!("x".repeat(1025)),
    ] {
        let refusal = refused(&json!({ "sub": user, "exp": exp }), &expectations());
        assert_eq!(refusal, Refusal::Unreadable("sub".to_owned()), "{user}");
    }
    for user in [json!({ "exp": exp }), json!({ "exp": exp, "sub": null })] {
        assert_eq!(
            refused(&user, &expectations()),
            Refusal::Missing("sub".to_owned())
        );
    }
    let nul = json!({ "sub": "asha", "exp": exp, "note": "a\0b" });
    assert_eq!(refused(&nul, &expectations()), Refusal::Malformed);
}

#[test]
fn keys_that_do_not_belong_in_a_setting_are_refused() {
    let (_, key) = ed25519();
    let mut private = key.clone();
    private["d"] = json!("AAAA");
    let secret = json!({ "kty": "oct", "k": encode(SECRET) });
    let problem = |text: &str| KeySet::public(text).err();
    assert_eq!(problem(&private.to_string()), Some(KeyProblem::Secret(1)));
    assert_eq!(problem(&secret.to_string()), Some(KeyProblem::Secret(1)));
    let private_pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    assert_eq!(problem(private_pem), Some(KeyProblem::Secret(1)));
    assert_eq!(problem("secret"), Some(KeyProblem::NoKeys));
    assert_eq!(problem("{\"keys\":[]}"), Some(KeyProblem::NoKeys));
    let cut = format!("{RSA_PUBLIC}-----BEGIN PUBLIC KEY-----\nAAAA");
    assert_eq!(problem(&cut), Some(KeyProblem::Unreadable(2)));
    let mut encryption = key.clone();
    encryption["use"] = json!("enc");
    assert_eq!(
        problem(&encryption.to_string()),
        Some(KeyProblem::Unsupported(1))
    );
    let curve = json!({ "kty": "EC", "crv": "P-384", "x": "AAAA", "y": "AAAA" });
    assert_eq!(
        problem(&curve.to_string()),
        Some(KeyProblem::Unsupported(1))
    );
    let mut other_algorithm = key;
    other_algorithm["alg"] = json!("ES256");
    assert_eq!(
        problem(&other_algorithm.to_string()),
        Some(KeyProblem::Unsupported(1))
    );
    assert_eq!(KeySet::secret(b"short\n").err(), Some(KeyProblem::Short(1)));
    assert!(KeySet::public(" ").expect("none").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_text_is_taken_for_a_token(text in "[A-Za-z0-9_.=-]{0,200}") {
        prop_assert!(verify(&text, &secrets(), &expectations()).is_err());
    }

    /// A good token of which a byte is changed, removed or added.
    #[test]
    fn no_token_survives_a_change(at: prop::sample::Index, byte in 0x20_u8..0x7F, how in 0..3) {
        let token = hs256_token(&json!({ "sub": "asha", "exp": u64::MAX }));
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => { bytes.remove(at); }
            _ => bytes.insert(at, byte),
        }
        let changed = String::from_utf8(bytes).expect("ASCII");
        prop_assume!(changed != token);
        prop_assert!(verify(&changed, &secrets(), &expectations()).is_err());
    }
}
