//! What an event changed in a row: its key, and its columns before and after.
//!
//! A column changed where its two values are not equal by the equality of its type. What is ignored
//! neither counts nor appears; of what is redacted only appears that it changed.

use crate::pg::equality::Equality;
use crate::pg::json::{self, Member, Shown, Writer};
use crate::pg::relation::Attribute;
use crate::pg::trigger::Event;
use crate::pg::tuple::{Row, Value};

use super::choice::Action;

/// The columns of one table (each partition has its own column numbers).
pub(super) struct Columns {
    pub(super) recorded: Vec<Column>,
    pub(super) key: Vec<Column>,
}

/// One column, and how its values are compared and written.
pub(super) struct Column {
    /// Its place in a row, from 0.
    index: usize,
    member: Member,
    equality: Equality,
    is_redacted: bool,
}

/// What an event did to the row.
pub(super) struct Difference<'row> {
    pub(super) action: Action,
    columns: &'row Columns,
    old: Option<Vec<Value<'row>>>,
    new: Option<Vec<Value<'row>>>,
    /// The recorded columns that changed, where there was a row and still is.
    changed: Vec<usize>,
}

/// What is recorded of it under one key.
#[derive(Clone, Copy)]
pub(super) struct Change<'row> {
    difference: &'row Difference<'row>,
    key: Side,
    before: Extent,
    after: Extent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// How much of a row is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Nothing,
    Changed,
    Whole,
}

impl Column {
    pub(super) fn of(attribute: &Attribute, is_redacted: bool) -> Self {
        Self {
            index: usize::try_from(attribute.number - 1).unwrap_or_default(),
            member: Member::of(attribute),
            equality: Equality::of(attribute),
            is_redacted,
        }
    }

    fn is_same(&self, old: &[Value<'_>], new: &[Value<'_>]) -> bool {
        self.equality.holds(old[self.index], new[self.index])
    }

    fn shown<'row>(&self, row: Option<&Vec<Value<'row>>>) -> Shown<'row> {
        match row {
            None => Shown::Value(Value::NULL),
            Some(_) if self.is_redacted => Shown::Redacted,
            Some(row) => Shown::Value(row[self.index]),
        }
    }
}

impl<'row> Difference<'row> {
    /// None where the event is none of a row.
    pub(super) fn of(columns: &'row Columns, event: Event<'row>) -> Option<Self> {
        let (action, old, new) = match event {
            Event::Insert { new } => (Action::Insert, None, Some(new)),
            Event::Update { old, new } => (Action::Update, Some(old), Some(new)),
            Event::Delete { old } => (Action::Delete, Some(old), None),
            Event::Other => return None,
        };
        let (old, new) = (old.map(Row::values), new.map(Row::values));
        let changed = match (&old, &new) {
            (Some(old), Some(new)) => positions_of_changed(&columns.recorded, old, new),
            _ => Vec::new(),
        };
        Some(Self {
            action,
            columns,
            old,
            new,
            changed,
        })
    }

    /// Nothing for an UPDATE that changes nothing; two changes for one that changes the key.
    pub(super) fn changes(&'row self) -> impl Iterator<Item = Change<'row>> {
        let change = |key, before, after| Change {
            difference: self,
            key,
            before,
            after,
        };
        let (first, second) = match (&self.old, &self.new) {
            (None, _) => (
                Some(change(Side::New, Extent::Nothing, Extent::Whole)),
                None,
            ),
            (_, None) => (
                Some(change(Side::Old, Extent::Whole, Extent::Nothing)),
                None,
            ),
            (Some(old), Some(new))
                if !positions_of_changed(&self.columns.key, old, new).is_empty() =>
            {
                (
                    Some(change(Side::Old, Extent::Whole, Extent::Changed)),
                    Some(change(Side::New, Extent::Changed, Extent::Whole)),
                )
            }
            _ if self.changed.is_empty() => (None, None),
            _ => (
                Some(change(Side::Old, Extent::Changed, Extent::Changed)),
                None,
            ),
        };
        first.into_iter().chain(second)
    }

    fn row(&self, side: Side) -> Option<&Vec<Value<'row>>> {
        match side {
            Side::Old => self.old.as_ref(),
            Side::New => self.new.as_ref(),
        }
    }
}

fn positions_of_changed(columns: &[Column], old: &[Value<'_>], new: &[Value<'_>]) -> Vec<usize> {
    let changed = |position: &usize| !columns[*position].is_same(old, new);
    (0..columns.len()).filter(changed).collect()
}

impl<'row> Change<'row> {
    /// The key as an object; NULL where the table has none.
    pub(super) fn key(&self) -> Value<'static> {
        let columns = &self.difference.columns.key;
        if columns.is_empty() {
            return Value::NULL;
        }
        let row = self.difference.row(self.key);
        json::object(|writer| {
            for column in columns {
                writer.put(&column.member, column.shown(row));
            }
        })
    }

    /// The value of the key, where it is one column that is not redacted.
    pub(super) fn single_key(&self) -> Option<Value<'row>> {
        let [column] = self.difference.columns.key.as_slice() else {
            return None;
        };
        let row = self.difference.row(self.key)?;
        (!column.is_redacted).then(|| row[column.index])
    }

    /// What was there before, as an object; NULL for an INSERT.
    pub(super) fn before(&self) -> Value<'static> {
        self.side(Side::Old, self.before)
    }

    /// What is there after, as an object; NULL for a DELETE.
    pub(super) fn after(&self) -> Value<'static> {
        self.side(Side::New, self.after)
    }

    fn side(&self, side: Side, extent: Extent) -> Value<'static> {
        if extent == Extent::Nothing {
            return Value::NULL;
        }
        let row = self.difference.row(side);
        json::object(|writer| {
            self.for_each(extent, |column| {
                writer.put(&column.member, column.shown(row));
            });
        })
    }

    /// Writes each column with what it was and what it is.
    pub(super) fn write_changes(&self, writer: &mut Writer) {
        let (old, new) = (
            self.difference.row(Side::Old),
            self.difference.row(Side::New),
        );
        let extent = match (old, new) {
            (Some(_), Some(_)) => Extent::Changed,
            _ => Extent::Whole,
        };
        self.for_each(extent, |column| {
            writer.put_change(&column.member, column.shown(old), column.shown(new));
        });
    }

    fn for_each(&self, extent: Extent, mut each: impl FnMut(&Column)) {
        let columns = &self.difference.columns.recorded;
        if extent == Extent::Whole {
            columns.iter().for_each(each);
        } else {
            for position in &self.difference.changed {
                each(&columns[*position]);
            }
        }
    }
}
