//! Which tasks the caller may see: looked up in the table itself, many at a time, with the caller's own
//! rights and policies. The side table is read without any.

use std::collections::HashSet;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::statement::KeyQuery;

use super::tracked::Tracked;

/// A look at the table of tasks.
pub(in crate::tasks) struct Visible<'tracked> {
    tracked: &'tracked Tracked,
    query: KeyQuery,
}

impl<'tracked> Visible<'tracked> {
    /// Refuses a caller who may not read the keys, whether or not there are any: 42501.
    pub(in crate::tasks) fn check_rights(tracked: &Tracked) {
        let table = &tracked.table;
        if !table.is_readable_by_current_user(std::slice::from_ref(&tracked.layout.key.name)) {
            Report::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for table {}", table.name()),
            )
            .hint(format!(
                "Reading its column {} needs the right to SELECT it.",
                name::identifier(&tracked.layout.key.name)
            ))
            .table(table)
            .raise()
        }
    }

    /// Errors: as [`Visible::check_rights`].
    pub(in crate::tasks) fn to_caller(tracked: &'tracked Tracked) -> Self {
        Self::check_rights(tracked);
        let table = &tracked.table;
        let key = name::identifier(&tracked.layout.key.name);
        let sql = format!(
            "select {key} from {} where {key} operator(pg_catalog.=) any ($1)",
            table.qualified_name(),
        );
        Self {
            tracked,
            query: KeyQuery::prepare(&sql, tracked.key_type()),
        }
    }

    /// Those of the keys whose rows the caller sees, as the statement does that is running.
    pub(in crate::tasks) fn among(&self, keys: &[Key]) -> HashSet<Key> {
        let mut seen = HashSet::new();
        self.query.run(keys, |row| {
            seen.extend(self.tracked.key_type().read(row.value(1)));
        });
        seen
    }

    pub(in crate::tasks) fn close(self) {
        self.query.close();
    }
}
