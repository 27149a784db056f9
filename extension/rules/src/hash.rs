//! A hash that is kept: in logs, in dumps, for years. So it is one that never changes, on no machine and
//! in no version of PostgreSQL: FNV-1a, 64 bits.

/// The hash of a text's bytes, as PostgreSQL's `bigint` holds it.
#[must_use]
pub fn hash(text: &str) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::hash;

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
