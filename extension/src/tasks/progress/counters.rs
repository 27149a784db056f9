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

use std::collections::BTreeMap;

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
    apply_to_one: Plan,
    apply: Plan,
    forget: Plan,
}

/// More rows are locked by one statement.
const MOST_LOCKED_ONE_BY_ONE: usize = 1000;
/// More parents are written by one statement, whose plan is then worth its cost.
const MOST_WRITTEN_ONE_BY_ONE: usize = 8;

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
            apply_to_one: Plan::prepare(
                &sql.apply_to_one(),
                &[pg_sys::TEXTOID, texts, texts],
                &both,
            ),
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
        let mut of_parent: BTreeMap<&Key, Vec<&Delta>> = BTreeMap::new();
        for delta in deltas {
            of_parent.entry(&delta.parent).or_default().push(delta);
        }
        let parents: Vec<&Key> = of_parent.keys().copied().collect();
        let shown: Vec<String> = parents.iter().map(|key| self.key_type.show(key)).collect();
        let planning = if parents.len() > MOST_WRITTEN_ONE_BY_ONE {
            Planning::Anew
        } else {
            Planning::Kept
        };
        owner::run_as(self.owner, || {
            let all = Value::texts(&shown);
            self.lock_parents(&parents, all, planning);
            if planning == Planning::Anew {
                self.apply_to_all(deltas);
            } else {
                for (shown, deltas) in shown.iter().zip(of_parent.values()) {
                    self.apply_to_one(shown, deltas);
                }
            }
            if deltas.iter().any(|delta| delta.total.starts_with('-')) {
                self.forget.execute_planned(&[all], planning);
            }
        });
    }

    fn apply_to_one(&self, parent: &str, deltas: &[&Delta]) {
        let done: Vec<_> = deltas.iter().map(|delta| delta.done.clone()).collect();
        let total: Vec<_> = deltas.iter().map(|delta| delta.total.clone()).collect();
        self.apply_to_one.execute(&[
            Value::text(&name::in_server_encoding(parent)),
            Value::texts(&done),
            Value::texts(&total),
        ]);
    }

    fn apply_to_all(&self, deltas: &[Delta]) {
        let column = |value: &dyn Fn(&Delta) -> String| -> Vec<String> {
            deltas.iter().map(value).collect()
        };
        let columns = [
            column(&|delta| self.key_type.show(&delta.parent)),
            column(&|delta| delta.done.clone()),
            column(&|delta| delta.total.clone()),
        ];
        let values = columns.each_ref().map(|column| Value::texts(column));
        self.apply.execute_planned(&values, Planning::Anew);
    }

    fn lock_parents(&self, parents: &[&Key], shown: Value<'_>, planning: Planning) {
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

    /// Of `$1`; `$2` and `$3` are what its counter changes by.
    fn apply_to_one(&self) -> String {
        let (key_type, number) = (&self.key_type, self.number);
        let sum = |parameter: &str| {
            format!("(select coalesce(sum(n::{number}), 0) from unnest({parameter}) as n)")
        };
        self.applied(&format!(
            "select $1::{key_type} as parent, {} as done, {} as total",
            sum("$2"),
            sum("$3"),
        ))
    }

    fn apply(&self) -> String {
        let (key_type, number) = (&self.key_type, self.number);
        self.applied(&format!(
            "select k::{key_type} as parent, sum(d::{number}) as done, sum(t::{number}) as total \
             from unnest($1, $2, $3) as x (k, d, t) group by 1",
        ))
    }

    /// `delta` gives `parent`, `done` and `total`.
    fn applied(&self, delta: &str) -> String {
        let Self {
            side_table,
            destination,
            key,
            progress,
            ..
        } = self;
        let value = self.value("moved");
        format!(
            "with delta as ({delta}), moved as (\
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
