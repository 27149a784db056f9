//! Roles, and what they may.

use pgrx::pg_sys;

use super::boundary;
use super::name;

/// True where the current user is a superuser.
pub(crate) fn current_is_superuser() -> bool {
    // SAFETY: a look-up in the catalog caches.
    boundary::call(|| unsafe { pg_sys::superuser() })
}

/// The role of the current user.
pub(crate) fn current() -> pg_sys::Oid {
    // SAFETY: reads a global.
    unsafe { pg_sys::GetUserId() }
}

/// The name of the role with that oid, if there is one.
pub(crate) fn name_of(role: pg_sys::Oid) -> Option<String> {
    // SAFETY: a look-up in the catalog caches; null where there is no such role.
    let name = boundary::call(|| unsafe { pg_sys::GetUserNameFromId(role, true) });
    // SAFETY: a name of the catalog ends in NUL.
    (!name.is_null()).then(|| unsafe { name::read(name) })
}
