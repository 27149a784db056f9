//! Text of the database as Rust text, and back.
//!
//! Rust's text is UTF-8, the server's is in the encoding of the database. All text passes through here:
//! arguments and results, names, statements, keys that are shown, and errors.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use pgrx::pg_sys;
use steward_rules::bytes;

use super::boundary;

/// The bytes of a text of the database.
///
/// Errors: 22P05 for a character that UTF-8 lacks.
pub(super) fn decode(bytes: &[u8]) -> String {
    if bytes.is_ascii() || is_not_converted() {
        return bytes::to_text(bytes);
    }
    let (start, length) = parts(bytes);
    // SAFETY: `length` bytes are read; what is returned is a C string.
    let text = boundary::call(|| unsafe { raw::pg_server_to_any(start, length, UTF8) });
    // SAFETY: a conversion that takes place returns a C string.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}

/// The text as bytes of the database.
///
/// Errors: 22P05 for a character that the database's encoding lacks.
pub(super) fn encode(text: &str) -> Vec<u8> {
    if text.is_ascii() || is_not_converted() {
        return bytes::from_text(text);
    }
    let (start, length) = parts(text.as_bytes());
    // SAFETY: `length` bytes are read; what is returned is a C string.
    let bytes = boundary::call(|| unsafe { raw::pg_any_to_server(start, length, UTF8) });
    // SAFETY: a conversion that takes place returns a C string.
    unsafe { CStr::from_ptr(bytes) }.to_bytes().to_vec()
}

/// The same for a text that has to be told whatever happens: a character that the database's encoding
/// lacks becomes a question mark.
pub(super) fn encode_somehow(text: &str) -> Vec<u8> {
    catch_unwind(AssertUnwindSafe(|| encode(text))).unwrap_or_else(|_| {
        let ascii = |character: char| if character.is_ascii() { character } else { '?' };
        text.chars().map(ascii).collect::<String>().into_bytes()
    })
}

/// True where every character that there is has its place in the database's encoding.
pub(super) fn has_all_characters() -> bool {
    // SAFETY: reads what the session found out about its database when it began.
    unsafe { pg_sys::GetDatabaseEncoding() == UTF8 }
}

const UTF8: i32 = pg_sys::pg_enc::PG_UTF8 as i32;
const ANY: i32 = pg_sys::pg_enc::PG_SQL_ASCII as i32;

/// True where the database's bytes are UTF-8 or whatever their writer took them for.
fn is_not_converted() -> bool {
    // SAFETY: reads what the session found out about its database when it began.
    let encoding = unsafe { pg_sys::GetDatabaseEncoding() };
    encoding == UTF8 || encoding == ANY
}

fn parts(bytes: &[u8]) -> (*const c_char, i32) {
    (
        bytes.as_ptr().cast(),
        i32::try_from(bytes.len()).unwrap_or(i32::MAX),
    )
}

/// The functions whose errors have to keep all their fields.
mod raw {
    use std::ffi::c_char;

    unsafe extern "C-unwind" {
        pub(super) fn pg_server_to_any(
            text: *const c_char,
            length: i32,
            encoding: i32,
        ) -> *mut c_char;
        pub(super) fn pg_any_to_server(
            text: *const c_char,
            length: i32,
            encoding: i32,
        ) -> *mut c_char;
    }
}
