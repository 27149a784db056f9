//! What is known of a group: the tasks, their edges and the side table, worked out once and kept.

use std::rc::Rc;

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::edges::{self, Source};
use crate::pg::error::{Report, SqlState};
use crate::pg::index;
use crate::pg::kept_value::KeptColumn;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::requirements::check_same_owner;
use crate::pg::scan::LookUp;
use crate::pg::statement;
use crate::pg::trigger_state;

use super::super::completion::choice::Choice;
use super::note::{EDGE_FUNCTION, TASK_FUNCTION};

/// A group of tables that are kept together.
pub(in crate::tasks) struct Tracker {
    pub(in crate::tasks) choice: Choice,
    /// The table that the user sees as the tasks.
    pub(in crate::tasks) tasks: pg_sys::Oid,
    pub(in crate::tasks) key_type: KeyType,
    pub(in crate::tasks) side: SideTable,
    pub(in crate::tasks) edges: Option<EdgeTable>,
    relations: Vec<pg_sys::Oid>,
}

/// The side table, and where its columns are.
pub(in crate::tasks) struct SideTable {
    pub(in crate::tasks) table: pg_sys::Oid,
    pub(in crate::tasks) by_task: LookUp,
    pub(in crate::tasks) priority: Option<KeptColumn>,
    pub(in crate::tasks) due: Option<KeptColumn>,
}

/// The columns that every side table has, by their numbers.
pub(in crate::tasks) mod column {
    pub(in crate::tasks) const STATE: i16 = 2;
    pub(in crate::tasks) const OPEN_BLOCKERS: i16 = 3;
    pub(in crate::tasks) const IS_READY: i16 = 4;
    pub(in crate::tasks) const CLAIMED_BY: i16 = 5;
    #[allow(dead_code, reason = "claims are going to use it")]
    pub(in crate::tasks) const CLAIM_TOKEN: i16 = 6;
    pub(in crate::tasks) const CLAIMED_UNTIL: i16 = 7;
}

/// The table that the user sees as the edges, and where they are stored.
pub(in crate::tasks) struct EdgeTable {
    pub(in crate::tasks) table: pg_sys::Oid,
    pub(in crate::tasks) choice: edges::Choice,
    pub(in crate::tasks) sources: Vec<Source>,
    /// True where they can be written past the statement triggers of the table: straight into a partition.
    pub(in crate::tasks) has_partitions: bool,
    /// False where foreign keys see to it that both ends of an edge are there at the end of each statement.
    pub(in crate::tasks) can_dangle: bool,
}

impl Tracker {
    /// The group that a side table stands for.
    pub(in crate::tasks) fn of(side_table: pg_sys::Oid) -> Rc<Self> {
        trigger_state::of_trigger(side_table, || {
            let tracker = Self::work_out(side_table);
            let relations = tracker.relations.clone();
            (tracker, relations)
        })
    }

    /// False where something has changed since.
    pub(in crate::tasks) fn is_current(self: &Rc<Self>) -> bool {
        trigger_state::is_current(self.side.table, self)
    }

    /// The group of a table of tasks, or 42704.
    pub(in crate::tasks) fn of_tasks(tasks: &Relation) -> Rc<Self> {
        let bound = attachment::triggers_of(tasks, TASK_FUNCTION)
            .into_iter()
            .find_map(|attached| attached.bound_table);
        bound.map_or_else(
            || {
                Report::new(
                    SqlState::UNDEFINED_OBJECT,
                    format!(
                        "the completion of {} is not tracked",
                        tasks.qualified_name()
                    ),
                )
                .hint(format!(
                    "Attach first: select steward.track_completion({});",
                    name::literal(&tasks.qualified_name())
                ))
                .table(tasks)
                .raise()
            },
            Self::of,
        )
    }

    fn work_out(side_table: pg_sys::Oid) -> Self {
        let side = Relation::open(side_table, Lock::AccessShare);
        let bound = bound_to(side_table, TASK_FUNCTION);
        let Some((tasks, choice)) = bound
            .as_ref()
            .and_then(|(table, arguments)| Some((table, Choice::from_arguments(arguments)?)))
        else {
            unbound(&side)
        };
        check_owner(tasks, &side);
        let key_type = tasks
            .attribute(&choice.key)
            .and_then(|key| KeyType::of(&key))
            .unwrap_or_else(|| super::super::has_changed(tasks, &choice));
        let edges = bound_to(side_table, EDGE_FUNCTION).map(|(table, arguments)| {
            check_owner(&table, &side);
            edge_table(&table, &arguments, tasks, &choice)
        });
        let edge_tree = edges.iter().flat_map(|edges| {
            Relation::open(edges.table, Lock::AccessShare)
                .tree()
                .into_iter()
                .map(|member| member.oid)
        });
        let relations = tasks
            .tree()
            .into_iter()
            .map(|member| member.oid)
            .chain(edge_tree)
            .chain([side_table])
            .collect();
        Self {
            side: SideTable::of(&side, tasks, key_type, &choice),
            tasks: tasks.oid(),
            key_type,
            edges,
            choice,
            relations,
        }
    }
}

/// The table whose own row trigger of that function is bound to the side table, and the trigger's arguments.
fn bound_to(side_table: pg_sys::Oid, function: &str) -> Option<(Relation, Vec<String>)> {
    let rows = statement::query(&format!(
        "select t.tgrelid from pg_catalog.pg_trigger as t \
         join pg_catalog.pg_proc as p on p.oid = t.tgfoid \
         where t.tgconstrrelid = {} and t.tgparentid = 0 and p.proname = {} \
             and p.pronamespace = 'steward'::pg_catalog.regnamespace \
         order by t.oid limit 1",
        side_table.to_u32(),
        name::literal(function),
    ));
    let oid: u32 = rows.into_iter().next()?.pop().flatten()?.parse().ok()?;
    let table = Relation::try_open(pg_sys::Oid::from(oid), Lock::AccessShare)?;
    let attached = attachment::triggers_of(&table, function)
        .into_iter()
        .find(|attached| attached.bound_table == Some(side_table))?;
    Some((table, attached.arguments))
}

fn edge_table(
    table: &Relation,
    arguments: &[String],
    tasks: &Relation,
    choice: &Choice,
) -> EdgeTable {
    let known = || {
        let edges = edges::Choice::from_arguments(arguments)?;
        let sources = table
            .tree()
            .iter()
            .filter(|member| member.holds_rows)
            .map(|member| Source::of(&Relation::open(member.oid, Lock::AccessShare), &edges))
            .collect::<Option<Vec<_>>>()?;
        Some((edges, sources))
    };
    let (edges, sources) = known().unwrap_or_else(|| edges_have_changed(table));
    let can_dangle = ![&edges.task, &edges.depends_on]
        .iter()
        .all(|column| refers_to(table, column, tasks, &choice.key));
    EdgeTable {
        table: table.oid(),
        has_partitions: table.is_partitioned(),
        choice: edges,
        sources,
        can_dangle,
    }
}

/// True where a foreign key that is checked at once leads from the column to the key of the tasks, or where it is
/// that key itself.
fn refers_to(table: &Relation, column: &str, tasks: &Relation, key: &str) -> bool {
    if table.oid() == tasks.oid() && column == key {
        return true;
    }
    let number = |table: &Relation, name: &str| table.attribute(name).map_or(0, |one| one.number);
    let rows = statement::query(&format!(
        "select from pg_catalog.pg_constraint where contype = 'f' and conrelid = {} and confrelid = {} \
             and convalidated and not condeferrable and conkey = array[{}]::pg_catalog.int2[] \
             and confkey = array[{}]::pg_catalog.int2[]",
        table.oid().to_u32(),
        tasks.oid().to_u32(),
        number(table, column),
        number(tasks, key),
    ));
    !rows.is_empty()
}

impl SideTable {
    /// Checks that it is the table that the attach call made: anyone can write a trigger by hand.
    fn of(table: &Relation, tasks: &Relation, key_type: KeyType, choice: &Choice) -> Self {
        Self::fitting(table, tasks, key_type, choice).unwrap_or_else(|| {
            Report::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "table {} does not hold the readiness of such tasks",
                    table.qualified_name()
                ),
            )
            .detail("It was changed, or the type of the tasks' key, priority or due date was.")
            .hint(format!(
                "Attach again, which makes it anew: {}",
                choice.attach_call(tasks)
            ))
            .table(table)
            .raise()
        })
    }

    /// None where it does not hold what it has to.
    pub(in crate::tasks) fn fitting(
        table: &Relation,
        tasks: &Relation,
        key_type: KeyType,
        choice: &Choice,
    ) -> Option<Self> {
        let fixed = [
            ("state", pg_sys::INT2OID),
            ("open_blockers", pg_sys::INT4OID),
            ("is_ready", pg_sys::BOOLOID),
            ("claimed_by", pg_sys::TEXTOID),
            ("claim_token", pg_sys::INT8OID),
            ("claimed_until", pg_sys::TIMESTAMPTZOID),
        ];
        let is_at = |attribute: &Attribute, position: usize| {
            usize::try_from(attribute.number).is_ok_and(|number| number == position)
        };
        for (position, (name, type_oid)) in fixed.iter().enumerate() {
            table
                .attribute(name)
                .filter(|one| is_at(one, position + 2) && one.type_oid == *type_oid)?;
        }
        let task = table.attribute("task").filter(|task| task.number == 1)?;
        // Values are copied as they are stored, so their types have to be the same.
        let optional = |chosen: &Option<String>, name: &str| match chosen {
            None => Some(None),
            Some(column) => {
                let column = tasks.attribute(column)?;
                let kept = table
                    .attribute(name)
                    .filter(|kept| kept.type_oid == column.base_type())?;
                Some(Some(KeptColumn::of(&kept)))
            }
        };
        let priority = optional(&choice.priority, "priority")?;
        let due = optional(&choice.due, "due")?;
        let width = 1 + fixed.len() + usize::from(priority.is_some()) + usize::from(due.is_some());
        let fits = table.is_heap_table()
                && table.width() == width
                && KeyType::of(&task)? == key_type
                && table.attributes().all(|attribute| !attribute.generated)
                // Rows are written past the executor, which computes what other indexes hold.
                && index::all_are_plain(table)
                && index::is_unique_by(table, task.number);
        fits.then_some(())?;
        let by_task = LookUp::of(table, task.number, key_type);
        by_task.index?;
        Some(Self {
            table: table.oid(),
            by_task,
            priority,
            due,
        })
    }
}

/// A table's owner can write any trigger by hand. So the side table is written only where that owner could have
/// written it himself.
pub(super) fn check_owner(table: &Relation, side: &Relation) {
    check_same_owner(
        table,
        side,
        "Tasks, their dependencies and what is kept of them belong to one owner.",
        "Give them the same owner with ALTER TABLE ... OWNER TO.",
    );
}

fn unbound(side: &Relation) -> ! {
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("no tasks are bound to table {}", side.qualified_name()),
    )
    .hint("A trigger of steward.track_completion() was dropped by hand: attach again, or detach both tables.")
    .table(side)
    .raise()
}

/// The error for an edge table that is not what it was.
pub(super) fn edges_have_changed(table: &Relation) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "table {} has changed since it was attached",
            table.qualified_name()
        ),
    )
    .detail("A column is gone, its type cannot be a key any more, or a kind that is named has another name.")
    .hint("Attach again: select steward.track_completion(...);")
    .table(table)
    .raise()
}
