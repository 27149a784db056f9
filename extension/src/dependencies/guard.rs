//! What a guard knows about its edge table: worked out once for a trigger, and kept.

use pgrx::pg_sys;

use crate::pg::edges::{Choice, EdgeColumns, Source};
use crate::pg::error::{Report, SqlState};
use crate::pg::index;
use crate::pg::key::KeyType;
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::check_same_owner;
use crate::pg::scan::LookUp;
use crate::pg::sequence;
use crate::pg::trigger::Firing;

/// A guarded graph: its edges, wherever they are stored, and its ranks.
pub(super) struct Guard {
    pub(super) choice: Choice,
    pub(super) key_type: KeyType,
    /// The tables that hold the edges: the edge table, or all partitions of it.
    pub(super) sources: Vec<Source>,
    pub(super) ranks: RankTable,
    /// The table that the user sees as the edge table.
    pub(super) edges: pg_sys::Oid,
    /// The relations that all this was worked out from.
    pub(super) relations: Vec<pg_sys::Oid>,
}

/// The side table.
pub(super) struct RankTable {
    pub(super) table: pg_sys::Oid,
    pub(super) by_node: LookUp,
    pub(super) rank: i16,
    pub(super) scope: Option<(i16, KeyType)>,
    pub(super) sequence: pg_sys::Oid,
}

impl Guard {
    /// The guard behind a trigger that fires.
    pub(super) fn of_firing(firing: &Firing<'_>) -> Self {
        let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
            firing
                .created_wrongly(
                    "has arguments that steward.check_dependency() does not take",
                    "Create it with select steward.guard_dependencies(...).",
                )
                .raise()
        };
        let Some(rank_table) = firing.bound_table() else {
            firing
                .created_wrongly(
                    "is not bound to a table of ranks",
                    "Create it with select steward.guard_dependencies(...).",
                )
                .raise()
        };
        let table = firing.relation();
        if let Some(column) = choice
            .columns()
            .find(|column| table.attribute(column).is_none())
        {
            firing
                .column_is_gone(table, column, &choice.attach_call(table))
                .raise()
        }
        let edges = Relation::open(table.root(), Lock::AccessShare);
        Self::new(&edges, choice, rank_table)
    }

    /// The guard of `edges`, the root of its partitions if it has any, with its ranks in `rank_table`.
    pub(super) fn new(edges: &Relation, choice: Choice, rank_table: pg_sys::Oid) -> Self {
        let ranks = Relation::open(rank_table, Lock::AccessShare);
        check_owner(edges, &ranks);
        let Some(columns) = EdgeColumns::of(edges, &choice) else {
            no_key(edges, &choice)
        };
        let ranks = RankTable::of(&ranks, &columns);
        let tree = edges.tree();
        let sources = tree
            .iter()
            .filter(|member| member.holds_rows)
            .map(|member| {
                let table = Relation::open(member.oid, Lock::AccessShare);
                Source::of(&table, &choice).unwrap_or_else(|| no_key(&table, &choice))
            });
        Self {
            key_type: columns.key_type,
            sources: sources.collect(),
            relations: tree
                .iter()
                .map(|member| member.oid)
                .chain([rank_table])
                .collect(),
            edges: edges.oid(),
            choice,
            ranks,
        }
    }
}

impl RankTable {
    /// Checks that it is the table that the attach call made: anyone can write a trigger by hand.
    fn of(table: &Relation, columns: &EdgeColumns) -> Self {
        let shape = || {
            let node = table.attribute("node").filter(|node| node.number == 1)?;
            let rank = table.attribute("rank").filter(|rank| rank.number == 2)?;
            let scope = match columns.scope {
                None => None,
                Some((_, key_type)) => {
                    let scope = table.attribute("scope").filter(|scope| scope.number == 3)?;
                    (KeyType::of(&scope)? == key_type).then_some(())?;
                    Some((scope.number, key_type))
                }
            };
            let fits = table.is_table()
                && !table.is_partitioned()
                && table.width() == 2 + usize::from(scope.is_some())
                && KeyType::of(&node)? == columns.key_type
                && rank.type_oid == pg_sys::INT8OID
                && table.attributes().all(|attribute| !attribute.generated)
                // Rows are written past the executor, which computes what other indexes hold.
                && index::all_are_plain(table);
            fits.then_some(())?;
            let by_node = LookUp::of(table, node.number, columns.key_type);
            by_node.index?;
            Some(Self {
                table: table.oid(),
                by_node,
                rank: rank.number,
                scope,
                sequence: sequence::owned_by(table)?,
            })
        };
        shape().unwrap_or_else(|| {
            Report::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("table {} does not hold the ranks of such a graph", table.qualified_name()),
            )
            .hint("Detach, drop the table and attach again with select steward.guard_dependencies(...).")
            .table(table)
            .raise()
        })
    }
}

/// A table's owner can write any trigger by hand. So ranks are written only where that owner could
/// have written them himself.
fn check_owner(edges: &Relation, ranks: &Relation) {
    check_same_owner(
        edges,
        ranks,
        "The ranks of a graph belong to the owner of its edges.",
        &format!(
            "alter table {} owner to ...; -- the owner of {}",
            ranks.qualified_name(),
            edges.qualified_name(),
        ),
    );
}

fn no_key(table: &Relation, choice: &Choice) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "table {} has changed since its dependencies were guarded",
            table.qualified_name()
        ),
    )
    .detail("A column is gone, its type cannot be a key any more, or a kind that is named has another name.")
    .hint(format!("Attach again: {}", choice.attach_call(table)))
    .table(table)
    .raise()
}
