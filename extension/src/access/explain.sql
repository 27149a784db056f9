create function steward.explain_access(
    target regclass,
    key text,
    user_id text,
    user_role text default null,
    database_role text default null
) returns table (command text, allowed boolean, policy text, holds boolean, explanation text)
    language c as 'MODULE_PATHNAME', 'explain_access';

comment on function steward.explain_access(regclass, text, text, text, text) is
$$Why a user of the application may or may not see and write a row: a row a command, followed by a row a policy.

  select * from steward.explain_access('tasks', '17', user_id => '4', database_role => 'application');

key            the value of the primary key, which has one column
user_id        the user, as act_as takes it; NULL for nobody
user_role      the user's role in the application
database_role  the role that the application connects as; NULL for the one that the policies name

allowed is the outcome for the command, holds the outcome of the policy alone. insert is about a row like this one, update about
leaving it as it is. For the owner of the table, who has to be a member of database_role.
Errors: 22023 NULL argument, or no database_role where the policies name none or several; 42501 not the owner, no member of the
role, or steward.require_sealed_identity is on and the caller no superuser; 42704 no such role, or no primary key of one column.$$;

create function steward.explain_access(
    target regclass,
    key uuid,
    user_id text,
    user_role text default null,
    database_role text default null
) returns table (command text, allowed boolean, policy text, holds boolean, explanation text)
    language c as 'MODULE_PATHNAME', 'explain_access';

comment on function steward.explain_access(regclass, uuid, text, text, text) is
$$Why a user of the application may or may not see and write a row: a row a command, followed by a row a policy.

  select * from steward.explain_access('tasks', '17', user_id => '4', database_role => 'application');

key            the value of the primary key, which has one column
user_id        the user, as act_as takes it; NULL for nobody
user_role      the user's role in the application
database_role  the role that the application connects as; NULL for the one that the policies name

allowed is the outcome for the command, holds the outcome of the policy alone. insert is about a row like this one, update about
leaving it as it is. For the owner of the table, who has to be a member of database_role.
Errors: 22023 NULL argument, or no database_role where the policies name none or several; 42501 not the owner, no member of the
role, or steward.require_sealed_identity is on and the caller no superuser; 42704 no such role, or no primary key of one column.$$;

create function steward.explain_access(
    target regclass,
    key bigint,
    user_id text,
    user_role text default null,
    database_role text default null
) returns table (command text, allowed boolean, policy text, holds boolean, explanation text)
    language c as 'MODULE_PATHNAME', 'explain_access';

comment on function steward.explain_access(regclass, bigint, text, text, text) is
$$Why a user of the application may or may not see and write a row: a row a command, followed by a row a policy.

  select * from steward.explain_access('tasks', '17', user_id => '4', database_role => 'application');

key            the value of the primary key, which has one column
user_id        the user, as act_as takes it; NULL for nobody
user_role      the user's role in the application
database_role  the role that the application connects as; NULL for the one that the policies name

allowed is the outcome for the command, holds the outcome of the policy alone. insert is about a row like this one, update about
leaving it as it is. For the owner of the table, who has to be a member of database_role.
Errors: 22023 NULL argument, or no database_role where the policies name none or several; 42501 not the owner, no member of the
role, or steward.require_sealed_identity is on and the caller no superuser; 42704 no such role, or no primary key of one column.$$;

create function steward.lint_access(schema text default null)
    returns table (level text, rule text, object text, problem text, mend text)
    language c stable as 'MODULE_PATHNAME', 'lint_access';

comment on function steward.lint_access(text) is
$$What is wrong or slow about who may read and write the tables of a schema, and how to mend it: no row where all is well.

  select * from steward.lint_access('public');

level   error: rows are open or refused to the wrong people; warning: it may be so, or it is slow; note: worth knowing
schema  NULL for all but those of PostgreSQL and the extension

It reads the catalogs only, as they are shown to everybody. docs/access.md has the list of rules.
Errors: 3F000 no such schema.$$;
