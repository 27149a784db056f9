//! How PostgreSQL fires our triggers.
//!
//! A trigger function is declared with [`before_row_trigger!`], whose rule has to return a row (nothing that
//! a capability can write drops the row that it was handed), or else with [`trigger!`] and its [`Shape`].

use std::marker::PhantomData;
use std::ptr::NonNull;

use pgrx::pg_sys;

use super::boundary;
use super::error::{Report, SqlState};
use super::name;
use super::relation::Relation;
use super::tuple::Row;

/// What happened to the row.
#[derive(Clone, Copy)]
pub(crate) enum Event<'trigger> {
    Insert {
        new: Row<'trigger>,
    },
    Update {
        old: Row<'trigger>,
        new: Row<'trigger>,
    },
    Delete {
        old: Row<'trigger>,
    },
    /// TRUNCATE, and whatever happens to a statement as a whole.
    Other,
}

/// How a trigger function has to be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    BeforeRow,
    AfterRow,
    /// BEFORE or AFTER a statement as a whole.
    Statement,
    BeforeTruncate,
    /// In any way: the function refuses what happens, or lets it pass as it is.
    Guard,
}

impl Shape {
    fn fits(self, firing: &Firing<'_>) -> bool {
        match self {
            Self::BeforeRow => firing.is_row_level() && firing.is_before(),
            Self::AfterRow => firing.is_row_level() && firing.is_after(),
            Self::Statement => !firing.is_row_level(),
            Self::BeforeTruncate => firing.is_before() && firing.is_truncate(),
            Self::Guard => true,
        }
    }

    /// What the trigger is not, and how it would have been created.
    const fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::BeforeRow => ("a row-level BEFORE trigger", "BEFORE ... FOR EACH ROW"),
            Self::AfterRow => ("a row-level AFTER trigger", "AFTER ... FOR EACH ROW"),
            Self::Statement => ("a statement-level trigger", "... FOR EACH STATEMENT"),
            Self::BeforeTruncate => (
                "a BEFORE TRUNCATE trigger",
                "BEFORE TRUNCATE ... FOR EACH STATEMENT",
            ),
            Self::Guard => ("a trigger", "..."),
        }
    }
}

/// What a statement's trigger fires for: BEFORE and AFTER can be told to belong together by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occasion {
    table: pg_sys::Oid,
    operation: u32,
    /// The number of the command that the query came with. Those of queries within it are higher.
    command: u32,
}

impl Occasion {
    /// The number of the command that the query came with.
    pub(crate) const fn command(&self) -> u32 {
        self.command
    }

    /// True where this BEFORE STATEMENT trigger belongs to that AFTER STATEMENT trigger. What cascades fires BEFORE
    /// within a query of its own, and AFTER with the query that it comes from. So a query's AFTER triggers belong
    /// to it and to what is within it, where everything else has ended; never to what it is within.
    pub(crate) fn began_what_ends_at(&self, end: &Self) -> bool {
        self.table == end.table && self.operation == end.operation && self.command >= end.command
    }
}

/// One firing of a trigger.
pub(crate) struct Firing<'trigger> {
    data: NonNull<pg_sys::TriggerData>,
    relation: Relation,
    lifetime: PhantomData<&'trigger ()>,
}

impl<'trigger> Firing<'trigger> {
    /// # Safety
    /// `data` has to be what PostgreSQL handed to a trigger function that is still running.
    unsafe fn new(data: NonNull<pg_sys::TriggerData>) -> Self {
        // SAFETY: the caller's promise; the relation is open while the trigger runs.
        let relation = unsafe {
            let raw = NonNull::new(data.as_ref().tg_relation);
            Relation::borrowed(raw.expect("a trigger fires on a relation"))
        };
        Self {
            data,
            relation,
            lifetime: PhantomData,
        }
    }

    fn data(&self) -> &pg_sys::TriggerData {
        // SAFETY: it lives as long as the trigger runs.
        unsafe { self.data.as_ref() }
    }

    fn trigger(&self) -> &pg_sys::Trigger {
        // SAFETY: the trigger's description lives as long as the trigger runs.
        unsafe { &*self.data().tg_trigger }
    }

    pub(crate) fn event(&self) -> Event<'trigger> {
        let data = self.data();
        if !self.is_row_level() {
            return Event::Other;
        }
        // SAFETY: the tuples that the event has are rows of the relation.
        let row = |tuple| unsafe { Row::new(tuple, self.relation.descriptor()) };
        match data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK {
            pg_sys::TRIGGER_EVENT_INSERT => Event::Insert {
                new: row(data.tg_trigtuple),
            },
            pg_sys::TRIGGER_EVENT_UPDATE => Event::Update {
                old: row(data.tg_trigtuple),
                new: row(data.tg_newtuple),
            },
            pg_sys::TRIGGER_EVENT_DELETE => Event::Delete {
                old: row(data.tg_trigtuple),
            },
            _ => Event::Other,
        }
    }

    /// The table that fires: for a partitioned table, the partition.
    pub(crate) const fn relation(&self) -> &Relation {
        &self.relation
    }

    /// False where the row version that queued this firing was replaced or deleted since, by the same
    /// transaction: what came after it is checked in its turn.
    pub(crate) fn row_is_alive(&self) -> bool {
        let data = self.data();
        let is_update =
            data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE;
        let slot = if is_update {
            data.tg_newslot
        } else {
            data.tg_trigslot
        };
        // SAFETY: an AFTER ROW trigger has its row in that slot, as `RI_FKey_check` finds it.
        unsafe {
            pg_sys::table_tuple_satisfies_snapshot(
                data.tg_relation,
                slot,
                &raw mut pg_sys::SnapshotSelfData,
            )
        }
    }

    pub(crate) fn trigger_oid(&self) -> pg_sys::Oid {
        self.trigger().tgoid
    }

    pub(crate) fn trigger_name(&self) -> String {
        // SAFETY: a name of the catalog ends in NUL.
        unsafe { name::read(self.trigger().tgname) }
    }

    /// True where it also fires for what replication applies.
    pub(crate) fn is_always(&self) -> bool {
        self.trigger().tgenabled as u8 == pg_sys::TRIGGER_FIRES_ALWAYS
    }

    /// The table that the trigger was bound to with `FROM`, if it was.
    pub(crate) fn bound_table(&self) -> Option<pg_sys::Oid> {
        let oid = self.trigger().tgconstrrelid;
        (oid != pg_sys::InvalidOid).then_some(oid)
    }

    pub(crate) fn arguments(&self) -> Vec<String> {
        // SAFETY: a trigger in the relation cache is whole.
        unsafe { arguments(self.trigger()) }
    }

    /// What a statement's trigger fires for.
    pub(crate) fn occasion(&self) -> Occasion {
        // SAFETY: a snapshot that is active is whole.
        let command = unsafe {
            if pg_sys::ActiveSnapshotSet() {
                (*pg_sys::GetActiveSnapshot()).curcid
            } else {
                0
            }
        };
        Occasion {
            table: self.relation.oid(),
            operation: self.data().tg_event & pg_sys::TRIGGER_EVENT_OPMASK,
            command,
        }
    }

    /// An error about the way in which this trigger was created.
    pub(crate) fn created_wrongly(&self, message: &str, hint: impl Into<String>) -> Report {
        let trigger = name::identifier(&self.trigger_name());
        let table = self.relation.qualified_name();
        Report::new(
            SqlState::TRIGGER_PROTOCOL_VIOLATED,
            format!("trigger {trigger} on {table} {message}"),
        )
        .hint(hint)
        .table(&self.relation)
    }

    /// The error for a column that the trigger's arguments name and the table no longer has.
    pub(crate) fn column_is_gone(
        &self,
        table: &Relation,
        column: &str,
        attach_again: &str,
    ) -> Report {
        let trigger = name::identifier(&self.trigger_name());
        let fires_on = self.relation.qualified_name();
        Report::new(
            SqlState::UNDEFINED_COLUMN,
            format!(
                "trigger {trigger} on {fires_on} needs column {} of table {}, which does not exist",
                name::identifier(column),
                table.qualified_name(),
            ),
        )
        .detail("The column was renamed or dropped after the trigger was created.")
        .hint(format!(
            "Attach again with the column's new name: {attach_again}"
        ))
        .table(table)
        .column(column)
    }

    pub(crate) fn is_row_level(&self) -> bool {
        self.data().tg_event & pg_sys::TRIGGER_EVENT_ROW != 0
    }

    pub(crate) fn is_before(&self) -> bool {
        self.data().tg_event & pg_sys::TRIGGER_EVENT_TIMINGMASK == pg_sys::TRIGGER_EVENT_BEFORE
    }

    fn is_truncate(&self) -> bool {
        self.data().tg_event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_TRUNCATE
    }

    fn is_after(&self) -> bool {
        self.data().tg_event & pg_sys::TRIGGER_EVENT_TIMINGMASK == pg_sys::TRIGGER_EVENT_AFTER
    }
}

/// The arguments of a trigger, as they were written in `CREATE TRIGGER`.
///
/// # Safety
/// `trigger` has to be whole, as it is in the relation cache.
pub(super) unsafe fn arguments(trigger: &pg_sys::Trigger) -> Vec<String> {
    let count = usize::try_from(trigger.tgnargs).unwrap_or_default();
    // SAFETY: the caller's promise: there are `tgnargs` C strings.
    (0..count)
        .map(|index| unsafe { name::read(*trigger.tgargs.add(index)) })
        .collect()
}

/// The body of a BEFORE ROW trigger: runs `rule` and hands the row that it returns to PostgreSQL.
///
/// # Safety
/// To be called by PostgreSQL only, from a frame without destructors.
pub(crate) unsafe fn fire_before_row(
    info: pg_sys::FunctionCallInfo,
    function: &'static str,
    rule: for<'trigger> fn(&Firing<'trigger>) -> Row<'trigger>,
) -> pg_sys::Datum {
    // SAFETY: the caller's promise.
    unsafe {
        boundary::enter(|| {
            let firing = firing(info, function, Shape::BeforeRow);
            pg_sys::Datum::from(rule(&firing).tuple())
        })
    }
}

/// The body of any other trigger: a row keeps its values.
///
/// # Safety
/// To be called by PostgreSQL only, from a frame without destructors.
pub(crate) unsafe fn fire(
    info: pg_sys::FunctionCallInfo,
    function: &'static str,
    shape: Shape,
    rule: fn(&Firing<'_>),
) -> pg_sys::Datum {
    // SAFETY: the caller's promise; a BEFORE ROW trigger has its row in the trigger data.
    unsafe {
        boundary::enter(|| {
            let firing = firing(info, function, shape);
            rule(&firing);
            if !(firing.is_row_level() && firing.is_before()) {
                return pg_sys::Datum::null();
            }
            let data = firing.data();
            match data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK {
                pg_sys::TRIGGER_EVENT_UPDATE => pg_sys::Datum::from(data.tg_newtuple),
                _ => pg_sys::Datum::from(data.tg_trigtuple),
            }
        })
    }
}

/// How many triggers are running inside each other at the moment, of any maker.
pub(crate) fn depth() -> i32 {
    // SAFETY: the function reads a variable of the backend and looks at no argument.
    let depth = unsafe { pg_sys::pg_trigger_depth(std::ptr::null_mut()) };
    depth.value() as i32
}

/// # Safety
/// `info` has to be what PostgreSQL handed to the function.
unsafe fn firing<'trigger>(
    info: pg_sys::FunctionCallInfo,
    function: &str,
    shape: Shape,
) -> Firing<'trigger> {
    // SAFETY: the caller's promise; a context that is trigger data is what PostgreSQL hands to
    // trigger functions.
    unsafe {
        let context = (*info).context;
        if context.is_null() || (*context).type_ != pg_sys::NodeTag::T_TriggerData {
            Report::new(
                SqlState::TRIGGER_PROTOCOL_VIOLATED,
                format!("steward.{function}() was not called as a trigger"),
            )
            .hint(
                "Attach it to a table; `select * from steward.attachments` lists what is attached.",
            )
            .raise()
        }
        let firing = Firing::new(NonNull::new_unchecked(context.cast()));
        if !firing.relation.is_table() {
            firing
                .created_wrongly(
                    "is on something else than a table",
                    "Foreign tables and views cannot be guarded: attach to the table itself.",
                )
                .raise()
        }
        if !shape.fits(&firing) {
            let (what, how) = shape.described();
            firing
                .created_wrongly(
                    &format!("is not {what}"),
                    format!("Write {how} EXECUTE FUNCTION steward.{function}(...)."),
                )
                .raise()
        }
        firing
    }
}

/// Declares the C function `$symbol` as a BEFORE ROW trigger whose rule is `$rule`.
macro_rules! before_row_trigger {
    ($symbol:ident, $rule:path) => {
        $crate::pg::function::c_function!($symbol, |info| {
            $crate::pg::trigger::fire_before_row(info, stringify!($symbol), $rule)
        });
    };
}
pub(crate) use before_row_trigger;

/// Declares the C function `$symbol` as a trigger of the shape `$shape` whose rule is `$rule`.
macro_rules! trigger {
    ($symbol:ident, $shape:ident, $rule:path) => {
        $crate::pg::function::c_function!($symbol, |info| {
            let shape = $crate::pg::trigger::Shape::$shape;
            $crate::pg::trigger::fire(info, stringify!($symbol), shape, $rule)
        });
    };
}
pub(crate) use trigger;
