//! What the side table has to hold, as SQL: worked out from the tasks and their edges as they are stored.

use crate::pg::edges;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation, TypeCategory};
use crate::pg::statement;

use super::super::completion::choice::{Choice, OnCancelled};
use super::super::completion::labels::state_in_sql;
use super::super::statuses::State;

/// The tables of a group, and what was chosen for them.
pub(in crate::tasks) struct Sources<'text> {
    pub(in crate::tasks) tasks: &'text Relation,
    pub(in crate::tasks) choice: &'text Choice,
    pub(in crate::tasks) edges: Option<(Relation, edges::Choice)>,
}

impl Sources<'_> {
    /// A query for `task, state, open_blockers` and, where they are kept, `priority, due`.
    pub(in crate::tasks) fn expected(&self) -> String {
        let choice = self.choice;
        let key = name::identifier(&choice.key);
        let tasks = self.tasks.qualified_name();
        let kept = for_each(&kept_columns(choice), |(column, kept)| {
            format!(", {} as {kept}", self.as_kept(column))
        });
        let bytewise = self.bytewise(&choice.key);
        let states = format!(
            "select distinct on ({key}) {key}{bytewise} as task, {} as state{kept} from {tasks} where {key} is not null",
            state_in_sql(choice, &name::identifier(&choice.status)),
        );
        let names = for_each(&kept_columns(choice), |(_, kept)| format!(", t.{kept}"));
        let Some((edges, edge_choice)) = &self.edges else {
            return format!(
                "select t.task, t.state, 0 as open_blockers{names} from ({states}) as t"
            );
        };
        let blocking = match choice.on_cancelled {
            OnCancelled::Block => format!("b.state <> {}", State::Done.number()),
            OnCancelled::Satisfy => format!("b.state = {}", State::Open.number()),
        };
        format!(
            "with t as materialized ({states}), \
             e as ({}), \
             c as (select e.task, pg_catalog.count(*)::pg_catalog.int4 as blockers \
                   from e join t as b on b.task = e.dependency{bytewise} where {blocking} group by e.task) \
             select t.task, t.state, coalesce(c.blockers, 0) as open_blockers{names} \
             from t left join c on c.task{bytewise} = t.task",
            edge_choice.select(edges, "task, dependency", "true"),
        )
    }

    /// A value as the side table has it: seen through its domain, a text bytewise.
    fn as_kept(&self, column: &str) -> String {
        let base_type = self
            .tasks
            .attribute(column)
            .map_or_else(String::new, |column| {
                format!("::{}", column.base_type_name())
            });
        format!(
            "{}{base_type}{}",
            name::identifier(column),
            self.bytewise(column)
        )
    }

    /// Texts of tables with collations of their own cannot be compared without one.
    fn bytewise(&self, column: &str) -> &'static str {
        let column = self.tasks.attribute(column);
        if column.is_some_and(|column| column.category() == TypeCategory::Text) {
            " collate pg_catalog.\"C\""
        } else {
            ""
        }
    }
}

/// The columns of the tasks whose values the side table has too, with their names there.
fn kept_columns(choice: &Choice) -> Vec<(&String, &'static str)> {
    let priority = choice.priority.as_ref().map(|column| (column, "priority"));
    let due = choice.due.as_ref().map(|column| (column, "due"));
    priority.into_iter().chain(due).collect()
}

fn for_each<T>(columns: &[T], sql: impl Fn(&T) -> String) -> String {
    columns.iter().map(sql).collect::<Vec<_>>().concat()
}

/// Makes the side table what it has to be. Nobody else may be writing tasks or edges. Returns the number of rows
/// that were added, changed or removed.
pub(in crate::tasks) fn fill(sources: &Sources<'_>, side_table: pgrx::pg_sys::Oid) -> i64 {
    let side = Relation::open(side_table, Lock::RowExclusive).qualified_name();
    let names: Vec<_> = kept_columns(sources.choice)
        .into_iter()
        .map(|(_, kept)| kept)
        .collect();
    let listed = for_each(&names, |name| format!(", {name}"));
    let assigned = for_each(&names, |name| format!(", {name} = excluded.{name}"));
    let pair = |prefix: &str| for_each(&names, |name| format!(", {prefix}.{name}"));
    let open = State::Open.number();
    let ended =
        |column: &str| format!("{column} = case when excluded.state = {open} then s.{column} end");
    let rows = statement::query(&format!(
        "with expected as materialized ({}), \
         written as (insert into {side} as s (task, state, open_blockers, is_ready, claim_token{listed}) \
             select task, state, open_blockers, state = {open} and open_blockers = 0, 0{listed} from expected \
             on conflict (task) do update set state = excluded.state, open_blockers = excluded.open_blockers, \
                 is_ready = excluded.is_ready and s.claimed_until is null, {}, {}{assigned} \
             where (s.state, s.open_blockers, s.is_ready{}) is distinct from \
                 (excluded.state, excluded.open_blockers, excluded.is_ready and s.claimed_until is null{}) returning 1), \
         removed as (delete from {side} as s where not exists (select from expected as e where e.task = s.task) returning 1) \
         select (select pg_catalog.count(*) from written) + (select pg_catalog.count(*) from removed)",
        sources.expected(),
        ended("claimed_by"),
        ended("claimed_until"),
        pair("s"),
        pair("excluded"),
    ));
    rows.into_iter()
        .next()
        .and_then(|mut row| row.pop().flatten()?.parse().ok())
        .unwrap_or_default()
}
