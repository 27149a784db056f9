//! Bytes that are mostly UTF-8, as text and back, without losing one.
//!
//! A database of encoding `SQL_ASCII` takes any bytes, and a name that is shared by databases of
//! different encodings is not UTF-8 in all of them. Rust's text has to be UTF-8: a byte that is no part
//! of it stands there as one of 128 characters that nobody else uses, and is the same byte again when the
//! text is written. The bytes of these characters themselves are treated so too, which makes the way
//! back unambiguous: different bytes are different texts.

/// The character that stands for the byte 0x80, in the private use area. The others follow it.
const FIRST: u32 = 0xEF80;
const LAST: u32 = FIRST + 0x7F;

/// The bytes as text.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if stands_for(character).is_some() {
                let mut buffer = [0; 4];
                push_bytes(&mut text, character.encode_utf8(&mut buffer).as_bytes());
            } else {
                text.push(character);
            }
        }
        push_bytes(&mut text, chunk.invalid());
    }
    text
}

/// The bytes that [`to_text`] made the text from.
#[must_use]
pub fn from_text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        if let Some(byte) = stands_for(character) {
            bytes.push(byte);
        } else {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
    }
    bytes
}

/// The byte that the character stands for, if it does.
fn stands_for(character: char) -> Option<u8> {
    let code = u32::from(character);
    let offset = (FIRST..=LAST).contains(&code).then(|| code - FIRST)?;
    u8::try_from(offset + 0x80).ok()
}

/// Bytes from 0x80 on, each as the character that stands for it.
fn push_bytes(text: &mut String, bytes: &[u8]) {
    text.extend(
        bytes
            .iter()
            .filter_map(|byte| char::from_u32(FIRST + u32::from(*byte) - 0x80)),
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_utf8_is_the_same_text() {
        for text in ["", "größe", "a€😀\u{FFFD}\u{FFFF}", "\0"] {
            assert_eq!(to_text(text.as_bytes()), text);
            assert_eq!(from_text(text), text.as_bytes());
        }
    }

    #[test]
    fn a_byte_that_is_not_stands_as_one_character() {
        assert_eq!(to_text(b"gr\xF6\xDFe"), "gr\u{EFF6}\u{EFDF}e");
        // A letter that was cut in two.
        assert_eq!(to_text(b"x\xC3"), "x\u{EFC3}");
    }

    #[test]
    fn the_characters_that_stand_for_bytes_come_back_as_themselves() {
        let text = "\u{EF7F}\u{EF80}\u{EFFF}\u{F000}";
        assert_ne!(to_text(text.as_bytes()), text);
        assert_eq!(from_text(&to_text(text.as_bytes())), text.as_bytes());
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(bytes: Vec<u8>) {
            prop_assert_eq!(from_text(&to_text(&bytes)), bytes);
        }

        #[test]
        fn no_text_is_lost(text: String) {
            prop_assert_eq!(from_text(&to_text(text.as_bytes())), text.as_bytes());
        }
    }
}
