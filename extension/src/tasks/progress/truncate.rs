//! TRUNCATE of tasks: what they counted for is taken back before they go.
//!
//! It fires for the table that is named and for its partitions, each on its own, so a partitioned table, which
//! holds no rows, takes back only what its partitions do not: those that were added after the rule was attached
//! have no such trigger.

use crate::pg::attachment;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;
use crate::pg::trigger::Firing;

use super::attach::{self, TRUNCATE_FUNCTION};
use super::counters::Delta;
use super::roll_up::{self, RollUp};
use super::whole::Whole;

/// Takes back what the rows count for that are about to go.
pub(super) fn forget_progress(firing: &Firing<'_>) {
    let table = firing.relation();
    let root = Relation::open(table.root(), Lock::AccessShare);
    let name = firing.trigger_name();
    let attached = roll_up::attached(&root)
        .into_iter()
        .find(|(trigger, _, _)| attach::truncate_name(&trigger.name) == name);
    let Some((_, bound, choice)) = attached else {
        return;
    };
    let destination = Relation::open(bound.destination, Lock::AccessShare);
    let side_table = Relation::open(bound.side_table, Lock::AccessShare);
    let whole = Whole::of(&root, &choice, bound);
    let Some(roll_up) = RollUp::of(&root, &choice, &destination, &side_table) else {
        return;
    };
    for leaf in emptied(table, &name) {
        let deltas = deltas(&root, &choice.parent, &whole, &leaf);
        if !deltas.is_empty() {
            roll_up.counters.apply(&deltas);
        }
    }
}

fn deltas(root: &Relation, parent: &str, whole: &Whole, leaf: &Relation) -> Vec<Delta> {
    let Some(key_type) = root
        .attribute(parent)
        .and_then(|column| KeyType::of(&column))
    else {
        return Vec::new();
    };
    whole
        .lost_with(leaf)
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            Some(Delta {
                parent: key_type.parse(&row.next()??),
                done: format!("-{}", row.next()??),
                total: format!("-{}", row.next()??),
            })
        })
        .collect()
}

/// The tables with rows for which this trigger stands.
fn emptied(table: &Relation, name: &str) -> Vec<Relation> {
    let leaves = statement::query(&format!(
        "select {0}::pg_catalog.oid where not {1} union all \
         select t.relid::pg_catalog.oid from pg_catalog.pg_partition_tree({0}::pg_catalog.oid::pg_catalog.regclass) as t \
         where {1} and t.isleaf and not exists (\
             select from pg_catalog.pg_trigger as g join pg_catalog.pg_proc as p on p.oid = g.tgfoid \
             where g.tgrelid = t.relid and g.tgname = {2} and p.proname = '{TRUNCATE_FUNCTION}' and g.tgenabled <> 'D') \
         order by 1",
        table.oid().to_u32(),
        table.is_partitioned(),
        name::literal(name),
    ));
    leaves
        .into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok())
        .filter_map(|oid| Relation::try_open(oid.into(), Lock::AccessShare))
        .collect()
}

/// The tables that get the trigger: the one that is named, and its partitions.
pub(super) fn tables(table: &Relation) -> Vec<Relation> {
    let rows = statement::query(&format!(
        "select {0}::pg_catalog.oid union \
         select relid::pg_catalog.oid from pg_catalog.pg_partition_tree({0}::pg_catalog.oid::pg_catalog.regclass) \
         order by 1",
        table.oid().to_u32(),
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok())
        .filter_map(|oid| Relation::try_open(oid.into(), Lock::AccessShare))
        .collect()
}

/// Creates the trigger of that name.
pub(super) fn create(table: &Relation, name: &str) {
    for one in tables(table) {
        statement::run(&format!(
            "create trigger {} before truncate on {} \
             for each statement execute function steward.{TRUNCATE_FUNCTION}()",
            name::identifier(name),
            one.qualified_name(),
        ));
    }
}

/// Drops it, as far as it is there.
pub(super) fn drop(table: &Relation, name: &str) {
    for one in tables(table) {
        let present = attachment::triggers_of(&one, TRUNCATE_FUNCTION);
        if present.iter().any(|trigger| trigger.name == name) {
            attachment::drop_trigger(&one, name);
        }
    }
}
