//! Doing one thing with the rights of a table's owner, as PostgreSQL's own referential integrity
//! does: the writer of a row needs no rights on the side table that the rule keeps.
//!
//! The switch carries `SECURITY_LOCAL_USERID_CHANGE` (code that runs under it cannot `SET ROLE`)
//! and `SECURITY_NOFORCE_RLS` (a policy that the owner forced upon itself does not hide rows from
//! its own rule; not where a user's own table is written), and it pins `search_path`.

use pgrx::pg_sys;

use super::role;
use super::search_path;

/// The role that made the cluster, for what needs two rights that no other role has together.
pub(crate) const SUPERUSER: pg_sys::Oid = pg_sys::Oid::from_u32(pg_sys::BOOTSTRAP_SUPERUSERID);

/// Runs `work` as `owner`, with `search_path` pinned.
pub(crate) fn run_as<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    switched(owner, pg_sys::SECURITY_NOFORCE_RLS, work)
}

/// The same under the policies that the owner forced upon itself.
pub(crate) fn run_under_policies_as<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    switched(owner, 0, work)
}

/// The same for somebody else's table, whose owner may have given it triggers, checks and functions: none of
/// them leaves anything behind, neither a setting nor a trigger that fires later, with the rights of whoever
/// calls. (So do PostgreSQL's own REINDEX and VACUUM.)
pub(crate) fn run_restricted_as<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    search_path::pinned_with_all_settings(|| {
        switched(
            owner,
            pg_sys::SECURITY_NOFORCE_RLS | pg_sys::SECURITY_RESTRICTED_OPERATION,
            work,
        )
    })
}

/// As [`run_as`] where the owner himself calls, and restricted where anybody else does: a superuser who attaches a
/// rule for an owner lends his rights to nothing of that owner's.
pub(crate) fn run_as_from_call<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    if role::current() == owner {
        run_as(owner, work)
    } else {
        run_restricted_as(owner, work)
    }
}

/// Runs `work` as the role that calls, parts of which run as `owner`: restricted in the same way where somebody else calls.
pub(crate) fn run_from_call<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    let caller = role::current();
    if caller == owner {
        return work();
    }
    search_path::pinned_with_all_settings(|| {
        switched(caller, pg_sys::SECURITY_RESTRICTED_OPERATION, work)
    })
}

/// The same, as a role that is not the owner and under all policies that apply to it.
pub(crate) fn run_restricted_under_policies_as<T>(
    role: pg_sys::Oid,
    work: impl FnOnce() -> T,
) -> T {
    search_path::pinned_with_all_settings(|| {
        switched(role, pg_sys::SECURITY_RESTRICTED_OPERATION, work)
    })
}

fn switched<T>(owner: pg_sys::Oid, flags: u32, work: impl FnOnce() -> T) -> T {
    let before = switch_to(owner, flags);
    let result = search_path::pinned(work);
    // Not in a destructor: after an error the abort of the (sub)transaction restores the user.
    // SAFETY: assigns globals; the user is the one that was found.
    unsafe { pg_sys::SetUserIdAndSecContext(before.user, before.security_context) };
    result
}

struct Before {
    user: pg_sys::Oid,
    security_context: i32,
}

fn switch_to(owner: pg_sys::Oid, flags: u32) -> Before {
    let mut user = pg_sys::InvalidOid;
    let mut security_context = 0;
    // SAFETY: the two out-parameters live through the call; setting the user id assigns globals.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut security_context);
        pg_sys::SetUserIdAndSecContext(
            owner,
            security_context | (pg_sys::SECURITY_LOCAL_USERID_CHANGE | flags) as i32,
        );
    }
    Before {
        user,
        security_context,
    }
}
