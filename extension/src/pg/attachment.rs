//! What an attach call checks and makes: ordinary triggers, which are the only record of what is
//! attached.

use pgrx::pg_sys;

use super::error::{Report, SqlState};
use super::name;
use super::relation::{Attribute, Lock, Relation};
use super::statement;
use super::trigger;

/// A trigger of ours that a table carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    /// The table that it is bound to with `FROM`.
    pub(crate) bound_table: Option<pg_sys::Oid>,
    /// True on a partition that has it from its parent.
    pub(crate) inherited: bool,
    /// True where it also fires for what replication applies.
    pub(crate) always: bool,
}

/// The triggers of `table` that call the function `steward.<function>`.
pub(crate) fn triggers_of(table: &Relation, function: &str) -> Vec<Attached> {
    let function = trigger_function(function);
    // SAFETY: the relation is open, its triggers are whole, and there are `numtriggers` of them.
    unsafe {
        let description = table.raw().as_ref().trigdesc;
        if description.is_null() {
            return Vec::new();
        }
        let count = usize::try_from((*description).numtriggers).unwrap_or_default();
        std::slice::from_raw_parts((*description).triggers, count)
            .iter()
            .filter(|trigger| trigger.tgfoid == function)
            .map(|trigger| Attached {
                name: name::read(trigger.tgname),
                arguments: trigger::arguments(trigger),
                bound_table: (trigger.tgconstrrelid != pg_sys::InvalidOid)
                    .then_some(trigger.tgconstrrelid),
                inherited: trigger.tgisclone,
                always: trigger.tgenabled as u8 == pg_sys::TRIGGER_FIRES_ALWAYS,
            })
            .collect()
    }
}

/// Opens `target` as a table that a rule may be attached to by the current user.
///
/// Errors: 42704 (no such table), 42809 (no table, or a table of PostgreSQL's own), 42501 (not the
/// owner).
pub(crate) fn open_target(target: pg_sys::Oid) -> Relation {
    let table = Relation::open(target, Lock::AccessShare);
    if !table.is_table() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not a table", table.qualified_name()),
        )
        .detail("A rule can be attached to an ordinary or a partitioned table.")
        .table(&table)
        .raise()
    }
    if !table.is_owned_by_current_user() {
        Report::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("must be owner of table {}", table.qualified_name()),
        )
        .hint("Make the call as the table's owner, or as a member of the owning role.")
        .table(&table)
        .raise()
    }
    table
}

/// The column `name` of `table`, or 42703.
pub(crate) fn required_column(table: &Relation, name: &str) -> Attribute {
    table
        .attribute(name)
        .unwrap_or_else(|| missing_column(table, name).raise())
}

/// The column that `argument` of a call names, or 42703.
pub(crate) fn column_of_argument(table: &Relation, name: &str, argument: &str) -> Attribute {
    table.attribute(name).unwrap_or_else(|| {
        missing_column(table, name)
            .hint(name_it_with(argument))
            .raise()
    })
}

/// The hint for a column that is not there.
pub(crate) fn name_it_with(argument: &str) -> String {
    format!("Name it with {argument} => '...'.")
}

/// The error for a column that `table` does not have.
pub(crate) fn missing_column(table: &Relation, name: &str) -> Report {
    let columns: Vec<_> = table
        .attributes()
        .map(|attribute| name::identifier(&attribute.name))
        .collect();
    Report::new(
        SqlState::UNDEFINED_COLUMN,
        format!(
            "column {} of table {} does not exist",
            name::identifier(name),
            table.qualified_name(),
        ),
    )
    .detail(format!("Its columns are: {}.", columns.join(", ")))
    .table(table)
    .column(name)
}

/// A name for a new trigger of `table` that is not taken: `wanted`, cut to the length that a name
/// can have, with a number where it has to be told from another.
pub(crate) fn free_trigger_name(table: &Relation, wanted: &str) -> String {
    let taken = |candidate: &str| has_trigger(table, candidate);
    let first = cut(wanted, "");
    if !taken(&first) {
        return first;
    }
    (2..=u16::MAX)
        .map(|number| cut(wanted, &format!("_{number}")))
        .find(|candidate| !taken(candidate))
        .unwrap_or(first)
}

/// True where `table` has a trigger of that name.
pub(crate) fn has_trigger(table: &Relation, trigger: &str) -> bool {
    let rows = statement::query(&format!(
        "select 1 from pg_catalog.pg_trigger where tgrelid = {} and tgname = {}",
        table.oid().to_u32(),
        name::literal(trigger),
    ));
    !rows.is_empty()
}

/// `name` as PostgreSQL keeps the name of a trigger: cut to the length that it can have.
pub(crate) fn trigger_name(name: &str) -> String {
    cut(name, "")
}

/// The name of a trigger that belongs to another.
pub(crate) fn with_suffix(name: &str, suffix: &str) -> String {
    cut(name, suffix)
}

/// `name` and `suffix`, together within the 63 bytes of a name, cut between two characters.
pub(crate) fn cut(name: &str, suffix: &str) -> String {
    const LONGEST: usize = pg_sys::NAMEDATALEN as usize - 1;
    let mut name: String = name.chars().take(LONGEST).collect();
    // The bytes are those of the database's encoding.
    while name::c_string(&name).count_bytes() + suffix.len() > LONGEST {
        name.pop();
    }
    name + suffix
}

/// Drops a trigger of `table`, as the current user.
pub(crate) fn drop_trigger(table: &Relation, trigger: &str) {
    statement::run(&format!(
        "drop trigger {} on {}",
        name::identifier(trigger),
        table.qualified_name()
    ));
}

/// The oid of `steward.<name>()`.
fn trigger_function(name: &str) -> pg_sys::Oid {
    let name = name::c_string(name);
    // SAFETY: the schema of the extension is fixed and exists while its functions run; the list and
    // the strings are allocated by PostgreSQL and live through the call.
    unsafe {
        let mut names = pg_sys::lappend(
            std::ptr::null_mut(),
            pg_sys::makeString(pg_sys::pstrdup(c"steward".as_ptr())).cast(),
        );
        names = pg_sys::lappend(
            names,
            pg_sys::makeString(pg_sys::pstrdup(name.as_ptr())).cast(),
        );
        pg_sys::LookupFuncName(names, 0, std::ptr::null(), false)
    }
}

/// Refuses to change on a partition what the partition has from its parent.
pub(crate) fn refuse_inherited(table: &Relation, attached: &Attached) {
    if !attached.inherited {
        return;
    }
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "trigger {} of partition {} belongs to the partitioned table",
            name::identifier(&attached.name),
            table.qualified_name(),
        ),
    )
    .hint("Make the call for the partitioned table; its partitions follow.")
    .table(table)
    .raise()
}

/// Attaches unless that is done already. Finding it done takes no lock that anyone could wait for;
/// otherwise it looks again where no other session can be attaching at the same time.
pub(crate) fn attach_unless(
    table: Relation,
    is_attached: impl Fn(&Relation) -> bool,
    attach: impl FnOnce(&Relation),
) {
    if is_attached(&table) {
        return;
    }
    let oid = table.oid();
    drop(table);
    let table = Relation::open(oid, Lock::ShareRowExclusive);
    if !is_attached(&table) {
        attach(&table);
    }
}

/// Refuses a table that others inherit from: its row triggers do not fire for their rows.
pub(crate) fn check_no_inheritance_children(table: &Relation) {
    if !table.may_have_inheritance_children() || inheritance_children(table).is_empty() {
        return;
    }
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("other tables inherit from {}", table.qualified_name()),
    )
    .detail("A trigger of a table does not fire for the rows of tables that inherit from it.")
    .hint("Attach to the children, or use a partitioned table, whose partitions follow it.")
    .table(table)
    .raise()
}

/// The tables that inherit from `table` directly.
pub(crate) fn inheritance_children(table: &Relation) -> Vec<Relation> {
    let rows = statement::query(&format!(
        "select inhrelid from pg_catalog.pg_inherits where inhparent = {} order by inhrelid",
        table.oid().to_u32(),
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok())
        .map(|oid| Relation::open(pg_sys::Oid::from(oid), Lock::AccessShare))
        .collect()
}

/// A name for a new relation beside `table` that is not taken.
pub(crate) fn free_relation_name(table: &Relation, wanted: &str) -> String {
    let first = cut(wanted, "");
    if table.neighbour(&first).is_none() {
        return first;
    }
    (2..=u16::MAX)
        .map(|number| cut(wanted, &format!("_{number}")))
        .find(|candidate| table.neighbour(candidate).is_none())
        .unwrap_or(first)
}

/// What a side table consists of.
pub(crate) struct SideTable<'text> {
    pub(crate) name: &'text str,
    /// The column definitions, as SQL.
    pub(crate) columns: &'text str,
    /// The storage parameters, as SQL.
    pub(crate) storage: &'text str,
    /// For its comment.
    pub(crate) purpose: &'text str,
    /// Each column with its comment.
    pub(crate) column_comments: &'text [(&'text str, &'text str)],
}

/// Creates a side table of `table`: in its schema, as lasting as it is, with its owner.
pub(crate) fn create_side_table(table: &Relation, wanted: &SideTable<'_>) -> Relation {
    let persistence = if table.is_temporary() {
        "temporary "
    } else if table.is_unlogged() {
        "unlogged "
    } else {
        ""
    };
    let qualified = name::qualified(&table.schema(), wanted.name);
    statement::run(&format!(
        "create {persistence}table {qualified} ({}) with {}",
        wanted.columns, wanted.storage,
    ));
    let oid = table.neighbour(wanted.name).unwrap_or(pg_sys::InvalidOid);
    // Closed at once: a table that is open cannot be altered.
    let owner = Relation::open(oid, Lock::AccessShare).owner();
    if owner != table.owner() {
        // SAFETY: a look-up in the catalog caches; the owner of a table exists.
        let owner = unsafe { name::read(pg_sys::GetUserNameFromId(table.owner(), false)) };
        statement::run(&format!(
            "alter table {qualified} owner to {}",
            name::identifier(&owner)
        ));
    }
    revoke_default_privileges(oid);
    statement::run(&format!(
        "comment on table {qualified} is {}",
        name::literal(&format!(
            "Kept by steward for {}: {}.",
            table.qualified_name(),
            wanted.purpose,
        )),
    ));
    for (column, comment) in wanted.column_comments {
        statement::run(&format!(
            "comment on column {qualified}.{} is {}",
            name::identifier(column),
            name::literal(comment),
        ));
    }
    Relation::open(oid, Lock::AccessShare)
}

/// Takes back what ALTER DEFAULT PRIVILEGES gave on a new side table and its sequences to others than its owner: who
/// could write it would get past the rule, and who could read it would learn of rows that policies hide.
fn revoke_default_privileges(side_table: pg_sys::Oid) {
    let grants = statement::query(&format!(
        "select distinct case c.relkind when 'S' then 'sequence ' else 'table ' end || \
             pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) || ' from ' || \
             case g.grantee when 0 then 'public' \
                 else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end \
         from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace, \
             pg_catalog.aclexplode(c.relacl) as g \
         where (c.oid = {0} or c.oid in (\
                 select d.objid from pg_catalog.pg_depend as d \
                 where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = d.classid \
                     and d.refobjid = {0} and d.deptype in ('i', 'a') \
             ) and c.relkind = 'S') and g.grantee <> c.relowner",
        side_table.to_u32(),
    ));
    for grant in grants.into_iter().flatten().flatten() {
        statement::run(&format!("revoke all on {grant} cascade"));
    }
}

/// How a side table hangs on its trigger. To who drops something it is the same as an internal dependency; but
/// `pg_dump` reads those, and as the trigger depends on the table too (by FROM), it would warn of a loop at every
/// dump. Dependencies of this type it takes for memberships of extensions, which are found by another class.
const PART_OF_TRIGGER: pg_sys::DependencyType::Type = pg_sys::DependencyType::DEPENDENCY_EXTENSION;

/// Makes a side table part of the trigger that keeps it: it is dropped with the trigger, and not without
/// it. (A dump does not carry that; a restored table stands by itself until it is bound again.)
pub(crate) fn bind_side_table(table: &Relation, trigger: &str, side_table: pg_sys::Oid) {
    let rows = statement::query(&format!(
        "select t.oid, exists (select from pg_catalog.pg_depend as d where \
             d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = {} \
             and d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.refobjid = t.oid) \
         from pg_catalog.pg_trigger as t where t.tgrelid = {} and t.tgname = {}",
        side_table.to_u32(),
        table.oid().to_u32(),
        name::literal(trigger),
    ));
    let Some([Some(oid), Some(bound)]) = rows.first().map(Vec::as_slice) else {
        return;
    };
    let (Ok(oid), "f") = (oid.parse::<u32>(), bound.as_str()) else {
        return;
    };
    let address = |class, object| pg_sys::ObjectAddress {
        classId: class,
        objectId: object,
        objectSubId: 0,
    };
    let side_table = address(pg_sys::RelationRelationId, side_table);
    let trigger = address(pg_sys::TriggerRelationId, pg_sys::Oid::from(oid));
    let (side_table, trigger) = (&raw const side_table, &raw const trigger);
    // SAFETY: both addresses are those of objects that exist, and live through the call.
    super::boundary::call(|| unsafe {
        pg_sys::recordDependencyOn(side_table, trigger, PART_OF_TRIGGER);
    });
}

/// Undoes [`bind_side_table`], for a trigger that is about to be replaced.
pub(crate) fn unbind_side_table(side_table: pg_sys::Oid) {
    // SAFETY: both classes are the catalog's own, and the oid may be any.
    super::boundary::call(|| unsafe {
        pg_sys::deleteDependencyRecordsForClass(
            pg_sys::RelationRelationId,
            side_table,
            pg_sys::TriggerRelationId,
            PART_OF_TRIGGER as std::ffi::c_char,
        );
        pg_sys::CommandCounterIncrement();
    });
}

/// Drops a side table that its trigger did not take along, since it came from a dump.
pub(crate) fn drop_side_table(side_table: pg_sys::Oid) {
    let Some(side_table) = Relation::try_open(side_table, Lock::AccessShare) else {
        return;
    };
    let name = side_table.qualified_name();
    drop(side_table);
    statement::run(&format!("drop table {name}"));
}
