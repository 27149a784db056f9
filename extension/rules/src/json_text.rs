//! Whether a text of type `json` can become `jsonb`.
//!
//! Both take the same grammar, but `jsonb` holds text and numbers, and so refuses escapes that are no
//! characters and numbers that are too large. `json` keeps whatever was written.

/// The longest run of digits, and the longest exponent, that surely is a number that `jsonb` holds.
const MOST_DIGITS: usize = 1000;
const MOST_EXPONENT_DIGITS: usize = 3;

/// True where every escape in a valid JSON text is a character of the database, and every number surely
/// fits. `all_characters` is false where the database's encoding lacks characters.
#[must_use]
pub fn converts(json: &[u8], all_characters: bool) -> bool {
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => match string(after, all_characters) {
                Some(after) => after,
                None => return false,
            },
            b'0'..=b'9' => match number(rest) {
                Some(after) => after,
                None => return false,
            },
            _ => after,
        };
    }
    true
}

/// What follows a string whose quote was read; none where it holds what is no character.
fn string(mut rest: &[u8], all_characters: bool) -> Option<&[u8]> {
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = match byte {
            b'"' => return Some(after),
            b'\\' => escape(after, all_characters)?,
            _ => after,
        };
    }
}

/// What follows an escape whose backslash was read.
fn escape(rest: &[u8], all_characters: bool) -> Option<&[u8]> {
    let (&byte, after) = rest.split_first()?;
    if byte != b'u' {
        return Some(after);
    }
    let (unit, after) = code_unit(after)?;
    match unit {
        0 | 0xDC00..=0xDFFF => None,
        0xD800..=0xDBFF => {
            let (low, after) = code_unit(after.strip_prefix(b"\\u")?)?;
            let is_pair = (0xDC00..=0xDFFF).contains(&low);
            (is_pair && all_characters).then_some(after)
        }
        _ => (unit < 0x80 || all_characters).then_some(after),
    }
}

/// Four hexadecimal digits.
fn code_unit(rest: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, after) = rest.split_at_checked(4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    Some((u32::from_str_radix(digits, 16).ok()?, after))
}

/// What follows a number; none where it may be too large.
fn number(rest: &[u8]) -> Option<&[u8]> {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let digits = rest.iter().take_while(|byte| is_digit(byte)).count();
    let rest = &rest[digits..];
    let Some(exponent) = rest.strip_prefix(b"e").or(rest.strip_prefix(b"E")) else {
        return (digits <= MOST_DIGITS).then_some(rest);
    };
    let exponent = match exponent.split_first() {
        Some((b'+' | b'-', exponent)) => exponent,
        _ => exponent,
    };
    let exponent_digits = exponent.iter().take_while(|byte| is_digit(byte)).count();
    let fits = digits <= MOST_DIGITS && exponent_digits <= MOST_EXPONENT_DIGITS;
    fits.then(|| &exponent[exponent_digits..])
}

#[cfg(test)]
mod tests {
    use super::converts;

    #[test]
    fn escapes_that_are_characters() {
        for json in [
            r#""""#,
            r#"{"a": "A\n\"\\", "b": [1, -2.5e10, true, null]}"#,
            r#""\\u0000""#,
            r#""\\\\ud800 \ud83d\ude00 \u00e4""#,
            r#""1e99999""#,
            "1e-300",
        ] {
            assert!(converts(json.as_bytes(), true), "{json}");
        }
    }

    #[test]
    fn escapes_that_are_none() {
        for json in [
            r#""\u0000""#,
            r#""\\\u0000""#,
            r#"["\ud800"]"#,
            r#"{"\udc00": 1}"#,
            r#""\ud800\n""#,
            r#""\ud800\ud800""#,
            r#""\ud800A""#,
        ] {
            assert!(!converts(json.as_bytes(), true), "{json}");
        }
    }

    #[test]
    fn numbers_that_may_be_too_large() {
        for json in [
            "1e1000000",
            "[-1.5E+99999]",
            "0e-9999",
            &"1".repeat(200_000),
        ] {
            assert!(!converts(json.as_bytes(), true), "{json}");
        }
    }

    #[test]
    fn characters_that_an_encoding_may_lack() {
        let (plain, accent, pair) = (r#""\u0041""#, r#""\u00e4""#, r#""\ud83d\ude00""#);
        assert!(converts(plain.as_bytes(), false));
        assert!(!converts(accent.as_bytes(), false));
        assert!(!converts(pair.as_bytes(), false));
    }
}
