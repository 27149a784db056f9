//! Who somebody is, as the key of a user: what is no key is nobody, and never an error, since it is asked
//! in policies.

/// The bytes of a UUID, written in any way that PostgreSQL reads.
#[must_use]
pub fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let mut digits = match text {
        [b'{', inner @ .., b'}'] => inner,
        [b'{', ..] => return None,
        bare => bare,
    };
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let [high, low, rest @ ..] = digits else {
            return None;
        };
        *byte = hexadecimal(*high)? << 4 | hexadecimal(*low)?;
        // A hyphen may stand after each group of four digits.
        digits = match rest {
            [b'-', after @ ..] if index % 2 == 1 && index < 15 => after,
            rest => rest,
        };
    }
    digits.is_empty().then_some(bytes)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// A whole number in decimal digits, blanks around it allowed.
#[must_use]
pub fn bigint(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    text.parse().ok()
}

/// True for what names nobody: some drivers clear a setting with a blank.
#[must_use]
pub fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{bigint, is_blank, uuid};

    #[test]
    fn a_uuid_is_read_as_postgresql_reads_it() {
        let bytes = uuid(b"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        assert!(bytes.is_some());
        for same in [
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
        ] {
            assert_eq!(uuid(same.as_bytes()), bytes, "{same}");
        }
        for other in [
            "",
            "{",
            "}",
            "{}",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc9-99c0b-4ef8-bb6d-6bb9bd380a11",
            "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
            " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ] {
            assert_eq!(uuid(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_number_is_whole_and_in_range() {
        assert_eq!(bigint(b"42"), Some(42));
        assert_eq!(bigint(b" -42\n"), Some(-42));
        assert_eq!(bigint(b"+42"), Some(42));
        assert_eq!(bigint(b"9223372036854775807"), Some(i64::MAX));
        for other in [
            "",
            " ",
            "9223372036854775808",
            "4 2",
            "4.2",
            "0x1",
            "1_000",
            "٤",
            "--1",
        ] {
            assert_eq!(bigint(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn blanks_name_nobody() {
        assert!(is_blank(b"") && is_blank(b" \t\n"));
        assert!(!is_blank(b" x "));
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            let _ = (uuid(&bytes), bigint(&bytes), is_blank(&bytes));
        }

        #[test]
        fn every_uuid_is_read(number: u128) {
            let text = format!("{number:032x}");
            prop_assert_eq!(uuid(text.as_bytes()), Some(number.to_be_bytes()));
        }
    }
}
