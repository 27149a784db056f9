//! Which tasks the caller may see: looked up in the table itself, many at a time, with the caller's own
//! rights and policies. The side table is read without any.

use std::collections::HashSet;

use crate::pg::error::{Report, SqlState};
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::statement::KeptKeyQuery;

use super::tracked::Tracked;

/// Refuses a caller who may not read the keys, whether or not there are any: 42501.
pub(in crate::tasks) fn check_rights(tracked: &Tracked) {
    let (table, key) = (&tracked.table, &tracked.layout.key.name);
    if table.is_readable_by_current_user(std::slice::from_ref(key)) {
        return;
    }
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("permission denied for table {}", table.name()),
    )
    .hint(format!(
        "Reading its column {} needs the right to SELECT it.",
        name::identifier(key)
    ))
    .table(table)
    .raise()
}

/// Those of the tasks whose rows the caller sees, as the statement does that is running.
pub(in crate::tasks) fn among(tracked: &Tracked, tasks: &[Key]) -> HashSet<Key> {
    let (key_type, key) = (
        tracked.key_type(),
        name::identifier(&tracked.layout.key.name),
    );
    let query = tracked.layout.visible.get_or_init(|| {
        let sql = format!(
            "select {key} from {} where {key} operator(pg_catalog.=) any ($1)",
            tracked.table.qualified_name(),
        );
        KeptKeyQuery::prepare(&sql, key_type)
    });
    let mut seen = HashSet::new();
    query.run(tasks, |row| seen.extend(key_type.read(row.value(1))));
    seen
}
