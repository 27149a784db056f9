//! Who is connected, and what the session says of itself.

use std::ffi::{CStr, CString, c_char};

use pgrx::pg_sys;

use super::setting_scope::{self, Others};

/// What the session says of itself, as it is stored: to find out whether anything has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    session_role: pg_sys::Oid,
    invoking_role: pg_sys::Oid,
    application_name: CString,
    settings: Vec<(&'static CStr, Option<CString>)>,
}

impl Fingerprint {
    /// Of the session as it is now, with the given settings.
    pub(crate) fn now(settings: impl Iterator<Item = &'static CStr>) -> Self {
        // SAFETY: globals of the session; a setting is a C string or null, and copied.
        unsafe {
            Self {
                session_role: raw::GetSessionUserId(),
                invoking_role: raw::GetOuterUserId(),
                application_name: application_name(),
                settings: settings
                    .map(|name| {
                        (
                            name,
                            copied(raw::GetConfigOption(name.as_ptr(), true, false)),
                        )
                    })
                    .collect(),
            }
        }
    }

    /// True where all of it is as it was.
    pub(crate) fn still_holds(&self) -> bool {
        // SAFETY: as above; nothing is kept of what is looked at.
        unsafe {
            self.session_role == raw::GetSessionUserId()
                && self.invoking_role == raw::GetOuterUserId()
                && is_same(Some(&self.application_name), pg_sys::application_name)
                && self.settings.iter().all(|(name, value)| {
                    is_same(
                        value.as_deref(),
                        raw::GetConfigOption(name.as_ptr(), true, false),
                    )
                })
        }
    }
}

/// # Safety
/// `stored` has to be null or to point to a C string.
unsafe fn is_same(known: Option<&CStr>, stored: *const c_char) -> bool {
    if stored.is_null() {
        return known.is_none_or(CStr::is_empty);
    }
    // SAFETY: the caller's promise.
    known == Some(unsafe { CStr::from_ptr(stored) })
}

/// The number of this server process.
pub(crate) fn process() -> usize {
    // SAFETY: a global that is set when the process starts.
    usize::try_from(unsafe { pg_sys::MyProcPid }).unwrap_or_default()
}

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

/// The most of a name that is recorded, so that it fits into an index.
const MOST_BYTES: i32 = 1024;

/// A name in the database's encoding, cut where it is very long.
pub(crate) fn shortened(name: &[u8]) -> &[u8] {
    let length = name.len() as i32;
    if length <= MOST_BYTES {
        return name;
    }
    // SAFETY: reads that many bytes, and cuts between two characters.
    let length = unsafe { pg_sys::pg_mbcliplen(name.as_ptr().cast(), length, MOST_BYTES) };
    &name[..length as usize]
}

/// Runs `work` with a setting that holds for it alone.
pub(crate) fn with_setting<T>(name: &CStr, value: &str, work: impl FnOnce() -> T) -> T {
    let value = super::name::to_server(value);
    let settings = [(name, value.as_c_str())];
    let context = pg_sys::GucContext::PGC_USERSET;
    setting_scope::with(&settings, context, Others::Kept, work)
}

/// The value of a setting that need not exist; none where it does not, or is empty. It is cut where it is
/// very long.
pub(crate) fn setting(name: &CStr) -> Option<CString> {
    // SAFETY: the name ends in NUL; the value is copied before anything else happens.
    let value = unsafe { copied(pg_sys::GetConfigOption(name.as_ptr(), true, false)) }?;
    (!value.is_empty()).then(|| {
        let value = valid(value);
        CString::new(shortened(value.as_bytes())).unwrap_or_default()
    })
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

/// Functions that only read what is at hand, never raise, and are called too often to pass pgrx'
/// boundary.
mod raw {
    use std::ffi::c_char;

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub(super) fn GetSessionUserId() -> pg_sys::Oid;
        pub(super) fn GetOuterUserId() -> pg_sys::Oid;
        pub(super) fn GetConfigOption(
            name: *const c_char,
            missing_is_fine: bool,
            restricted: bool,
        ) -> *const c_char;
    }
}
