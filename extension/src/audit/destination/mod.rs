//! Where changes are recorded: a log made by `create_audit_log`, or a table of the user's own.

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::text::KeptText;
use crate::pg::trigger::Firing;

use super::change::Change;
use super::choice::Action;
use super::circumstances::Circumstances;

mod column_kind;
pub(super) mod log;
mod own_table;
mod own_table_columns;
mod partitions;

pub(super) use column_kind::ColumnKind;
pub(super) use own_table::Key;

use log::Log;
use own_table::OwnTable;

/// The trigger function by which a log is known.
const GUARD: &str = "guard_audit_log";

/// What is written for one change, whatever the destination makes of it.
pub(super) struct Record<'change> {
    pub(super) action: Action,
    pub(super) origin: &'change Origin,
    /// The relation that fired: the table, or a partition of it.
    pub(super) fired: pg_sys::Oid,
    pub(super) circumstances: &'change Circumstances,
    pub(super) subject: Subject<'change>,
}

/// What was changed.
pub(super) enum Subject<'change> {
    Row(Change<'change>),
    /// All rows of the table, and how many the planner thought there were.
    AllRows {
        estimate: i64,
    },
}

/// The table whose rows change, as the user sees it.
pub(super) struct Origin {
    pub(super) oid: pg_sys::Oid,
    pub(super) schema: KeptText,
    pub(super) table: KeptText,
}

impl Origin {
    pub(super) fn of(table: &Relation) -> Self {
        let kept = |text: String| KeptText::new(&name::in_server_encoding(&text));
        Self {
            oid: table.oid(),
            schema: kept(table.schema()),
            table: kept(table.name()),
        }
    }
}

/// A destination, as a trigger has worked it out.
pub(super) enum Destination {
    Log(Log),
    OwnTable(OwnTable),
}

impl Destination {
    /// The destination that a trigger on `table` is bound to. `key` is the audited table's key.
    pub(super) fn open(table: &Relation, destination: &Relation, key: Key) -> Self {
        if is_log(destination) {
            Self::Log(Log::open(destination))
        } else {
            Self::OwnTable(OwnTable::open(table, destination, key))
        }
    }

    /// The tables that are looked into when it is written.
    pub(super) fn looks_into(&self) -> Option<pg_sys::Oid> {
        match self {
            Self::Log(_) => None,
            Self::OwnTable(own_table) => own_table.looks_into(),
        }
    }

    /// Writes one record; false where what is known of the destination was overtaken.
    pub(super) fn write(&self, record: &Record<'_>, is_current: &dyn Fn() -> bool) -> bool {
        match self {
            Self::Log(log) => log.write(record, is_current),
            Self::OwnTable(own_table) => own_table.write(record, is_current),
        }
    }
}

/// True for a log made by `create_audit_log`.
pub(super) fn is_log(table: &Relation) -> bool {
    !attachment::triggers_of(table, GUARD).is_empty()
}

/// The table that a trigger is bound to.
pub(super) fn bound(firing: &Firing<'_>, oid: Option<pg_sys::Oid>) -> Relation {
    let Some(oid) = oid else {
        firing
            .created_wrongly(
                "is not bound to a destination",
                "Create it with select steward.audit(...).",
            )
            .raise()
    };
    Relation::open(oid, Lock::AccessShare)
}
