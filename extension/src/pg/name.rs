//! Names and values as SQL text. Every name or value that becomes part of a statement passes
//! through here.
//!
//! Rust's text is UTF-8 and the server's is in the database's encoding, so both directions convert.

use std::ffi::{CStr, CString, c_char};

use pgrx::pg_sys;

/// A C string of PostgreSQL as Rust text; null reads as empty.
///
/// # Safety
/// `text` has to be null or to point to a C string in the database's encoding.
pub(super) unsafe fn read(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise; the conversion returns its argument or a palloc'd string that
    // ends in NUL.
    unsafe {
        let length = CStr::from_ptr(text).count_bytes();
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        let utf8 = pg_sys::pg_server_to_any(text, length, pg_sys::pg_enc::PG_UTF8 as i32);
        CStr::from_ptr(utf8).to_string_lossy().into_owned()
    }
}

/// Text as a C string in the database's encoding. A NUL byte, which no value of PostgreSQL can
/// hold, ends it.
pub(super) fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    let text = CString::new(&text[..end]).unwrap_or_default();
    let length = i32::try_from(end).unwrap_or(i32::MAX);
    // SAFETY: the conversion returns its argument, which lives on, or a palloc'd string; both end
    // in NUL and are copied.
    unsafe {
        let encoded =
            pg_sys::pg_any_to_server(text.as_ptr(), length, pg_sys::pg_enc::PG_UTF8 as i32);
        CStr::from_ptr(encoded).to_owned()
    }
}

/// Text in the database's encoding.
pub(crate) fn to_server(text: &str) -> CString {
    c_string(text)
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
