//! Names and values as SQL text. Every name or value that becomes part of a statement passes
//! through here.

use std::ffi::{CStr, CString, c_char};

use pgrx::pg_sys;

use super::encoding;

/// A C string of PostgreSQL as Rust text; null reads as empty.
///
/// # Safety
/// `text` has to be null or to point to a C string in the database's encoding.
pub(super) unsafe fn read(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    encoding::decode(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// Text as a C string in the database's encoding. A NUL byte, which no value of PostgreSQL can
/// hold, ends it.
pub(super) fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(encoding::encode(&text[..end])).unwrap_or_default()
}

/// Text in the database's encoding.
pub(crate) fn to_server(text: &str) -> CString {
    c_string(text)
}

/// Text in the database's encoding as Rust text.
pub(crate) fn from_server(bytes: &[u8]) -> String {
    encoding::decode(bytes)
}

/// Text as bytes in the database's encoding.
pub(crate) fn in_server_encoding(text: &str) -> Box<[u8]> {
    c_string(text).into_bytes().into()
}

/// `name` as an identifier, in double quotes where it needs them.
pub(crate) fn identifier(name: &str) -> String {
    let name = c_string(name);
    // SAFETY: quote_identifier returns its argument or a palloc'd string, both end in NUL.
    unsafe { read(pg_sys::quote_identifier(name.as_ptr())) }
}

/// `schema.name` as an identifier.
pub(crate) fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", identifier(schema), identifier(name))
}

/// `value` as a string literal.
pub(crate) fn literal(value: &str) -> String {
    let value = c_string(value);
    // SAFETY: quote_literal_cstr returns a palloc'd string that ends in NUL.
    unsafe { read(pg_sys::quote_literal_cstr(value.as_ptr())) }
}
