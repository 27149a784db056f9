//! Writing notices, so that what the destination refuses does not fail the task's own write.
//!
//! All notices of a statement are written by one INSERT, in a subtransaction. Where the destination refuses it,
//! they are written one by one, and those that it still refuses become warnings. Only what the rows themselves
//! bring about is borne: values that do not fit, constraints, and policies. Whatever asks for the transaction to
//! be tried again, or says that something is wrong with the tables, goes on.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::statement::Plan;
use crate::pg::subtransaction::{Refused, attempt};
use crate::pg::tuple::Value;

use super::choice::Choice;
use super::event::{Event, Subject};

/// A notice that is to be written.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) event: Event,
    /// Whom it is for, as text.
    pub(super) user: String,
    pub(super) task: String,
    pub(super) title: Option<String>,
}

/// The destination, ready to be written.
pub(super) struct Destination {
    table: pg_sys::Oid,
    shown: String,
    owner: pg_sys::Oid,
    insert: Plan,
    labels: Vec<(Event, String)>,
}

/// So many of the notices that are refused are told of one by one.
const MOST_WARNINGS: usize = 5;

impl Destination {
    /// None where a column is gone.
    pub(super) fn prepare(choice: &Choice, destination: &Relation) -> Option<Self> {
        let sql = insert(choice, destination)?;
        let tables = [(destination.oid(), Lock::RowExclusive)];
        let types = [pg_sys::TEXTARRAYOID; 5];
        let plan = || Plan::prepare(&sql, &types, &tables);
        Some(Self {
            table: destination.oid(),
            shown: destination.qualified_name(),
            owner: destination.owner(),
            insert: owner::run_under_policies_as(destination.owner(), plan),
            labels: choice.events.clone(),
        })
    }

    pub(super) const fn table(&self) -> pg_sys::Oid {
        self.table
    }

    /// Writes them, in that order. What is refused becomes a warning.
    pub(super) fn write(&self, notices: &[Notice]) {
        if notices.is_empty() {
            return;
        }
        let Err(refused) = self.try_to_write(notices) else {
            return;
        };
        if let [notice] = notices {
            self.warn(notice, &refused);
            return;
        }
        let mut count = 0;
        for notice in notices {
            pgrx::check_for_interrupts!();
            if let Err(refused) = self.try_to_write(std::slice::from_ref(notice)) {
                count += 1;
                if count <= MOST_WARNINGS {
                    self.warn(notice, &refused);
                }
            }
        }
        if count > MOST_WARNINGS {
            Report::new(
                SqlState::WARNING,
                format!(
                    "{} more notices could not be written to {}",
                    count - MOST_WARNINGS,
                    self.shown
                ),
            )
            .warning();
        }
    }

    fn try_to_write(&self, notices: &[Notice]) -> Result<(), Refused> {
        let column = |value: &dyn Fn(&Notice) -> String| -> Vec<String> {
            notices.iter().map(value).collect()
        };
        let columns = [
            column(&|notice| notice.user.clone()),
            column(&|notice| self.label(notice.event)),
            column(&|notice| notice.event.title(&notice.subject())),
            column(&|notice| notice.event.message(&notice.subject())),
            column(&|notice| notice.task.clone()),
        ];
        attempt(is_about_the_row, || {
            owner::run_under_policies_as(self.owner, || {
                let values = columns.each_ref().map(|column| Value::texts(column));
                self.insert.execute(&values);
            });
        })
    }

    fn label(&self, event: Event) -> String {
        let found = self.labels.iter().find(|(one, _)| *one == event);
        found.map(|(_, label)| label.clone()).unwrap_or_default()
    }

    fn warn(&self, notice: &Notice, refused: &Refused) {
        refused
            .warning(format!(
                "nobody is told in {} that task {} is {}",
                self.shown,
                notice.task,
                notice.event.name(),
            ))
            .warning();
    }
}

impl Notice {
    fn subject(&self) -> Subject<'_> {
        Subject {
            key: &self.task,
            title: self.title.as_deref(),
        }
    }
}

/// Values that do not fit, constraints, views with CHECK OPTION, and policies.
fn is_about_the_row(state: SqlState) -> bool {
    state.is_of_class(*b"22")
        || state.is_of_class(*b"23")
        || state.is_of_class(*b"44")
        || state == SqlState::INSUFFICIENT_PRIVILEGE
}

/// Title and message are cut to the length of their columns, as an explicit cast does; nothing else is.
fn insert(choice: &Choice, destination: &Relation) -> Option<String> {
    let columns = &choice.destination;
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut add = |column: &str, value: &str, is_cut: bool| -> Option<()> {
        let attribute = destination.attribute(column)?;
        let cast = if is_cut {
            attribute.type_name()
        } else {
            whole_type(&attribute)
        };
        names.push(name::identifier(column));
        values.push(format!("x.{value}::{cast}"));
        Some(())
    };
    add(&columns.user, "recipient", false)?;
    add(&columns.event, "event", false)?;
    for (column, value, is_cut) in [
        (&columns.title, "title", true),
        (&columns.message, "message", true),
        (&columns.task, "task", false),
    ] {
        if let Some(column) = column {
            add(column, value, is_cut)?;
        }
    }
    Some(format!(
        "insert into {} ({}) select {} \
         from unnest($1, $2, $3, $4, $5) with ordinality as x (recipient, event, title, message, task, number) \
         order by x.number",
        destination.qualified_name(),
        names.join(", "),
        values.join(", "),
    ))
}

/// The type without its length, so that what is too long is refused by the column.
fn whole_type(attribute: &Attribute) -> String {
    Attribute {
        type_modifier: -1,
        ..attribute.clone()
    }
    .type_name()
}
