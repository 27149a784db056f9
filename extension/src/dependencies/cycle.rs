//! Saying no: the error of an edge that would close a cycle.

use crate::pg::error::{Report, SqlState};
use crate::pg::key::{Key, KeyType};
use crate::pg::relation::{Lock, Relation};

use super::check::Check;

/// The nodes of a cycle that an error shows at each of its ends.
const SHOWN: usize = 20;

/// Refuses the edge, naming the cycle where the writer may know of it.
pub(super) fn refuse(check: &Check<'_>, path: &[Key]) -> ! {
    let edges = edges_of(check);
    let mut report = Report::new(
        SqlState::CHECK_VIOLATION,
        format!("a dependency in {} would close a cycle", edges.qualified_name()),
    )
    .hint("Nothing can wait for itself, not even through others: leave this dependency out, or remove another one of the cycle first.")
    .table(&edges)
    .constraint(constraint(check));
    if may_name_rows(check) {
        report = report.detail(format!(
            "Each waits for the next: {}.",
            show_path(check.guard.key_type, path)
        ));
    }
    report.raise()
}

/// The edge table as the user knows it.
pub(super) fn edges_of(check: &Check<'_>) -> Relation {
    Relation::open(check.guard.edges, Lock::AccessShare)
}

/// The name that drivers are given as the violated constraint.
pub(super) fn constraint(check: &Check<'_>) -> String {
    constraint_of(&edges_of(check))
}

pub(super) fn constraint_of(edges: &Relation) -> String {
    format!("{}_acyclic", edges.name())
}

/// False where an error would tell the writer of rows that he cannot see: row level security hides
/// some from him, or he may not read the columns.
pub(super) fn may_name_rows(check: &Check<'_>) -> bool {
    let columns: Vec<_> = check.guard.choice.columns().cloned().collect();
    [&edges_of(check), check.fired]
        .iter()
        .any(|table| table.is_readable_by_current_user(&columns))
        && [&edges_of(check), check.fired]
            .iter()
            .all(|table| !table.hides_rows_from_current_user())
}

/// A path as `a -> b -> c`; a long one is shortened in its middle.
pub(super) fn show_path(key_type: KeyType, path: &[Key]) -> String {
    let show = |nodes: &[Key]| {
        nodes
            .iter()
            .map(|node| key_type.show(node))
            .collect::<Vec<_>>()
            .join(" -> ")
    };
    if path.len() <= 2 * SHOWN {
        return show(path);
    }
    format!(
        "{} -> ... ({} more) ... -> {}",
        show(&path[..SHOWN]),
        path.len() - 2 * SHOWN,
        show(&path[path.len() - SHOWN..]),
    )
}
