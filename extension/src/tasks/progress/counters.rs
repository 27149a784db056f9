//! The counters of the parents, and the progress that follows from them.
//!
//! A parent's counter is changed by what a statement changed of its tasks, added up, and its progress is set
//! from the counter. Why this is right, whoever does it at the same time:
//!
//! - The parent's own row is locked first, in its newest version, at every isolation level; several in the
//!   order of their keys. So two transactions that change the same counter do it one after the other, and one
//!   that changes the parent itself first does not wait for one that waits for it.
//! - Only then the latest snapshot is taken. It shows the counter as the last one left it, also where that was
//!   committed after the statement, or the transaction, began.
//! - Of a parent that does not exist nothing can be locked; its counter is kept all the same, and two that
//!   change it wait for each other at the counter's own row.
//!
//! The lock is not one on the parent's key, so tasks can be added to the parent meanwhile, as a foreign key
//! allows.

use std::collections::BTreeSet;

use pgrx::pg_sys;

use crate::pg::index;
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::row_lock::{Patience, Strength};
use crate::pg::scan::{Indexed, LookUp};
use crate::pg::statement::{Plan, Planning};
use crate::pg::tuple::Value;

use super::choice::Choice;

/// By how much the counter of a parent changes: numbers as text, since weights have any precision.
#[derive(Clone, Debug)]
pub(super) struct Delta {
    pub(super) parent: Key,
    pub(super) done: String,
    pub(super) total: String,
}

/// The side table and the parents, ready to be written.
pub(super) struct Counters {
    side_table: pg_sys::Oid,
    destination: pg_sys::Oid,
    owner: pg_sys::Oid,
    key_type: KeyType,
    /// How a parent's row is found to be locked; none where it takes a statement.
    parents: Option<LookUp>,
    lock: Plan,
    apply: Plan,
    forget: Plan,
}

/// More rows are locked by one statement.
const MOST_LOCKED_ONE_BY_ONE: usize = 1000;
/// More deltas make a plan of their own worth its cost.
const MOST_WITH_A_KEPT_PLAN: usize = 20;

impl Counters {
    pub(super) fn prepare(
        choice: &Choice,
        key_type: KeyType,
        destination: &Relation,
        side_table: &Relation,
    ) -> Option<Self> {
        let key = destination.attribute(&choice.key)?;
        let sql = Sql::new(choice, key_type, destination, side_table)?;
        let texts = pg_sys::TEXTARRAYOID;
        let parents = [(destination.oid(), Lock::RowExclusive)];
        let counters = [(side_table.oid(), Lock::RowExclusive)];
        let both = [parents[0], counters[0]];
        Some(owner::run_as(destination.owner(), || Self {
            side_table: side_table.oid(),
            destination: destination.oid(),
            owner: destination.owner(),
            key_type,
            parents: look_up(destination, &key),
            lock: Plan::prepare(&sql.lock(), &[texts], &parents),
            apply: Plan::prepare(&sql.apply(), &[texts, texts, texts], &both),
            forget: Plan::prepare(&sql.forget(), &[texts], &counters),
        }))
    }

    /// Sorts counters of several attachments the same way in all sessions.
    pub(super) fn order(&self) -> (u32, u32) {
        (self.destination.to_u32(), self.side_table.to_u32())
    }

    /// Changes the counters, and sets the progress of their parents.
    pub(super) fn apply(&self, deltas: &[Delta]) {
        let parents: BTreeSet<&Key> = deltas.iter().map(|delta| &delta.parent).collect();
        let shown: Vec<String> = parents.iter().map(|key| self.key_type.show(key)).collect();
        let column = |value: fn(&Delta) -> &String| -> Vec<String> {
            deltas.iter().map(|delta| value(delta).clone()).collect()
        };
        let keys: Vec<String> = deltas
            .iter()
            .map(|delta| self.key_type.show(&delta.parent))
            .collect();
        let planning = if deltas.len() > MOST_WITH_A_KEPT_PLAN {
            Planning::Anew
        } else {
            Planning::Kept
        };
        let (done, total) = (column(|delta| &delta.done), column(|delta| &delta.total));
        owner::run_as(self.owner, || {
            let shown = Value::texts(&shown);
            self.lock_parents(&parents, shown, planning);
            self.apply.execute_planned(
                &[
                    Value::texts(&keys),
                    Value::texts(&done),
                    Value::texts(&total),
                ],
                planning,
            );
            if total.iter().any(|total| total.starts_with('-')) {
                self.forget.execute_planned(&[shown], planning);
            }
        });
    }

    fn lock_parents(&self, parents: &BTreeSet<&Key>, shown: Value<'_>, planning: Planning) {
        let one_by_one = self
            .parents
            .as_ref()
            .filter(|_| parents.len() <= MOST_LOCKED_ONE_BY_ONE);
        let table = one_by_one.and_then(|_| Indexed::try_open(self.destination, Lock::RowShare));
        let (Some(look_up), Some(table)) = (one_by_one, table) else {
            self.lock.execute_planned(&[shown], planning);
            return;
        };
        for parent in parents {
            if fits(look_up.key_type, parent) {
                table.lock(look_up, parent, Strength::NoKeyExclusive, Patience::Wait);
            }
        }
    }
}

/// False for a number that the parents' keys cannot be: there is no such parent.
fn fits(key_type: KeyType, key: &Key) -> bool {
    match (key_type, key) {
        (KeyType::Int4, Key::Integer(number)) => i32::try_from(*number).is_ok(),
        _ => true,
    }
}

fn look_up(destination: &Relation, key: &Attribute) -> Option<LookUp> {
    let key_type = KeyType::of(key)?;
    let index = index::starting_with(destination, key.number, key_type, key.collation)?;
    destination.is_heap_table().then_some(LookUp {
        index: Some(index),
        column: key.number,
        key_type,
        collation: key.collation,
    })
}

/// The statements on counters and parents.
pub(super) struct Sql {
    pub(super) side_table: String,
    pub(super) destination: String,
    key_type: String,
    number: &'static str,
    pub(super) key: String,
    pub(super) progress: String,
    progress_type: String,
    empty: String,
}

/// The type of the counters.
pub(super) const fn number_type(choice: &Choice) -> &'static str {
    if choice.weight.is_some() {
        "numeric"
    } else {
        "bigint"
    }
}

impl Sql {
    pub(super) fn new(
        choice: &Choice,
        key_type: KeyType,
        destination: &Relation,
        side_table: &Relation,
    ) -> Option<Self> {
        Some(Self {
            side_table: side_table.qualified_name(),
            destination: destination.qualified_name(),
            key_type: key_type.sql_name(),
            number: number_type(choice),
            key: name::identifier(&choice.key),
            progress: name::identifier(&choice.progress),
            progress_type: destination.attribute(&choice.progress)?.type_name(),
            empty: name::literal(&choice.empty),
        })
    }

    /// The progress that follows from the columns `done` and `total` of `counter`, which may have no row.
    pub(super) fn value(&self, counter: &str) -> String {
        format!(
            "(case when {counter}.total > 0 \
                 then least(100, greatest(0, 100 * {counter}.done::numeric / {counter}.total)) \
                 else {}::numeric end)::{}",
            self.empty, self.progress_type,
        )
    }

    fn lock(&self) -> String {
        let Self {
            destination,
            key,
            key_type,
            ..
        } = self;
        format!(
            "select from {destination} as p \
             where p.{key} = any (array(select k::{key_type} from unnest($1) as k)) \
             order by p.{key} for no key update",
        )
    }

    fn apply(&self) -> String {
        let Self {
            side_table,
            destination,
            key_type,
            number,
            key,
            progress,
            ..
        } = self;
        let value = self.value("moved");
        format!(
            "with delta as (\
                 select k::{key_type} as parent, sum(d::{number}) as done, sum(t::{number}) as total \
                 from unnest($1, $2, $3) as x (k, d, t) group by 1\
             ), moved as (\
                 insert into {side_table} as s (parent, done, total) \
                 select parent, done, total from delta where done <> 0 or total <> 0 order by parent \
                 on conflict (parent) do update \
                     set done = s.done + excluded.done, total = s.total + excluded.total \
                 returning s.parent, s.done, s.total\
             ) \
             update {destination} as p set {progress} = {value} from moved \
             where p.{key} = moved.parent and p.{progress} is distinct from {value}",
        )
    }

    fn forget(&self) -> String {
        let Self {
            side_table,
            key_type,
            ..
        } = self;
        format!(
            "delete from {side_table} as s where s.done = 0 and s.total = 0 \
             and s.parent = any (array(select k::{key_type} from unnest($1) as k))",
        )
    }
}
