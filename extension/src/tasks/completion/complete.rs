//! `complete_task` and `reopen_task`: the caller's own UPDATE, with the status that it takes.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::rows::Rows;
use crate::pg::statement::{self, KeptChange, Sight};
use crate::pg::trigger_state;

use super::super::claims;
use super::super::queue::tracked::Tracked;
use super::super::queue::visible;
use super::super::readiness::tracker::Tracker;
use super::super::readiness::write::made_ready_by;
use super::choice::Choice;

/// `steward.complete_task(tasks, id, token)`.
pub(in crate::tasks) fn complete_task(arguments: &Arguments) -> Rows {
    let token: Option<i64> = arguments.optional(2);
    let task = Task::of(arguments);
    let ready = made_ready_by(|| {
        let (side_table, key) = (task.tracker.side.table, &task.key);
        let complete = || task.complete();
        let was_open = claims::showing(side_table, key, token, complete);
        // Whoever is told that it is done is to know whether it was he who did it.
        if !was_open && let Some(token) = token {
            claims::check_token(&task.tracker, key, token);
        }
    });
    let ready = task.visible(ready, arguments.required(0, "tasks"));
    let key_type = task.tracker.key_type;
    Rows(
        ready
            .iter()
            .map(|key| vec![Some(key_type.show(key))])
            .collect(),
    )
}

/// `steward.reopen_task(tasks, id, status)`.
pub(in crate::tasks) fn reopen_task(arguments: &Arguments) -> bool {
    let wanted: Option<String> = arguments.optional(2);
    let task = Task::of(arguments);
    let choice = task.choice();
    let is_closed =
        |status: &String| choice.done.contains(status) || choice.cancelled.contains(status);
    let before = task.status_now();
    if !is_closed(&before) {
        return false;
    }
    let status = wanted
        .or_else(|| following(choice, &before))
        .or_else(|| task.default_status())
        .filter(|status| !is_closed(status))
        .unwrap_or_else(|| task.refuse_to_guess());
    let closed: Vec<String> = choice
        .done
        .iter()
        .chain(&choice.cancelled)
        .cloned()
        .collect();
    task.set_status(&status, Only::While(&closed))
}

/// The first open status that the transitions name.
fn following(choice: &Choice, before: &str) -> Option<String> {
    let transitions = choice.transitions.as_ref()?;
    let following = transitions.iter().find(|one| one.from == before)?;
    let mut open = following
        .to
        .iter()
        .filter(|to| !choice.done.contains(to) && !choice.cancelled.contains(to));
    open.next().cloned()
}

/// Which status a task must have for another to be set.
#[derive(Clone, Copy)]
enum Only<'labels> {
    Unless(&'labels [String]),
    While(&'labels [String]),
}

impl<'labels> Only<'labels> {
    const fn labels(self) -> &'labels [String] {
        match self {
            Self::Unless(labels) | Self::While(labels) => labels,
        }
    }

    fn allow(self, status: &str) -> bool {
        let is_one = self.labels().iter().any(|label| label == status);
        match self {
            Self::Unless(_) => !is_one,
            Self::While(_) => is_one,
        }
    }
}

/// The statement that completes a task of one table, whichever it is.
struct Completion(KeptChange);

/// A task that somebody names.
struct Task {
    table: Relation,
    tracker: Rc<Tracker>,
    key: Key,
}

impl Task {
    fn of(arguments: &Arguments) -> Self {
        let tasks: pg_sys::Oid = arguments.required(0, "tasks");
        let id = arguments.required_text(1, "id");
        let table = Relation::open(tasks, Lock::AccessShare);
        let tracker = Tracker::of_tasks(&table);
        let key = tracker.key_type.parse(&id);
        Self {
            table,
            tracker,
            key,
        }
    }

    fn choice(&self) -> &Choice {
        &self.tracker.choice
    }

    /// Those that policies do not hide from the caller.
    fn visible(&self, tasks: Vec<Key>, table: pg_sys::Oid) -> Vec<Key> {
        if tasks.is_empty() || !self.table.hides_rows_from_current_user() {
            return tasks;
        }
        let tracked = Tracked::of(table);
        let seen = statement::under_latest_snapshot(|| visible::among(&tracked, &tasks));
        tasks
            .into_iter()
            .filter(|task| seen.contains(task))
            .collect()
    }

    /// The status that the caller may see now, or P0002 where there is no task to be seen. A status that is NULL
    /// is empty.
    fn status_now(&self) -> String {
        self.visible_status().unwrap_or_else(|| self.not_found())
    }

    fn visible_status(&self) -> Option<String> {
        let key_type = self.tracker.key_type;
        let sql = format!(
            "select {}::pg_catalog.text from {} where {} operator(pg_catalog.=) $1",
            name::identifier(&self.choice().status),
            self.table.qualified_name(),
            name::identifier(&self.choice().key),
        );
        let mut found = None;
        let key = [(key_type.type_oid(), key_type.argument(&self.key))];
        statement::for_each_row_with(&sql, &key, Sight::Now, |row| {
            found = Some(row.value(1).as_text().unwrap_or_default());
        });
        found
    }

    /// Sets the first of the done statuses, unless the task has one of them. False where it has.
    fn complete(&self) -> bool {
        let only = Only::Unless(&self.choice().done);
        let oid = self.table.oid();
        let completion: Rc<Completion> = trigger_state::of_trigger(oid, || {
            let update = self.update_of_status(&self.choice().done[0], only);
            (Completion(update), vec![oid, self.tracker.side.table])
        });
        self.run(&completion.0, only)
    }

    /// Sets the status, if the task still has one that allows it. False where it has not.
    fn set_status(&self, status: &str, only: Only<'_>) -> bool {
        self.run(&self.update_of_status(status, only), only)
    }

    /// As the caller's own statement.
    fn run(&self, update: &KeptChange, only: Only<'_>) -> bool {
        let key_type = self.tracker.key_type;
        if update.run(&[(key_type.type_oid(), key_type.argument(&self.key))]) > 0 {
            return true;
        }
        // Somebody else was faster, or a policy keeps the caller from it.
        if only.allow(&self.status_now()) {
            self.not_found()
        }
        false
    }

    /// The statement that sets a status, if the task has one that allows it.
    fn update_of_status(&self, status: &str, only: Only<'_>) -> KeptChange {
        let column = name::identifier(&self.choice().status);
        let labels: Vec<_> = only
            .labels()
            .iter()
            .map(|label| name::literal(label))
            .collect();
        let is_one = format!(
            "coalesce({column}::pg_catalog.text operator(pg_catalog.=) any (array[{}]::pg_catalog.text[]), false)",
            labels.join(", "),
        );
        let condition = match only {
            Only::Unless(_) => format!("not {is_one}"),
            Only::While(_) => is_one,
        };
        KeptChange::prepare(
            &format!(
                "update {} set {column} = {} where {} operator(pg_catalog.=) $1 and {condition}",
                self.table.qualified_name(),
                name::literal(status),
                name::identifier(&self.choice().key),
            ),
            &[self.tracker.key_type.type_oid()],
        )
    }

    fn default_status(&self) -> Option<String> {
        let status = self.table.attribute(&self.choice().status)?;
        let rows = statement::query(&format!(
            "select pg_catalog.pg_get_expr(adbin, adrelid) from pg_catalog.pg_attrdef \
             where adrelid = {} and adnum = {}",
            self.table.oid().to_u32(),
            status.number,
        ));
        let default = rows.into_iter().next()?.pop().flatten()?;
        let mut value = None;
        // As the caller, who would get that default by his own statement.
        statement::for_each_row_with(
            &format!("select ({default})::pg_catalog.text"),
            &[],
            Sight::Now,
            |row| value = row.value(1).as_text(),
        );
        value
    }

    fn not_found(&self) -> ! {
        let table = self.table.qualified_name();
        Report::new(
            SqlState::NO_DATA_FOUND,
            format!(
                "there is no task {} in {table} that you could change",
                name::literal(&self.tracker.key_type.show(&self.key))
            ),
        )
        .hint("It may never have been there, or have been deleted, or row level security hides it or keeps you from changing it.")
        .table(&self.table)
        .raise()
    }

    fn refuse_to_guess(&self) -> ! {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!(
                "it is not known which status a reopened task of {} gets",
                self.table.qualified_name()
            ),
        )
        .detail("It has to be one that is neither done nor cancelled; the column has no such default, and the transitions name none.")
        .hint("Name it: steward.reopen_task(..., status => 'todo').")
        .table(&self.table)
        .column(&self.choice().status)
        .raise()
    }
}
