//! Doing one thing with the rights of a table's owner, as PostgreSQL's own referential integrity
//! does: the writer of a row needs no rights on the side table that the rule keeps.
//!
//! The switch carries `SECURITY_LOCAL_USERID_CHANGE` (code that runs under it cannot `SET ROLE`)
//! and `SECURITY_NOFORCE_RLS` (a policy that the owner forced upon himself does not hide rows from
//! his own rule), and it pins `search_path`, so that nothing that the writer could have put into a
//! schema of his own is found in place of what was meant.

use pgrx::pg_sys;

use super::boundary;

/// Runs `work` as `owner`, with `search_path` pinned to `pg_catalog, pg_temp`.
pub(crate) fn run_as<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    let switch = Switch::to(owner);
    let result = work();
    switch.back();
    result
}

struct Switch {
    user: pg_sys::Oid,
    security_context: i32,
    settings_level: i32,
}

impl Switch {
    fn to(owner: pg_sys::Oid) -> Self {
        let mut user = pg_sys::InvalidOid;
        let mut security_context = 0;
        // SAFETY: the two out-parameters live through the call; setting the user id assigns
        // globals and cannot fail; the setting is named and valued by constants.
        let settings_level = unsafe {
            pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut security_context);
            pg_sys::SetUserIdAndSecContext(
                owner,
                security_context
                    | (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_NOFORCE_RLS) as i32,
            );
            let level = pg_sys::NewGUCNestLevel();
            boundary::call(|| {
                pg_sys::set_config_option(
                    c"search_path".as_ptr(),
                    c"pg_catalog, pg_temp".as_ptr(),
                    pg_sys::GucContext::PGC_USERSET,
                    pg_sys::GucSource::PGC_S_SESSION,
                    pg_sys::GucAction::GUC_ACTION_SAVE,
                    true,
                    0,
                    false,
                )
            });
            level
        };
        Self {
            user,
            security_context,
            settings_level,
        }
    }

    /// Not in a destructor: after an error the abort of the (sub)transaction restores the user and
    /// the settings, and calling PostgreSQL while unwinding would be wrong.
    fn back(self) {
        // SAFETY: the level is the one that `to` opened, and the user the one that it found.
        unsafe {
            pg_sys::AtEOXact_GUC(true, self.settings_level);
            pg_sys::SetUserIdAndSecContext(self.user, self.security_context);
        }
    }
}
