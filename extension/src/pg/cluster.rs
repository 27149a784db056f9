//! Where we are: which cluster, and which of its databases.

use pgrx::pg_sys;

/// The number that initdb gave the cluster; copies of its files have the same.
pub(crate) fn system_identifier() -> u64 {
    // SAFETY: reads the control file as the server has it in memory from its start.
    unsafe { pg_sys::GetSystemIdentifier() }
}

/// The database that the session is connected to.
pub(crate) fn database() -> pg_sys::Oid {
    // SAFETY: set when the backend connects, never changed.
    unsafe { pg_sys::MyDatabaseId }
}
