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

/// The value of a setting that need not exist; none where it does not, or is empty.
pub(crate) fn setting(name: &CStr) -> Option<CString> {
    // SAFETY: the name ends in NUL; the value is copied before anything else happens.
    let value = unsafe { copied(pg_sys::GetConfigOption(name.as_ptr(), true, false)) }?;
    (!value.is_empty()).then_some(value)
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
