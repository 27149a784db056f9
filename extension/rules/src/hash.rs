//! A hash that is kept: in logs, in dumps, for years. So it is one that never changes, on no machine and
//! in no version of PostgreSQL: FNV-1a, 64 bits.

use sha2::{Digest as _, Sha256};

/// The hash of a text's bytes, as PostgreSQL's `bigint` holds it.
#[must_use]
pub fn hash(text: &str) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.cast_signed()
}

/// Sixteen bytes that stand for all of `parts`, different wherever they differ: the first half of their SHA-256.
#[must_use]
pub fn identifier(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, so that no two lists of parts are the same bytes.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut identifier = [0; 16];
    identifier.copy_from_slice(&hash.finalize()[..16]);
    identifier
}

#[cfg(test)]
mod tests {
    use super::{hash, identifier};

    #[test]
    fn other_parts_give_another_identifier() {
        assert_ne!(identifier(&[b"ab", b"c"]), identifier(&[b"a", b"bc"]));
        assert_eq!(identifier(&[b"ab", b"c"]), identifier(&[b"ab", b"c"]));
    }

    /// The vectors that FNV's authors have published.
    #[test]
    fn it_is_fnv_1a() {
        for (text, expected) in [
            ("", 0xcbf2_9ce4_8422_2325_u64),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(hash(text), expected.cast_signed(), "{text}");
        }
    }
}
