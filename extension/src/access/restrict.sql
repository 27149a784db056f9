create function steward.restrict(
    target regclass,
    owner text default null,
    members regclass default null,
    member_of text default null,
    member_key text default null,
    member_user text default 'user_id',
    member_role text default null,
    readers text[] default null,
    writers text[] default null,
    managers text[] default null,
    assigned_role text default null,
    user_roles text[] default null,
    parent regclass default null,
    parent_column text default null,
    commands text[] default null,
    database_roles text[] default null,
    restrictive boolean default false,
    force boolean default false,
    name text default 'steward'
) returns void
    language c as 'MODULE_PATHNAME', 'restrict';

comment on function steward.restrict(
    regclass, text, regclass, text, text, text, text, text[], text[], text[], text, text[], regclass, text, text[], text[], boolean,
    boolean, text
) is
$$Writes the policies of a table and switches row level security on: who may see and write which rows.

  select steward.restrict('projects', owner => 'owner_id', members => 'project_members');
  select steward.restrict('tasks', members => 'project_members', member_role => 'role',
      writers => '{owner,admin,member}', managers => '{owner,admin}');

target          the table, ordinary or partitioned, owned by the caller
owner           its column with the user whose row it is
members         a table with a row for each user in each project, team or the like; owned by the caller
member_of       the column of target, and member_key of members, with what one is a member of; NULL: as foreign keys have it
member_user     the column of members with the user
member_role     the column of members with the member's role; with it
  readers       the roles that may SELECT; NULL for every member
  writers       the roles that may INSERT and UPDATE; NULL for the readers
  managers      the roles that may DELETE; NULL for the writers
assigned_role   a column of target with a role: for users who have it in the application (current_user_role)
user_roles      the roles in the application whose users may do it with every row
parent          a table that target refers to by parent_column: read as the parent is, written as the parent is updated
commands        which of select, insert, update and delete; NULL for all
database_roles  the roles of the database that the policies are for; NULL for all
restrictive     true: it has to hold beside whatever else lets somebody in
force           true: the policies hold for the owner of the table as well
name            the name of the policy, or what the names of policies for single commands begin with

Users are current_user_uuid(), current_user_bigint() or current_user_id(), by the type of the column. Several conditions are
alternatives, as are several calls with different names. Called again with the same arguments it does nothing, with others it
replaces what it wrote under that name. Views that read the table are told to read with the rights of whoever asks.
Errors: 22023, 42703, 42704, 42809 wrong arguments; 42501 not the owner; 42710 a policy of that name was written by somebody
else; 55000 a forced membership table, or a parent without policies, or with others for some of the database_roles.$$;

create function steward.unrestrict(target regclass, name text default null) returns integer
    language c as 'MODULE_PATHNAME', 'unrestrict';

comment on function steward.unrestrict(regclass, text) is
$$Drops the policies that restrict has written, under one name or all. Returns how many.

  select steward.unrestrict('tasks');

Row level security stays on, so that a table without policies shows nobody but its owner a row.
Errors: 22023 NULL in target; 42704 no such table; 42809 no table; 42501 not the owner.$$;

create view steward.restrictions as
select
    p.polrelid::pg_catalog.regclass as target,
    p.polname as policy,
    case
        when p.polcmd operator(pg_catalog.=) '*'::pg_catalog."char" then 'all'
        when p.polcmd operator(pg_catalog.=) 'r'::pg_catalog."char" then 'select'
        when p.polcmd operator(pg_catalog.=) 'a'::pg_catalog."char" then 'insert'
        when p.polcmd operator(pg_catalog.=) 'w'::pg_catalog."char" then 'update'
        else 'delete'
    end as command,
    p.polpermissive as permissive,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_condition,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_condition,
    pg_catalog.substring(d.description, '(select steward\.restrict\(.*\);)\nsteward: ') as call
from pg_catalog.pg_policy as p
join pg_catalog.pg_description as d
    on d.classoid operator(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid
    and d.objoid operator(pg_catalog.=) p.oid
where pg_catalog.starts_with(d.description, 'Written by steward.restrict under the name ');

comment on view steward.restrictions is 'Every policy that restrict has written, with the call that wrote it.';
comment on column steward.restrictions.target is 'The table.';
comment on column steward.restrictions.policy is 'The name of the policy.';
comment on column steward.restrictions.command is 'What it is for: all, select, insert, update or delete.';
comment on column steward.restrictions.permissive is 'True where it lets somebody in, false where it has to hold besides.';
comment on column steward.restrictions.using_condition is 'The condition for rows that are there, as it is now.';
comment on column steward.restrictions.check_condition is 'The condition for rows that are written, where it is another one.';
comment on column steward.restrictions.call is 'The call that wrote it.';

grant select on steward.restrictions to public;
