-- The questions that one asks of a log. Each is declared for every type of key, so that a driver's typed
-- parameter finds it; a literal without a type is read as text and then as the key.

create function steward.history(target regclass, key uuid, log regclass default null)
    returns table (
        sequence bigint,
        logged_at timestamptz,
        action text,
        actor text,
        actor_source text,
        before jsonb,
        after jsonb,
        key jsonb,
        transaction xid8,
        transaction_at timestamptz,
        session_role text,
        invoking_role text,
        application_name text
    ) language c stable as 'MODULE_PATHNAME', 'audit_history';

comment on function steward.history(regclass, uuid, regclass) is
$$What was recorded about one row, newest last.

  select * from steward.history('tasks', '...');
  select * from steward.history('memberships', '{"team": 1, "person": 2}'::jsonb);

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb. A jsonb key with names that the table does not have is looked
        for as it stands, so the entries from before a key's column was renamed are found by its old name
log     the log or table to read, where there are several, or the table is not audited any more; NULL for the only one

The columns are those of a log; a TRUNCATE that took the row away is among the entries, with a NULL key. Of a table of
your own, sequence is NULL, and before and after are made of changes.
Reads with the caller's rights. NULL in target or key is an error. STABLE: reads under the snapshot of the statement.
Errors: 22023 NULL argument, or other columns than the key's; 22P02 no key; 42704 not audited, or several logs and no
log; 42703 a column of the key is gone; 42501 no right to read the log; 55000 no key.$$;

create function steward.history(target regclass, key bigint, log regclass default null)
    returns table (
        sequence bigint,
        logged_at timestamptz,
        action text,
        actor text,
        actor_source text,
        before jsonb,
        after jsonb,
        key jsonb,
        transaction xid8,
        transaction_at timestamptz,
        session_role text,
        invoking_role text,
        application_name text
    ) language c stable as 'MODULE_PATHNAME', 'audit_history';

comment on function steward.history(regclass, bigint, regclass) is
$$What was recorded about one row, newest last.

  select * from steward.history('tasks', '...');
  select * from steward.history('memberships', '{"team": 1, "person": 2}'::jsonb);

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb. A jsonb key with names that the table does not have is looked
        for as it stands, so the entries from before a key's column was renamed are found by its old name
log     the log or table to read, where there are several, or the table is not audited any more; NULL for the only one

The columns are those of a log; a TRUNCATE that took the row away is among the entries, with a NULL key. Of a table of
your own, sequence is NULL, and before and after are made of changes.
Reads with the caller's rights. NULL in target or key is an error. STABLE: reads under the snapshot of the statement.
Errors: 22023 NULL argument, or other columns than the key's; 22P02 no key; 42704 not audited, or several logs and no
log; 42703 a column of the key is gone; 42501 no right to read the log; 55000 no key.$$;

create function steward.history(target regclass, key text, log regclass default null)
    returns table (
        sequence bigint,
        logged_at timestamptz,
        action text,
        actor text,
        actor_source text,
        before jsonb,
        after jsonb,
        key jsonb,
        transaction xid8,
        transaction_at timestamptz,
        session_role text,
        invoking_role text,
        application_name text
    ) language c stable as 'MODULE_PATHNAME', 'audit_history';

comment on function steward.history(regclass, text, regclass) is
$$What was recorded about one row, newest last.

  select * from steward.history('tasks', '...');
  select * from steward.history('memberships', '{"team": 1, "person": 2}'::jsonb);

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb. A jsonb key with names that the table does not have is looked
        for as it stands, so the entries from before a key's column was renamed are found by its old name
log     the log or table to read, where there are several, or the table is not audited any more; NULL for the only one

The columns are those of a log; a TRUNCATE that took the row away is among the entries, with a NULL key. Of a table of
your own, sequence is NULL, and before and after are made of changes.
Reads with the caller's rights. NULL in target or key is an error. STABLE: reads under the snapshot of the statement.
Errors: 22023 NULL argument, or other columns than the key's; 22P02 no key; 42704 not audited, or several logs and no
log; 42703 a column of the key is gone; 42501 no right to read the log; 55000 no key.$$;

create function steward.history(target regclass, key jsonb, log regclass default null)
    returns table (
        sequence bigint,
        logged_at timestamptz,
        action text,
        actor text,
        actor_source text,
        before jsonb,
        after jsonb,
        key jsonb,
        transaction xid8,
        transaction_at timestamptz,
        session_role text,
        invoking_role text,
        application_name text
    ) language c stable as 'MODULE_PATHNAME', 'audit_history_of_json';

comment on function steward.history(regclass, jsonb, regclass) is
$$What was recorded about one row, newest last.

  select * from steward.history('tasks', '...');
  select * from steward.history('memberships', '{"team": 1, "person": 2}'::jsonb);

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb. A jsonb key with names that the table does not have is looked
        for as it stands, so the entries from before a key's column was renamed are found by its old name
log     the log or table to read, where there are several, or the table is not audited any more; NULL for the only one

The columns are those of a log; a TRUNCATE that took the row away is among the entries, with a NULL key. Of a table of
your own, sequence is NULL, and before and after are made of changes.
Reads with the caller's rights. NULL in target or key is an error. STABLE: reads under the snapshot of the statement.
Errors: 22023 NULL argument, or other columns than the key's; 22P02 no key; 42704 not audited, or several logs and no
log; 42703 a column of the key is gone; 42501 no right to read the log; 55000 no key.$$;

create function steward.as_of(target regclass, key uuid, at timestamptz, log regclass default null)
    returns jsonb language c stable as 'MODULE_PATHNAME', 'audit_as_of';

comment on function steward.as_of(regclass, uuid, timestamptz, regclass) is
$$The row as it was at a time; NULL if there was none with that key.

  select steward.as_of('tasks', '...', now() - interval '1 hour');

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb
at      the time; a change counts from when it was made, even if it was committed later
log     the log to read, where there are several; NULL for the only one

It is what the table shows now, less what the log says has changed since. Columns are called as they were when that was
logged; a redacted one shows {"redacted": true}, an ignored one is left out.
Reads with the caller's rights. NULL in any argument but log is an error. STABLE: reads under the statement's snapshot.
Errors: 55000 not in the log (a TRUNCATE took the row away, and it is older than the log), not all changes are recorded, or
no key; 42809 not a log of create_audit_log; otherwise as history.$$;

create function steward.as_of(target regclass, key bigint, at timestamptz, log regclass default null)
    returns jsonb language c stable as 'MODULE_PATHNAME', 'audit_as_of';

comment on function steward.as_of(regclass, bigint, timestamptz, regclass) is
$$The row as it was at a time; NULL if there was none with that key.

  select steward.as_of('tasks', '...', now() - interval '1 hour');

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb
at      the time; a change counts from when it was made, even if it was committed later
log     the log to read, where there are several; NULL for the only one

It is what the table shows now, less what the log says has changed since. Columns are called as they were when that was
logged; a redacted one shows {"redacted": true}, an ignored one is left out.
Reads with the caller's rights. NULL in any argument but log is an error. STABLE: reads under the statement's snapshot.
Errors: 55000 not in the log (a TRUNCATE took the row away, and it is older than the log), not all changes are recorded, or
no key; 42809 not a log of create_audit_log; otherwise as history.$$;

create function steward.as_of(target regclass, key text, at timestamptz, log regclass default null)
    returns jsonb language c stable as 'MODULE_PATHNAME', 'audit_as_of';

comment on function steward.as_of(regclass, text, timestamptz, regclass) is
$$The row as it was at a time; NULL if there was none with that key.

  select steward.as_of('tasks', '...', now() - interval '1 hour');

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb
at      the time; a change counts from when it was made, even if it was committed later
log     the log to read, where there are several; NULL for the only one

It is what the table shows now, less what the log says has changed since. Columns are called as they were when that was
logged; a redacted one shows {"redacted": true}, an ignored one is left out.
Reads with the caller's rights. NULL in any argument but log is an error. STABLE: reads under the statement's snapshot.
Errors: 55000 not in the log (a TRUNCATE took the row away, and it is older than the log), not all changes are recorded, or
no key; 42809 not a log of create_audit_log; otherwise as history.$$;

create function steward.as_of(target regclass, key jsonb, at timestamptz, log regclass default null)
    returns jsonb language c stable as 'MODULE_PATHNAME', 'audit_as_of_json';

comment on function steward.as_of(regclass, jsonb, timestamptz, regclass) is
$$The row as it was at a time; NULL if there was none with that key.

  select steward.as_of('tasks', '...', now() - interval '1 hour');

target  an audited table, or a partition of one, which stands for the whole
key     the row's key; a key of several columns as jsonb
at      the time; a change counts from when it was made, even if it was committed later
log     the log to read, where there are several; NULL for the only one

It is what the table shows now, less what the log says has changed since. Columns are called as they were when that was
logged; a redacted one shows {"redacted": true}, an ignored one is left out.
Reads with the caller's rights. NULL in any argument but log is an error. STABLE: reads under the statement's snapshot.
Errors: 55000 not in the log (a TRUNCATE took the row away, and it is older than the log), not all changes are recorded, or
no key; 42809 not a log of create_audit_log; otherwise as history.$$;

create function steward.undo(target regclass, key uuid, sequence bigint, log regclass default null)
    returns jsonb language c as 'MODULE_PATHNAME', 'audit_undo';

comment on function steward.undo(regclass, uuid, bigint, regclass) is
$$Undoes one entry of the log: puts the row back to what it was before. Returns the row, as as_of shows it; NULL if it is gone.

  select steward.undo('tasks', '...', 4711);

target    an audited table, or a partition of one, which stands for the whole
key       the row's key, as the entry has it; a key of several columns as jsonb
sequence  the entry's number, which history shows
log       the log to read, where there are several; NULL for the only one

An INSERT is undone by DELETE, a DELETE by INSERT, an UPDATE by an UPDATE of the columns that it changed. Runs with the
caller's rights, fires triggers, and is audited itself. Generated columns are computed anew; what the audit ignores
stays as it is, or after a DELETE takes its default. A key that was changed is changed back.
NULL in any argument but log is an error.
Errors: 55000 the row is not any more what the entry left, a value is redacted or was too large for the log, a TRUNCATE, or
a trigger or policy kept the row as it is; 42704 no such entry about that row; 42703 a column is gone; 40001 the row was
changed at the same time; otherwise as history, and what the table's own constraints raise.$$;

create function steward.undo(target regclass, key bigint, sequence bigint, log regclass default null)
    returns jsonb language c as 'MODULE_PATHNAME', 'audit_undo';

comment on function steward.undo(regclass, bigint, bigint, regclass) is
$$Undoes one entry of the log: puts the row back to what it was before. Returns the row, as as_of shows it; NULL if it is gone.

  select steward.undo('tasks', '...', 4711);

target    an audited table, or a partition of one, which stands for the whole
key       the row's key, as the entry has it; a key of several columns as jsonb
sequence  the entry's number, which history shows
log       the log to read, where there are several; NULL for the only one

An INSERT is undone by DELETE, a DELETE by INSERT, an UPDATE by an UPDATE of the columns that it changed. Runs with the
caller's rights, fires triggers, and is audited itself. Generated columns are computed anew; what the audit ignores
stays as it is, or after a DELETE takes its default. A key that was changed is changed back.
NULL in any argument but log is an error.
Errors: 55000 the row is not any more what the entry left, a value is redacted or was too large for the log, a TRUNCATE, or
a trigger or policy kept the row as it is; 42704 no such entry about that row; 42703 a column is gone; 40001 the row was
changed at the same time; otherwise as history, and what the table's own constraints raise.$$;

create function steward.undo(target regclass, key text, sequence bigint, log regclass default null)
    returns jsonb language c as 'MODULE_PATHNAME', 'audit_undo';

comment on function steward.undo(regclass, text, bigint, regclass) is
$$Undoes one entry of the log: puts the row back to what it was before. Returns the row, as as_of shows it; NULL if it is gone.

  select steward.undo('tasks', '...', 4711);

target    an audited table, or a partition of one, which stands for the whole
key       the row's key, as the entry has it; a key of several columns as jsonb
sequence  the entry's number, which history shows
log       the log to read, where there are several; NULL for the only one

An INSERT is undone by DELETE, a DELETE by INSERT, an UPDATE by an UPDATE of the columns that it changed. Runs with the
caller's rights, fires triggers, and is audited itself. Generated columns are computed anew; what the audit ignores
stays as it is, or after a DELETE takes its default. A key that was changed is changed back.
NULL in any argument but log is an error.
Errors: 55000 the row is not any more what the entry left, a value is redacted or was too large for the log, a TRUNCATE, or
a trigger or policy kept the row as it is; 42704 no such entry about that row; 42703 a column is gone; 40001 the row was
changed at the same time; otherwise as history, and what the table's own constraints raise.$$;

create function steward.undo(target regclass, key jsonb, sequence bigint, log regclass default null)
    returns jsonb language c as 'MODULE_PATHNAME', 'audit_undo_json';

comment on function steward.undo(regclass, jsonb, bigint, regclass) is
$$Undoes one entry of the log: puts the row back to what it was before. Returns the row, as as_of shows it; NULL if it is gone.

  select steward.undo('tasks', '...', 4711);

target    an audited table, or a partition of one, which stands for the whole
key       the row's key, as the entry has it; a key of several columns as jsonb
sequence  the entry's number, which history shows
log       the log to read, where there are several; NULL for the only one

An INSERT is undone by DELETE, a DELETE by INSERT, an UPDATE by an UPDATE of the columns that it changed. Runs with the
caller's rights, fires triggers, and is audited itself. Generated columns are computed anew; what the audit ignores
stays as it is, or after a DELETE takes its default. A key that was changed is changed back.
NULL in any argument but log is an error.
Errors: 55000 the row is not any more what the entry left, a value is redacted or was too large for the log, a TRUNCATE, or
a trigger or policy kept the row as it is; 42704 no such entry about that row; 42703 a column is gone; 40001 the row was
changed at the same time; otherwise as history, and what the table's own constraints raise.$$;
