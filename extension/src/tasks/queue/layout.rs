//! What is known of the side table and of the key of the tasks, worked out once and kept.

use std::cell::OnceCell;
use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::attachment::required_column;
use crate::pg::index;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::scan::LookUp;
use crate::pg::sequence;
use crate::pg::statement::KeptKeyQuery;
use crate::pg::trigger_state;

use super::super::readiness::tracker::{Tracker, column};
use super::columns::Columns;

/// Where to find what a queue needs.
pub(in crate::tasks) struct Layout {
    /// The key of the table that was named: a partition has its own column numbers.
    pub(in crate::tasks) key: Attribute,
    /// How a task is found by its key; none where the rows are elsewhere, in partitions.
    pub(in crate::tasks) by_key: Option<LookUp>,
    pub(in crate::tasks) columns: Columns,
    /// The index by which the tasks that are ready come in their order.
    pub(super) ready_index: pg_sys::Oid,
    /// The index by which claims that have expired are found.
    pub(super) lease_index: pg_sys::Oid,
    /// The look at the tasks that the caller may see, once it is needed.
    pub(super) visible: OnceCell<KeptKeyQuery>,
    /// The sequence of tokens.
    pub(in crate::tasks) tokens: pg_sys::Oid,
}

impl Layout {
    /// None where the side table is not what the attach call made.
    pub(super) fn of(tasks: &Relation, tracker: &Tracker) -> Option<Rc<Self>> {
        let kept: Rc<Option<Rc<Self>>> = trigger_state::of_trigger(tasks.oid(), || {
            let layout = Self::work_out(tasks, tracker).map(Rc::new);
            (layout, vec![tasks.oid(), tracker.side.table])
        });
        kept.as_ref().clone()
    }

    fn work_out(tasks: &Relation, tracker: &Tracker) -> Option<Self> {
        let side = Relation::try_open(tracker.side.table, Lock::AccessShare)?;
        let key = required_column(tasks, &tracker.choice.key);
        let by_key = LookUp::of(tasks, key.number, tracker.key_type);
        let columns = Columns::of(&side)?;
        let of_queue: Vec<i16> = [column::IS_READY]
            .into_iter()
            .chain(columns.keys().map(|key| key.column.number))
            .collect();
        Some(Self {
            by_key: Some(by_key).filter(|by_key| tasks.is_heap_table() && by_key.index.is_some()),
            key,
            columns,
            ready_index: index::on_columns(&side, &of_queue)?,
            lease_index: index::on_columns(&side, &[column::CLAIMED_UNTIL])?,
            visible: OnceCell::new(),
            tokens: sequence::owned_by(&side)?,
        })
    }
}
