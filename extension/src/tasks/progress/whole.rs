//! Counting all tasks of a table at once: when the rule is attached, to find what got past it, and to mend that.

use crate::pg::attachment::{self, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::check_owner_of_written;
use crate::pg::rows::Rows;
use crate::pg::statement;

use super::choice::Choice;
use super::collect;
use super::counters::{self, Sql};
use super::roll_up::{self, Bound};
use pgrx::pg_sys;

/// An attachment with its tables open.
pub(super) struct Whole {
    tasks: String,
    choice: Choice,
    sql: Sql,
    owner: pg_sys::Oid,
}

/// `steward.verify_progress(tasks, name)`.
///
/// All is read under one snapshot, and what is committed at one moment agrees: so nothing has to be locked.
pub(super) fn verify_progress(arguments: &Arguments) -> Rows {
    let (table, _, bound, choice) = named(arguments);
    let whole = Whole::of(&table, &choice, bound);
    let mut problems = Vec::new();
    owner::run_as_from_call(whole.owner, || {
        statement::for_each_row(&whole.problems(), |row| {
            problems.push((1..=3).map(|column| row.value(column).as_text()).collect());
        });
    });
    Rows(problems)
}

/// `steward.rebuild_progress(tasks, name)`.
pub(super) fn rebuild_progress(arguments: &Arguments) -> i64 {
    let (table, trigger, bound, choice) = named(arguments);
    table.lock_against_writers();
    collect::settle_rest(table.root());
    attachment::bind_side_table(&table, &trigger, bound.side_table);
    Whole::of(&table, &choice, bound).rebuild()
}

/// The attachment that a call means: its table, its row trigger, and what that says.
fn named(arguments: &Arguments) -> (Relation, String, Bound, Choice) {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let name: Option<String> = arguments.optional(1);
    let table = open_target(tasks);
    let mut found = roll_up::attached(&table);
    if let Some(name) = &name {
        let wanted = super::attach::trigger_name(Some(name));
        found.retain(|(trigger, _, _)| trigger.name == wanted);
    }
    let wrong = |message: &str, hint: String| -> ! {
        Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!("table {} {message}", table.qualified_name()),
        )
        .hint(hint)
        .table(&table)
        .raise()
    };
    match found.len() {
        0 => wrong(
            "has no progress rolled up",
            "Attach it with select steward.roll_up_progress(...).".to_owned(),
        ),
        1 => {}
        _ => {
            let names: Vec<_> = found
                .iter()
                .map(|(trigger, _, _)| super::attach::name_of(&trigger.name))
                .collect();
            wrong(
                "has its progress rolled up several times",
                format!("Name one of them with name => '...': {}.", names.join(", ")),
            )
        }
    }
    let (trigger, bound, choice) = found.swap_remove(0);
    (table, trigger.name, bound, choice)
}

impl Whole {
    pub(super) fn of(table: &Relation, choice: &Choice, bound: Bound) -> Self {
        let destination = Relation::open(bound.destination, Lock::AccessShare);
        let side_table = Relation::open(bound.side_table, Lock::AccessShare);
        check_owner_of_written(table, &destination);
        check_owner_of_written(table, &side_table);
        let parent = attachment::required_column(table, &choice.parent);
        attachment::required_column(table, &choice.status);
        if let Some(weight) = &choice.weight {
            attachment::required_column(table, weight);
        }
        attachment::required_column(&destination, &choice.key);
        let progress = attachment::required_column(&destination, &choice.progress);
        let sql = KeyType::of(&parent)
            .and_then(|key_type| Sql::new(choice, key_type, &destination, &side_table))
            .unwrap_or_else(|| attachment::missing_column(&destination, &progress.name).raise());
        Self {
            tasks: table.qualified_name(),
            choice: choice.clone(),
            sql,
            owner: table.owner(),
        }
    }

    /// What the counters have to be: `parent`, `done`, `total`.
    fn counted(&self, tasks: &str) -> String {
        let (parent, status) = (
            name::identifier(&self.choice.parent),
            name::identifier(&self.choice.status),
        );
        let is_one_of = |labels: &[String]| {
            let labels: Vec<_> = labels.iter().map(|label| name::literal(label)).collect();
            if labels.is_empty() {
                return "false".to_owned();
            }
            format!("coalesce({status}::text in ({}), false)", labels.join(", "))
        };
        let number = counters::number_type(&self.choice);
        let weight = self.choice.weight.as_ref().map_or_else(
            || "1".to_owned(),
            |weight| {
                let weight = format!("{}::numeric", name::identifier(weight));
                format!("case when {weight} > 0 and {weight} < 'Infinity' then {weight} else 0 end")
            },
        );
        format!(
            "select {parent} as parent, \
                 sum(case when {} then {weight} else 0 end)::{number} as done, sum({weight})::{number} as total \
             from {tasks} where {parent} is not null and not {} group by 1",
            is_one_of(&self.choice.ends.done),
            is_one_of(&self.choice.ends.cancelled),
        )
    }

    /// Sets all counters and the progress of all parents. Nobody else may be writing the tasks. Returns how many
    /// rows changed.
    pub(super) fn rebuild(&self) -> i64 {
        let counted = self.counted(&self.tasks);
        let Sql {
            side_table,
            destination,
            key,
            progress,
            ..
        } = &self.sql;
        let value = self.sql.value("s");
        let changes = [
            format!(
                "delete from {side_table} as s where not exists (\
                     select from ({counted}) as c where c.parent = s.parent)",
            ),
            format!(
                "insert into {side_table} as s (parent, done, total) \
                 select c.parent, c.done, c.total from ({counted}) as c \
                 on conflict (parent) do update set done = excluded.done, total = excluded.total \
                     where s.done <> excluded.done or s.total <> excluded.total",
            ),
            format!(
                "update {destination} as p set {progress} = v.progress \
                 from (select o.{key} as parent, {value} as progress \
                     from {destination} as o left join {side_table} as s on s.parent = o.{key}) as v \
                 where p.{key} = v.parent and p.{progress} is distinct from v.progress",
            ),
        ];
        owner::run_as_from_call(self.owner, || {
            changes.iter().map(|change| rows_of(change)).sum()
        })
    }

    /// What the counters lose when the rows of `table` go: `parent`, `done` and `total` as text.
    pub(super) fn lost_with(&self, table: &Relation) -> Vec<Vec<Option<String>>> {
        let counted = self.counted(&format!("only {}", table.qualified_name()));
        owner::run_as(self.owner, || {
            statement::query(&format!(
                "select c.parent::text, c.done::text, c.total::text from ({counted}) as c"
            ))
        })
    }

    fn problems(&self) -> String {
        let counted = self.counted(&self.tasks);
        let Sql {
            side_table,
            destination,
            key,
            progress,
            ..
        } = &self.sql;
        let value = self.sql.value("c");
        format!(
            "with counted as materialized ({counted}) \
             select 'counter', coalesce(s.parent, c.parent)::text, \
                 format('%s of %s are kept, %s of %s are there', \
                     coalesce(s.done, 0), coalesce(s.total, 0), coalesce(c.done, 0), coalesce(c.total, 0)) \
             from {side_table} as s full join counted as c on c.parent = s.parent \
             where coalesce(s.done, 0) <> coalesce(c.done, 0) or coalesce(s.total, 0) <> coalesce(c.total, 0) \
             union all \
             select 'progress', v.parent::text, \
                 format('it is %s and should be %s', coalesce(v.present::text, 'NULL'), v.progress) \
             from (select o.{key} as parent, o.{progress} as present, {value} as progress \
                 from {destination} as o left join counted as c on c.parent = o.{key}) as v \
             where v.present is distinct from v.progress \
             order by 1, 2",
        )
    }
}

/// Runs a statement that changes rows, and returns how many.
fn rows_of(change: &str) -> i64 {
    let rows = statement::query(&format!(
        "with changed as ({change} returning 1) select count(*) from changed"
    ));
    let count = rows.into_iter().flatten().flatten().next();
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}
