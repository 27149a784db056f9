//! Writing into a log made by `create_audit_log`.
//!
//! A row is written as PostgreSQL writes its catalogs, straight into the partition of the moment: that
//! costs a fraction of a statement, needs no right of the writer's on the log, and no trigger of the log
//! can change or swallow it. A partition that is no plain table any more (its owner may have given it an
//! index on an expression, a column more or a check, or made it a table of another kind) is written by a
//! statement, which keeps to its defaults and constraints.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::json;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::sequence;
use crate::pg::side_table::{self, Writer};
use crate::pg::statement::Plan;
use crate::pg::transaction::{self, Subtransaction};
use crate::pg::tuple::Value;

use super::partitions::{self, Span};
use super::{Record, Subject};
use crate::audit::key_hash::key_hash;
use crate::audit::log::guard::{self, Door};
use crate::audit::log::incarnation;

/// The columns of a log, in the order of [`Log::values`], with their types.
const COLUMNS: [(&str, pg_sys::Oid); 19] = [
    ("sequence", pg_sys::INT8OID),
    ("logged_at", pg_sys::TIMESTAMPTZOID),
    ("transaction", pg_sys::XID8OID),
    ("transaction_at", pg_sys::TIMESTAMPTZOID),
    ("key_hash", pg_sys::INT8OID),
    ("incarnation", pg_sys::INT8OID),
    ("table_oid", pg_sys::OIDOID),
    ("root_oid", pg_sys::OIDOID),
    ("action", pg_sys::TEXTOID),
    ("schema_name", pg_sys::TEXTOID),
    ("table_name", pg_sys::TEXTOID),
    ("key", pg_sys::JSONBOID),
    ("before", pg_sys::JSONBOID),
    ("after", pg_sys::JSONBOID),
    ("actor", pg_sys::TEXTOID),
    ("actor_source", pg_sys::TEXTOID),
    ("session_role", pg_sys::TEXTOID),
    ("invoking_role", pg_sys::TEXTOID),
    ("application_name", pg_sys::TEXTOID),
];

/// A log, as a trigger knows it.
pub(in crate::audit) struct Log {
    table: pg_sys::Oid,
    owner: pg_sys::Oid,
    sequence: pg_sys::Oid,
    incarnation: i64,
    insert: String,
    /// The partition that was written last.
    current: Cell<Option<Current>>,
    /// The transaction, or savepoint in one, that has locked the log and a partition with its indexes.
    locked: Cell<Option<(Subtransaction, pg_sys::Oid)>>,
    /// Where a partition is no plain table.
    by_statement: RefCell<Option<Rc<Plan>>>,
}

#[derive(Clone, Copy)]
struct Current {
    span: Span,
    layout: Layout,
}

/// How rows of a partition are made.
#[derive(Clone, Copy)]
enum Layout {
    /// The place of each column, and how many places there are.
    Plain {
        places: [usize; COLUMNS.len()],
        width: usize,
    },
    /// By a statement.
    Other,
}

/// What came of writing directly.
enum Written {
    Done,
    Overtaken,
    NotPlain,
}

impl Log {
    pub(in crate::audit) fn open(log: &Relation) -> Self {
        if places_of(log).is_none() || !log.is_partitioned() {
            refuse_shape(log);
        }
        let Some(sequence) = log
            .attribute("sequence")
            .and_then(|column| sequence::owned_by_column(log, column.number))
        else {
            refuse_shape(log)
        };
        Self {
            table: log.oid(),
            owner: log.owner(),
            sequence,
            incarnation: incarnation::of(log.oid()),
            insert: insert_into(log),
            current: Cell::new(None),
            locked: Cell::new(None),
            by_statement: RefCell::new(None),
        }
    }

    /// False where what is known of the log was overtaken by a change of it.
    pub(super) fn write(&self, record: &Record<'_>, is_current: &dyn Fn() -> bool) -> bool {
        let now = transaction::clock_time();
        let values = self.values(record, now);
        match self.write_directly(&values, now, is_current) {
            Written::Done => true,
            Written::Overtaken => false,
            Written::NotPlain => {
                self.write_by_statement(&values);
                true
            }
        }
    }

    fn write_directly(
        &self,
        values: &[Value<'_>; COLUMNS.len()],
        now: i64,
        is_current: &dyn Fn() -> bool,
    ) -> Written {
        let current = self.partition_at(now);
        let Layout::Plain { places, width } = current.layout else {
            return Written::NotPlain;
        };
        let writer = (transaction::current(), current.span.table);
        let is_locked = self.locked.get() == Some(writer);
        // The log before its partition, as those lock them who detach or drop one: the other way round, both
        // would wait for each other.
        if !is_locked && Relation::try_open(self.table, Lock::RowExclusive).is_none() {
            return Written::Overtaken;
        }
        let Some(table) = Relation::try_open(current.span.table, Lock::RowExclusive) else {
            return Written::Overtaken;
        };
        if !is_current() {
            return Written::Overtaken;
        }
        if !table.is_heap_table() || table.has_checks() {
            return Written::NotPlain;
        }
        let mut row = vec![Value::NULL; width];
        for (place, value) in places.into_iter().zip(values) {
            row[place] = *value;
        }
        if !is_locked {
            side_table::lock_indexes(&table);
            self.locked.set(Some(writer));
        }
        let mut writer = Writer::open_to_add(&table);
        let is_plain = writer.has_plain_indexes_only();
        if is_plain {
            writer.insert(&row);
        }
        writer.close();
        if is_plain {
            Written::Done
        } else {
            Written::NotPlain
        }
    }

    fn partition_at(&self, now: i64) -> Current {
        let known = self.current.get().filter(|known| known.span.holds(now));
        known.unwrap_or_else(|| {
            let found = find_partition(self.table, now);
            self.current.set(Some(found));
            found
        })
    }

    fn write_by_statement(&self, values: &[Value<'_>; COLUMNS.len()]) {
        let types = COLUMNS.map(|(_, type_oid)| type_oid);
        let tables = [(self.table, Lock::RowExclusive)];
        // Whatever the log has been given by its owner runs with that role's rights alone, and leaves nothing behind in
        // the session of the writer, whose table is somebody else's.
        owner::run_restricted_as(self.owner, || {
            // Its own borrow ends here: what the statement fires may write this log again.
            let known = self.by_statement.borrow().clone();
            let plan =
                known.unwrap_or_else(|| Rc::new(Plan::prepare(&self.insert, &types, &tables)));
            self.by_statement.replace(Some(Rc::clone(&plan)));
            let rows = guard::writing(self.table, Door::OneRow, || plan.execute(values));
            if rows != 1 {
                swallowed(self.table);
            }
        });
    }

    fn values<'record>(
        &self,
        record: &'record Record<'_>,
        now: i64,
    ) -> [Value<'record>; COLUMNS.len()] {
        let circumstances = record.circumstances;
        let (key, before, after) = match &record.subject {
            Subject::Row(change) => (change.key(), change.before(), change.after()),
            Subject::AllRows { estimate } => {
                let rows = json::object(|writer| writer.put_number("estimated_rows", *estimate));
                (Value::NULL, rows, Value::NULL)
            }
        };
        let hash = if key.is_null() {
            Value::NULL
        } else {
            Value::bigint(key_hash(&json::text_of(key)))
        };
        // First the number of the transaction, then the entry's: sealing counts on what was numbered after it
        // looked having a higher sequence number. (A TRUNCATE may come here before it has either.)
        let transaction = transaction::current_full_id().cast_signed();
        [
            Value::bigint(sequence::next(self.sequence)),
            Value::bigint(now),
            Value::bigint(transaction),
            Value::bigint(transaction::start_time()),
            hash,
            Value::bigint(self.incarnation),
            Value::oid(record.fired),
            Value::oid(record.origin.oid),
            Value::text(record.action.name().as_bytes()),
            record.origin.schema.value(),
            record.origin.table.value(),
            key,
            before,
            after,
            circumstances.actor.id.value(),
            circumstances.actor.source.value(),
            circumstances.session_role.value(),
            circumstances.invoking_role.value(),
            circumstances.application_name.value(),
        ]
    }
}

fn find_partition(log: pg_sys::Oid, now: i64) -> Current {
    let log = Relation::open(log, Lock::RowExclusive);
    let Some(span) = partitions::partition_at(&log, now) else {
        Report::new(
            SqlState::CHECK_VIOLATION,
            format!(
                "audit log {} has no partition for this moment",
                log.qualified_name()
            ),
        )
        .hint(format!(
            "select steward.extend_audit_log({});",
            crate::pg::name::literal(&log.qualified_name())
        ))
        .table(&log)
        .raise()
    };
    let partition = Relation::open(span.table, Lock::RowExclusive);
    let has_more = partition.attributes().count() > COLUMNS.len();
    let places = places_of(&partition).filter(|_| !has_more);
    let layout = places.map_or(Layout::Other, |places| Layout::Plain {
        places,
        width: partition.width(),
    });
    Current { span, layout }
}

/// Refuses a log whose columns are not those that were made: a type of the user's own brings functions
/// that would run with the rights of whoever reads it.
pub(in crate::audit) fn check_shape(log: &Relation) {
    if places_of(log).is_none() {
        refuse_shape(log);
    }
}

/// Where a table keeps the columns of a log; none where one is missing or of another type.
fn places_of(table: &Relation) -> Option<[usize; COLUMNS.len()]> {
    let attributes: Vec<_> = table.attributes().collect();
    let mut places = [0; COLUMNS.len()];
    for (place, (name, type_oid)) in places.iter_mut().zip(COLUMNS) {
        let attribute = attributes.iter().find(|attribute| {
            attribute.name == name && attribute.type_oid == type_oid && !attribute.generated
        })?;
        *place = usize::try_from(attribute.number - 1).ok()?;
    }
    Some(places)
}

fn insert_into(log: &Relation) -> String {
    let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let parameters: Vec<_> = (1..=COLUMNS.len())
        .map(|number| format!("${number}"))
        .collect();
    format!(
        "insert into {} ({}) values ({})",
        log.qualified_name(),
        names.join(", "),
        parameters.join(", "),
    )
}

fn refuse_shape(log: &Relation) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("table {} is not an audit log as create_audit_log makes it", log.qualified_name()),
    )
    .detail("It carries the guard of an audit log, but a column or its sequence is missing or of another type.")
    .hint("Create a log with select steward.create_audit_log('...'), and audit into that.")
    .table(log)
    .raise()
}

fn swallowed(log: pg_sys::Oid) -> ! {
    let log = Relation::open(log, Lock::AccessShare);
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("audit log {} did not take a record", log.qualified_name()),
    )
    .detail("A trigger or rule of the log has swallowed the row.")
    .hint("Drop that trigger or rule.")
    .table(&log)
    .raise()
}
