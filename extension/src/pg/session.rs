//! Who is connected, and what the session says of itself.

use std::ffi::{CStr, CString, c_char};

use pgrx::pg_sys;

/// The role that connected: `session_user`.
pub(crate) fn session_role() -> CString {
    // SAFETY: reads a global of the session.
    role_name(unsafe { pg_sys::GetSessionUserId() })
}

/// The role that gave the command, as `SET ROLE` left it; what functions and cascades switch to on the
/// way does not count, since that differs between versions of PostgreSQL.
pub(crate) fn invoking_role() -> CString {
    // SAFETY: reads a global of the session.
    role_name(unsafe { pg_sys::GetOuterUserId() })
}

/// What the client calls itself.
pub(crate) fn application_name() -> CString {
    // SAFETY: a setting that is always there, as a C string or null.
    unsafe { copied(pg_sys::application_name) }.unwrap_or_default()
}

/// The most of a setting that is read, so that it fits into an index.
const MOST_BYTES: i32 = 1024;

/// The value of a setting that need not exist; none where it does not, or is empty. It is cut where it is
/// very long.
pub(crate) fn setting(name: &CStr) -> Option<CString> {
    // SAFETY: the name ends in NUL; the value is copied before anything else happens.
    let value = unsafe { copied(pg_sys::GetConfigOption(name.as_ptr(), true, false)) }?;
    (!value.is_empty()).then(|| shortened(valid(value)))
}

/// What a client sends as a setting when it connects is checked by nobody: what is no text in the
/// database's encoding loses all that is not ASCII.
fn valid(text: CString) -> CString {
    let length = text.count_bytes() as i32;
    // SAFETY: reads that many bytes.
    if unsafe { pg_sys::pg_verifymbstr(text.as_ptr(), length, true) } {
        return text;
    }
    let ascii = |byte: u8| if byte.is_ascii() { byte } else { b'?' };
    CString::new(text.into_bytes().into_iter().map(ascii).collect::<Vec<_>>()).unwrap_or_default()
}

fn shortened(text: CString) -> CString {
    let length = text.count_bytes() as i32;
    if length <= MOST_BYTES {
        return text;
    }
    // SAFETY: reads that many bytes, and cuts between two characters.
    let length = unsafe { pg_sys::pg_mbcliplen(text.as_ptr(), length, MOST_BYTES) };
    let mut bytes = text.into_bytes();
    bytes.truncate(length as usize);
    CString::new(bytes).unwrap_or_default()
}

fn role_name(role: pg_sys::Oid) -> CString {
    // SAFETY: a look-up in the catalog caches; a role that was dropped meanwhile gives null.
    unsafe { copied(pg_sys::GetUserNameFromId(role, true)) }.unwrap_or_default()
}

/// # Safety
/// `text` has to be null or to point to a C string.
unsafe fn copied(text: *const c_char) -> Option<CString> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_owned())
}
