//! Verifying signatures with `ring`, which the toolkit's TLS uses too. Each algorithm is bound to the one
//! family of keys that it is made for.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::hmac;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes it what `jsonwebtoken` verifies with. The first call counts.
pub(super) fn install() {
    let _installed_already = PROVIDER.install_default();
}

/// Nothing is signed here.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that jsonwebtoken asks for"
)]
fn signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(Error::from(ErrorKind::UnsupportedAlgorithm))
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that jsonwebtoken asks for"
)]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let is_made_for_it = matches!(
        (algorithm, key.family()),
        (Algorithm::EdDSA, AlgorithmFamily::Ed)
            | (Algorithm::ES256, AlgorithmFamily::Ec)
            | (Algorithm::RS256, AlgorithmFamily::Rsa)
            | (Algorithm::HS256, AlgorithmFamily::Hmac)
    );
    if !is_made_for_it {
        return Err(Error::from(ErrorKind::InvalidAlgorithm));
    }
    Ok(Box::new(KeyOfAlgorithm {
        algorithm: *algorithm,
        key: key.clone(),
    }))
}

struct KeyOfAlgorithm {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtVerifier for KeyOfAlgorithm {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for KeyOfAlgorithm {
    fn verify(
        &self,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> std::result::Result<(), signature::Error> {
        let is_genuine = match (self.algorithm, self.key.kind()) {
            (Algorithm::HS256, DecodingKeyKind::SecretOrDer(secret)) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::verify(&key, message, signature).is_ok()
            }
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }
                    .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                    .is_ok()
            }
            (Algorithm::RS256, DecodingKeyKind::SecretOrDer(key)) => {
                is_signed(&RSA_PKCS1_2048_8192_SHA256, key, message, signature)
            }
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(key)) => {
                is_signed(&ECDSA_P256_SHA256_FIXED, key, message, signature)
            }
            (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(key)) => {
                is_signed(&ED25519, key, message, signature)
            }
            _ => false,
        };
        is_genuine.then_some(()).ok_or_else(signature::Error::new)
    }
}

fn is_signed(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(algorithm, key)
        .verify(message, signature)
        .is_ok()
}
