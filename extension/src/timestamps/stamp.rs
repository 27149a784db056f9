//! The trigger function: one look at what is kept for the trigger, one new row.

use std::rc::Rc;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::transaction_time::TimestampColumn;
use crate::pg::trigger::{Event, Firing};
use crate::pg::trigger_state;
use crate::pg::tuple::Row;

use super::attach::Choice;

/// What a trigger's arguments come to on its table.
struct Stamp {
    column: i16,
    column_type: TimestampColumn,
    only_changes: bool,
}

/// Stamps the row, unless only changes count and it has none: then the old stamp stays, even where
/// the UPDATE assigned another.
pub(super) fn set_updated_at<'trigger>(firing: &Firing<'trigger>) -> Row<'trigger> {
    let Event::Update { old, new } = firing.event() else {
        firing
            .created_wrongly(
                "does not fire on UPDATE alone",
                "Create it with select steward.track_updated_at(...), or write BEFORE UPDATE.",
            )
            .raise()
    };
    let stamp = kept_stamp(firing);
    if stamp.only_changes && old.agrees_except(new, stamp.column) {
        return if old.agrees_in(new, stamp.column) {
            new
        } else {
            new.with(stamp.column, old.value(stamp.column))
        };
    }
    new.with(stamp.column, stamp.column_type.now())
}

fn kept_stamp(firing: &Firing<'_>) -> Rc<Stamp> {
    trigger_state::of_trigger(firing.trigger_oid(), || {
        (work_out(firing), vec![firing.relation().oid()])
    })
}

fn work_out(firing: &Firing<'_>) -> Stamp {
    let table = firing.relation();
    let Some(choice) = Choice::from_arguments(&firing.arguments()) else {
        firing
            .created_wrongly(
                "has arguments that steward.set_updated_at() does not take",
                "The arguments are the column's name and, optionally, 'only_changes'.",
            )
            .raise()
    };
    let Some(attribute) = table.attribute(&choice.column) else {
        firing
            .column_is_gone(
                table,
                &choice.column,
                &choice.attach_call(table, "new_name"),
            )
            .raise()
    };
    let Some(column_type) = TimestampColumn::of(&attribute) else {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "column {} of table {} is no longer a timestamp",
                name::identifier(&choice.column),
                table.qualified_name(),
            ),
        )
        .hint(format!(
            "Give the column a timestamp type, or detach: select steward.detach({}, 'timestamps');",
            name::literal(&table.qualified_name()),
        ))
        .table(table)
        .column(&choice.column)
        .raise()
    };
    Stamp {
        column: attribute.number,
        column_type,
        only_changes: choice.only_changes,
    }
}
