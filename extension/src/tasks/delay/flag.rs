//! The statement that sets and clears the flag.
//!
//! Its two halves exclude each other (one wants the flag unset, the other set), so no row is changed twice.
//! Each states its condition so that a partial index can hold exactly the rows in question: the tasks that
//! are open and not flagged, by due date; and those that are flagged.

use pgrx::pg_sys;

use crate::pg::attachment::column_of_argument;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation, TypeCategory};
use crate::pg::requirements::refuse_column;
use crate::pg::rows::Rows;
use crate::pg::statement::{self, Sight};
use crate::pg::tuple::Value;

use super::super::statuses::Ends;
use super::index;

/// The columns of a call, and the labels that end a task.
pub(super) struct Delay {
    pub(super) due: Attribute,
    pub(super) flag: Attribute,
    status: Attribute,
    ends: Ends,
    key: Attribute,
}

/// `steward.flag_delayed(tasks, due, flag, status, done, cancelled, at, key)`.
pub(super) fn flag_delayed(arguments: &Arguments) -> Rows {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let table = Relation::open(tasks, Lock::AccessShare);
    if !table.is_table() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not a table", table.qualified_name()),
        )
        .hint("Name the table that holds the tasks.")
        .table(&table)
        .raise()
    }
    let delay = Delay::of_call(arguments, &table);
    let at: i64 = arguments.required(6, "at");
    index::advise(&table, &delay);
    let mut changed = Vec::new();
    let parameters = [(pg_sys::TIMESTAMPTZOID, Value::bigint(at))];
    statement::for_each_row_with(&delay.sql(&table), &parameters, Sight::Now, |row| {
        changed.push(vec![row.value(1).as_text(), row.value(2).as_text()]);
    });
    Rows(changed)
}

impl Delay {
    fn of_call(arguments: &Arguments, table: &Relation) -> Self {
        let column = |position, argument| {
            let name: String = arguments.required(position, argument);
            column_of_argument(table, &name, argument)
        };
        let status = column(3, "status");
        let delay = Self {
            due: column(1, "due"),
            flag: column(2, "flag"),
            ends: Ends::of_call(arguments, (4, 5), table, &status),
            status,
            key: column(7, "key"),
        };
        delay.check(table);
        delay
    }

    fn check(&self, table: &Relation) {
        let wrong = |column: &Attribute, message, hint| refuse_column(table, column, message, hint);
        if self.due_type().is_none() {
            wrong(
                &self.due,
                "does not hold times",
                "It has to be a date, timestamp or timestamptz: name another one with due => '...'.",
            );
        }
        if self.flag.base_type() != pg_sys::BOOLOID {
            wrong(
                &self.flag,
                "is not boolean",
                "Name another one with flag => '...'.",
            );
        }
    }

    /// The type that the time is compared in, as SQL.
    fn due_type(&self) -> Option<&'static str> {
        match self.due.base_type() {
            pg_sys::DATEOID => Some("pg_catalog.date"),
            pg_sys::TIMESTAMPOID => Some("pg_catalog.timestamp"),
            pg_sys::TIMESTAMPTZOID => Some("pg_catalog.timestamptz"),
            _ => None,
        }
    }

    fn sql(&self, table: &Relation) -> String {
        let table = table.qualified_name();
        let (flag, due, key) = (
            name::identifier(&self.flag.name),
            name::identifier(&self.due.name),
            name::identifier(&self.key.name),
        );
        let at = format!(
            "$1::{}",
            self.due_type().unwrap_or("pg_catalog.timestamptz")
        );
        let waits = self.waits("operator(pg_catalog.<>)");
        let ended: Vec<_> = self
            .ends
            .all()
            .map(|label| self.compared("operator(pg_catalog.=)", label))
            .collect();
        let over = [
            format!("{due} is null"),
            format!("{due} operator(pg_catalog.>=) {at}"),
        ];
        let over = [&over[..], &ended].concat().join(" or ");
        format!(
            "with flagged as (\
                 update {table} set {flag} = true where {due} operator(pg_catalog.<) {at} and {waits} \
                 returning {key}::pg_catalog.text as task\
             ), cleared as (\
                 update {table} set {flag} = false \
                 where {flag} and ({over}) \
                 returning {key}::pg_catalog.text as task\
             ) \
             select task, 't' from flagged union all select task, 'f' from cleared",
        )
    }

    /// The condition on tasks that are open and not flagged, as a person would write it for an index.
    pub(super) fn condition_of_index(&self) -> String {
        self.waits("<>")
    }

    /// The same with that operator for "is not".
    fn waits(&self, unequal: &str) -> String {
        let flag = name::identifier(&self.flag.name);
        let not_flagged = if self.flag.not_null {
            format!("not {flag}")
        } else {
            format!("{flag} is not true")
        };
        let open: Vec<_> = self
            .ends
            .all()
            .map(|label| self.compared(unequal, label))
            .collect();
        match (open.is_empty(), self.status.not_null) {
            (true, _) => not_flagged,
            (false, true) => format!("{not_flagged} and {}", open.join(" and ")),
            (false, false) => format!(
                "{not_flagged} and ({} is null or ({}))",
                name::identifier(&self.status.name),
                open.join(" and "),
            ),
        }
    }

    /// The label is read as the column's type, so that the condition is one of the column's own. (There is no
    /// operator for a domain over an enum and a literal.)
    fn compared(&self, operator: &str, label: &str) -> String {
        let (status, base_type) = (&self.status, self.status.base_type());
        let is_enum_in_disguise =
            status.category() == TypeCategory::Enum && base_type != status.type_oid;
        let cast = if is_enum_in_disguise {
            let base = Attribute {
                type_oid: base_type,
                type_modifier: -1,
                ..status.clone()
            };
            format!("::{}", base.type_name())
        } else {
            String::new()
        };
        format!(
            "{}{cast} {operator} {}",
            name::identifier(&status.name),
            name::literal(label),
        )
    }
}
