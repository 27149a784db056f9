//! Who acts, in the sense of the application: the user of a verified token, or whom the application names in
//! a setting. Unset, empty or malformed is nobody, and never an error, since policies ask for it.
//!
//! Settings are read where PostgreSQL keeps them, without a query: it works on a standby, in a READ ONLY
//! transaction, and in a parallel worker, which has its leader's settings.

use std::ffi::CStr;

use pgrx::pg_sys;
use steward_rules::identity::is_blank;
use steward_rules::token;

use super::encoding;
use super::function::Json;
use super::name;
use super::settings::{self, Setting};

/// The settings in which an application names the user, the first that is set.
pub(crate) const CURRENT_USER_ID: &CStr = c"app.current_user_id";
pub(crate) const USER_ID: &CStr = c"app.user_id";
pub(crate) const USER_ROLE: &CStr = c"app.user_role";
/// The first two, and how they are known.
const NAMING: [(&CStr, &str); 2] = [
    (CURRENT_USER_ID, "app.current_user_id"),
    (USER_ID, "app.user_id"),
];
/// Where `PostgREST` puts the claims of a token that it has verified.
pub(super) const CLAIMS: &CStr = c"request.jwt.claims";

/// How it is known who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A verified token.
    Sealed,
    /// A setting of the application.
    Setting(&'static str),
    /// The claims that `PostgREST` has verified.
    Claims,
}

impl Source {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sealed => "access",
            Self::Setting(name) => name,
            Self::Claims => "request.jwt.claims",
        }
    }
}

/// Every setting that the answer depends on.
pub(crate) const SETTINGS: [&CStr; 6] = [
    c"steward.sealed_user_id",
    c"steward.require_sealed_identity",
    CURRENT_USER_ID,
    USER_ID,
    USER_ROLE,
    CLAIMS,
];

/// Calls `read` with the user, in the database's encoding, and how that is known.
#[inline]
pub(crate) fn user<T>(read: impl FnOnce(&[u8], Source) -> T) -> Option<T> {
    find(read, |_| None)
}

/// The same for a record of who acted: what is no text is told too, less all that is not ASCII. It is not to be
/// believed.
pub(crate) fn actor<T>(read: impl FnOnce(&[u8], Source) -> T) -> Option<T> {
    let ascii = |byte: &u8| if byte.is_ascii() { *byte } else { b'?' };
    find(read, |bytes| Some(bytes.iter().map(ascii).collect()))
}

#[inline]
fn find<T>(
    read: impl FnOnce(&[u8], Source) -> T,
    told_malformed: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
) -> Option<T> {
    if is_sealed() {
        return settings::SEALED_USER.read(|user| read(user, Source::Sealed));
    }
    if settings::REQUIRE_SEALED.is_on() {
        return None;
    }
    for (setting, source) in NAMING {
        match named(setting) {
            Named::Nobody => {}
            Named::Malformed(bytes) => {
                let user = told_malformed(bytes)?;
                return Some(read(&user, Source::Setting(source)));
            }
            Named::Somebody(user) => return Some(read(user.to_bytes(), Source::Setting(source))),
        }
    }
    let user = claimed(&settings::JWT_USER_CLAIM, "sub")?;
    Some(read(&user, Source::Claims))
}

/// The role of the same user, in the database's encoding.
pub(crate) fn role<T>(read: impl FnOnce(&[u8]) -> T) -> Option<T> {
    if is_sealed() {
        return settings::SEALED_ROLE.read(read);
    }
    if settings::REQUIRE_SEALED.is_on() {
        return None;
    }
    match named(USER_ROLE) {
        Named::Nobody => {}
        Named::Malformed(_) => return None,
        Named::Somebody(role) => return Some(read(role.to_bytes())),
    }
    // Not the role in the claims of one beside the name of another.
    let is_by_claims = user(|_, source| source == Source::Claims).unwrap_or_default();
    if !is_by_claims {
        return None;
    }
    let role = claimed(&settings::JWT_ROLE_CLAIM, "role")?;
    Some(read(&role))
}

/// The claims of the same user.
pub(crate) fn claims() -> Option<Json> {
    if is_sealed() {
        return settings::SEALED_CLAIMS
            .get()
            .and_then(|claims| as_jsonb(&claims));
    }
    if settings::REQUIRE_SEALED.is_on() {
        return None;
    }
    // Not the claims of one beside the name of another.
    let is_named = |setting| !matches!(named(setting), Named::Nobody);
    if NAMING.iter().any(|(setting, _)| is_named(*setting)) {
        return None;
    }
    as_jsonb(&claims_of_setting()?)
}

/// True where a token was verified in this transaction.
pub(crate) fn is_sealed() -> bool {
    settings::SEALED_USER.read(|_| ()).is_some()
}

/// What a setting that names somebody says.
enum Named {
    /// It is not set, or blank.
    Nobody,
    /// It is no text: nobody checks what a client sends as a setting when it connects. It does not give way to
    /// the next setting, which may name somebody else.
    Malformed(&'static [u8]),
    Somebody(&'static CStr),
}

fn named(setting: &CStr) -> Named {
    // SAFETY: the value of a setting stays until the setting changes, which nothing between here and its
    // reader does.
    unsafe {
        let value = raw::GetConfigOption(setting.as_ptr(), true, false);
        if value.is_null() {
            return Named::Nobody;
        }
        let value = CStr::from_ptr(value);
        let bytes = value.to_bytes();
        if is_blank(bytes) {
            return Named::Nobody;
        }
        let is_text =
            bytes.is_ascii() || pg_sys::pg_verifymbstr(value.as_ptr(), bytes.len() as i32, true);
        if is_text {
            Named::Somebody(value)
        } else {
            Named::Malformed(bytes)
        }
    }
}

fn claims_of_setting() -> Option<String> {
    let Named::Somebody(claims) = named(CLAIMS) else {
        return None;
    };
    let bytes = claims.to_bytes();
    // What would have to be converted could fail to be.
    (bytes.is_ascii() || encoding::has_all_characters()).then(|| name::from_server(bytes))
}

fn claimed(path: &Setting, default: &str) -> Option<Vec<u8>> {
    let claims = claims_of_setting()?;
    let path = path.get();
    let value = token::claimed(&claims, path.as_deref().unwrap_or(default))?;
    is_representable(&value).then(|| value.into_bytes())
}

fn as_jsonb(claims: &str) -> Option<Json> {
    let claims = token::as_claims(claims)?;
    is_representable(&claims).then_some(Json(claims))
}

fn is_representable(text: &str) -> bool {
    text.is_ascii() || encoding::has_all_characters()
}

/// Functions that only read what is at hand, never raise, and are called too often to pass pgrx' boundary.
mod raw {
    use std::ffi::c_char;

    unsafe extern "C-unwind" {
        pub(super) fn GetConfigOption(
            name: *const c_char,
            missing_is_fine: bool,
            restricted: bool,
        ) -> *const c_char;
    }
}
