//! What is attached, and how to undo it.
//!
//! There is no table of attachments: `pg_trigger` is the only truth, and the view reads it. A trigger
//! is recognised by its function, so one that was created by hand or under another name counts too.

use pgrx::extension_sql;

use crate::pg::function::sql_function;

mod budgets;
mod detach;

sql_function!(detach, detach::detach);

extension_sql!(
    r#"
create view steward.attachments as
select
    t.tgrelid::pg_catalog.regclass as target,
    c.capability,
    t.tgname as name,
    a.arguments,
    case when t.tgconstrrelid operator(pg_catalog.<>) 0::pg_catalog.oid
        then t.tgconstrrelid::pg_catalog.regclass
    end as bound_table,
    case
        when t.tgenabled operator(pg_catalog.=) 'O'::pg_catalog."char" then 'origin'
        when t.tgenabled operator(pg_catalog.=) 'A'::pg_catalog."char" then 'always'
        when t.tgenabled operator(pg_catalog.=) 'R'::pg_catalog."char" then 'replica'
        else 'disabled'
    end as enabled,
    pg_catalog.pg_get_triggerdef(t.oid) as definition
from pg_catalog.pg_trigger as t
join pg_catalog.pg_proc as p on p.oid operator(pg_catalog.=) t.tgfoid
join (
    values
        ('timestamps'::pg_catalog.text, 'set_updated_at'::pg_catalog.name),
        ('stages', 'record_stage_transition'),
        ('dependencies', 'check_dependency'),
        ('audit', 'record_change'),
        ('audit', 'record_truncate'),
        ('budgets', 'note_usage'),
        ('budgets', 'charge_usage'),
        ('budgets', 'charge_usage_at_commit'),
        ('budgets', 'forget_usage'),
        ('budgets', 'keep_budgets'),
        ('budgets', 'forget_budgets'),
        ('progress', 'collect_progress'),
        ('progress', 'release_progress'),
        ('progress', 'settle_progress'),
        ('progress', 'forget_progress'),
        ('notices', 'collect_notices'),
        ('notices', 'settle_notices'),
        ('tasks', 'stamp_completion'),
        ('tasks', 'note_task'),
        ('tasks', 'note_task_edge'),
        ('tasks', 'settle_tasks'),
        ('tasks', 'settle_tasks_late'),
        ('tasks', 'recount_tasks')
) as c (capability, function) on c.function operator(pg_catalog.=) p.proname
cross join lateral (
    -- An argument ends in a zero byte; it is told apart in hexadecimal, two digits a byte.
    select coalesce(
        pg_catalog.array_agg(
            pg_catalog.convert_from(pg_catalog.decode(m.hexadecimal[1], 'hex'), pg_catalog.getdatabaseencoding())
            order by m.position
        ),
        '{}'
    ) as arguments
    from pg_catalog.regexp_matches(pg_catalog.encode(t.tgargs, 'hex'), '((?:[1-9a-f].|.[1-9a-f])*)00', 'g')
        with ordinality as m (hexadecimal, position)
) as a
where p.pronamespace operator(pg_catalog.=) 'steward'::pg_catalog.regnamespace::pg_catalog.oid
    and not t.tgisinternal
    -- What a partition has from its parent is not listed; what it kept when it was detached is.
    and (t.tgparentid operator(pg_catalog.=) 0::pg_catalog.oid or not exists (
        select from pg_catalog.pg_class as r where r.oid operator(pg_catalog.=) t.tgrelid and r.relispartition
    ));

comment on view steward.attachments is
    'Every trigger through which a capability of steward is attached to a table, read from pg_trigger.';
comment on column steward.attachments.target is 'The table. The partitions of a partitioned table are not listed.';
comment on column steward.attachments.capability is 'What is attached; the name that detach takes.';
comment on column steward.attachments.name is 'The name of the trigger.';
comment on column steward.attachments.arguments is 'The arguments of the trigger, in which the choices of the attach call are kept.';
comment on column steward.attachments.bound_table is 'The side table or destination that the rule writes; NULL where it has none.';
comment on column steward.attachments.enabled is 'When the trigger fires: origin (the default), always, replica or disabled.';
comment on column steward.attachments.definition is 'The trigger as CREATE TRIGGER.';

grant select on steward.attachments to public;

create function steward.detach(
    target regclass,
    capability text,
    name text default null
) returns integer
    language c as 'MODULE_PATHNAME', 'detach';

comment on function steward.detach(regclass, text, text) is
$$Undoes an attach call: drops the triggers of one capability from a table, and the side table that came with
them. What was written into tables of the user's own stays.

  select steward.detach('tasks', 'timestamps');

target      the table, owned by the caller
capability  as steward.attachments names it
name        only the trigger of that name, or the one that was attached with that name; NULL for all of that capability

Returns the number of triggers dropped; 0, with a notice, where nothing was attached.
NULL in target or capability is an error.
Errors: 22023 NULL argument or no such capability; 42704 no such table; 42809 no table; 42501 not the owner.$$;
"#,
    name = "attachments",
    requires = ["schema_usage"],
);
