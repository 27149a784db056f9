//! The extension's own settings, all of which only a superuser may set, or whoever was granted that.
//!
//! A library that is not in `shared_preload_libraries` is loaded when one of its functions is first called.
//! Until then its settings are placeholders that everybody may set. When they are defined, PostgreSQL applies
//! what a placeholder held only if whoever set it had the right to; otherwise it warns and leaves the default.
//! That is no way back to what the administrator had chosen: what a client sends when it connects takes the
//! place of the configuration's value, and is then dropped itself. So a setting that was tried without the
//! right counts as tampering: for the rest of the session nobody is believed to be anybody.
//!
//! All of them are texts with no value by default, since only a text shows whether it was ever applied.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char};

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::pg_sys;

use super::boundary;
use super::name;
use super::setting_scope::{self, Others};

/// A setting of the extension.
pub(crate) struct Setting {
    name: &'static CStr,
    about: &'static CStr,
    flags: GucFlags,
    value: GucSetting<Option<CString>>,
}

impl Setting {
    const fn new(name: &'static CStr, about: &'static CStr, flags: GucFlags) -> Self {
        Self {
            name,
            about,
            flags,
            value: GucSetting::<Option<CString>>::new(None),
        }
    }

    /// Calls `read` with the value, unless there is none or it is empty. It is copied by nobody, so `read` must
    /// not change settings; being given bytes, it cannot keep them.
    #[inline]
    pub(super) fn read<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let value = self.stored();
        if value.is_null() {
            return None;
        }
        // SAFETY: a setting is null or a C string, which stays until the setting changes.
        let bytes = unsafe { CStr::from_ptr(value) }.to_bytes();
        (!bytes.is_empty()).then(|| read(bytes))
    }

    /// The value as text; none where it is empty.
    pub(crate) fn get(&self) -> Option<String> {
        self.read(name::from_server)
    }

    /// True for anything but nothing and the words for no.
    pub(crate) fn is_on(&self) -> bool {
        const NO: [&[u8]; 5] = [b"off", b"false", b"no", b"0", b"f"];
        self.read(|value| !NO.iter().any(|no| value.eq_ignore_ascii_case(no)))
            .unwrap_or_default()
    }

    /// The name that it is set by.
    pub(crate) const fn name(&self) -> &'static CStr {
        self.name
    }

    #[inline]
    fn stored(&self) -> *const c_char {
        // SAFETY: the place in which PostgreSQL keeps the value, which lasts as long as the library.
        unsafe { *self.value.as_ptr() }
    }

    /// Sets it until the end of the transaction, or of the savepoint if that is taken back. Parallel workers
    /// have what their leader has.
    pub(crate) fn set_for_transaction(&'static self, value: &str) {
        set_for_transaction(self.name, value, pg_sys::GucContext::PGC_SUSET);
    }

    fn define(&'static self) {
        GucRegistry::define_string_guc(
            self.name,
            self.about,
            c"",
            &self.value,
            GucContext::Suset,
            self.flags,
        );
    }
}

/// Sets a setting that everybody may set, until the end of the transaction.
pub(crate) fn set_users_for_transaction(name: &'static CStr, value: &str) {
    set_for_transaction(name, value, pg_sys::GucContext::PGC_USERSET);
}

fn set_for_transaction(name: &'static CStr, value: &str, context: pg_sys::GucContext::Type) {
    let value = name::c_string(value);
    let (name, value) = (name.as_ptr(), value.as_ptr());
    // SAFETY: name and value live through the call, which copies them.
    boundary::call(|| unsafe {
        pg_sys::set_config_option(
            name,
            value,
            context,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_LOCAL,
            true,
            0,
            false,
        );
    });
}

/// Runs `work` as it would run for that user in the application; empty for nobody. For explaining only.
///
/// Where an identity has to be sealed it is sealed here too: what runs is code of a table's owner, who could
/// otherwise name somebody else in a setting, and be believed for once.
pub(crate) fn acting_as<T>(user: &str, role: &str, work: impl FnOnce() -> T) -> T {
    let user = name::c_string(user);
    let role = name::c_string(role);
    let (sealed_user, sealed_role): (&CStr, &CStr) = if REQUIRE_SEALED.is_on() {
        (&user, &role)
    } else {
        (c"", c"")
    };
    let values: [(&CStr, &CStr); 7] = [
        (SEALED_USER.name, sealed_user),
        (SEALED_ROLE.name, sealed_role),
        (SEALED_CLAIMS.name, c""),
        (super::identity::CURRENT_USER_ID, &user),
        (super::identity::USER_ID, &user),
        (super::identity::USER_ROLE, &role),
        (super::identity::CLAIMS, c""),
    ];
    let context = pg_sys::GucContext::PGC_SUSET;
    setting_scope::with(&values, context, Others::Kept, work)
}

/// Not changed by RESET ALL and DISCARD ALL, and not read from files: what [`set_for_transaction`] keeps.
const SEALED: GucFlags = GucFlags::NO_RESET_ALL
    .union(GucFlags::DISALLOW_IN_FILE)
    .union(GucFlags::NO_SHOW_ALL);

pub(crate) static SEALED_USER: Setting = Setting::new(
    c"steward.sealed_user_id",
    c"The user that authenticate has established for the transaction.",
    SEALED,
);
pub(crate) static SEALED_ROLE: Setting = Setting::new(
    c"steward.sealed_user_role",
    c"The role of the user that authenticate has established for the transaction.",
    SEALED,
);
pub(crate) static SEALED_CLAIMS: Setting = Setting::new(
    c"steward.sealed_claims",
    c"The claims of the token that authenticate has verified in the transaction.",
    SEALED,
);
pub(crate) static REQUIRE_SEALED: Setting = Setting::new(
    c"steward.require_sealed_identity",
    c"on: nobody is anybody but by a token; settings such as app.current_user_id are not believed.",
    GucFlags::NO_RESET_ALL,
);
pub(crate) static JWT_KEYS: Setting = Setting::new(
    c"steward.jwt_keys",
    c"The public keys of tokens: a JSON Web Key Set, or PEM.",
    GucFlags::empty(),
);
pub(crate) static JWT_SECRETS_FILE: Setting = Setting::new(
    c"steward.jwt_secrets_file",
    c"The file with the secrets of tokens that are signed with HS256, which only the server may read.",
    GucFlags::SUPERUSER_ONLY,
);
pub(crate) static JWT_AUDIENCE: Setting = Setting::new(
    c"steward.jwt_audience",
    c"The audiences of tokens that are meant for this database, with commas between them.",
    GucFlags::empty(),
);
pub(crate) static JWT_ISSUER: Setting = Setting::new(
    c"steward.jwt_issuer",
    c"The issuers of tokens that are believed, with commas between them; empty for any that has a key.",
    GucFlags::empty(),
);
pub(crate) static JWT_LEEWAY: Setting = Setting::new(
    c"steward.jwt_leeway",
    c"The seconds by which the clocks of issuer and server may differ; 30 where it is empty.",
    GucFlags::empty(),
);
pub(crate) static JWT_USER_CLAIM: Setting = Setting::new(
    c"steward.jwt_user_claim",
    c"The claim with the user, as a name or a path with dots; sub where it is empty.",
    GucFlags::empty(),
);
pub(crate) static JWT_ROLE_CLAIM: Setting = Setting::new(
    c"steward.jwt_role_claim",
    c"The claim with the user's role, as a name or a path with dots; role where it is empty.",
    GucFlags::empty(),
);
pub(crate) static JWT_TRACK_IDS: Setting = Setting::new(
    c"steward.jwt_track_ids",
    c"on: a token is good once, by its jti.",
    GucFlags::empty(),
);

static ALL: [&Setting; 12] = [
    &SEALED_USER,
    &SEALED_ROLE,
    &SEALED_CLAIMS,
    &REQUIRE_SEALED,
    &JWT_KEYS,
    &JWT_SECRETS_FILE,
    &JWT_AUDIENCE,
    &JWT_ISSUER,
    &JWT_LEEWAY,
    &JWT_USER_CLAIM,
    &JWT_ROLE_CLAIM,
    &JWT_TRACK_IDS,
];

thread_local! {
    static TAMPERED_WITH: Cell<Option<&'static CStr>> = const { Cell::new(None) };
}

/// The setting that somebody without the right had tried to set before the library was loaded.
pub(crate) fn tampered_with() -> Option<&'static CStr> {
    TAMPERED_WITH.get()
}

/// Defines the settings, once a session, when the library is loaded.
pub(crate) fn define() {
    for setting in ALL {
        let name = setting.name.as_ptr();
        // SAFETY: the name ends in NUL; what is returned is null, or a placeholder's value.
        let was_set = !unsafe { pg_sys::GetConfigOption(name, true, false) }.is_null();
        setting.define();
        if was_set && setting.stored().is_null() {
            TAMPERED_WITH.set(Some(setting.name));
        }
    }
    if TAMPERED_WITH.get().is_some() {
        require_sealed();
    }
}

/// In the setting itself, so that parallel workers have it too. Its source makes it the value that RESET goes
/// back to, and lets no file change it.
fn require_sealed() {
    let name = REQUIRE_SEALED.name.as_ptr();
    // SAFETY: name and value are constants.
    boundary::call(|| unsafe {
        pg_sys::set_config_option(
            name,
            c"on".as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_OVERRIDE,
            pg_sys::GucAction::GUC_ACTION_SET,
            true,
            0,
            false,
        );
    });
}
