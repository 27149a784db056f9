//! Who changed what: a row in a log for every change of an audited table.
//!
//! An AFTER ROW trigger sees what an event changed and writes it to the destination, in the transaction
//! of the change: what is rolled back leaves no trace, and what is committed always does. An UPDATE is
//! recorded by the columns that changed, so a log grows with what happens, not with what is there.

use pgrx::extension_sql;

use crate::pg::function::sql_function;
use crate::pg::trigger::trigger;

mod actor;
mod attach;
mod change;
mod choice;
mod circumstances;
mod destination;
mod key;
mod key_hash;
mod log;
mod reading;
mod record;
mod requirements;
mod seal;
mod truncate;

sql_function!(audit, attach::audit);
trigger!(record_change, AfterRow, record::record_change);
trigger!(record_truncate, BeforeTruncate, truncate::record_truncate);

extension_sql!(
    r"
create function steward.record_change() returns trigger
    language c as 'MODULE_PATHNAME', 'record_change';

comment on function steward.record_change() is
$$Trigger function behind audit: records what an INSERT, UPDATE or DELETE changed in a row.

For AFTER row triggers that are bound to the destination with CREATE CONSTRAINT TRIGGER ... FROM. Arguments in CREATE
TRIGGER, each as often as needed: ignore=column, redact=column, action=INSERT, key=column, require_actor.
A log of create_audit_log takes records of any table; a table of the user's own is written as its owner, who has to
be the owner of the table that fires.
Errors: 39P01 where the trigger is of another kind; 42703 where a column is gone; 42501 where the owners differ, or
nobody is known who makes the change and require_actor is given.$$;

create function steward.record_truncate() returns trigger
    language c as 'MODULE_PATHNAME', 'record_truncate';

comment on function steward.record_truncate() is
$$Trigger function behind audit: records a TRUNCATE, with the number of rows that the planner expected.

For BEFORE TRUNCATE triggers, with the arguments of the row trigger beside it (record_change), by which it finds the
destination. Errors as record_change.$$;

create function steward.audit(
    target regclass,
    destination regclass,
    ignore text[] default '{}',
    redact text[] default '{}',
    actions text[] default '{INSERT,UPDATE,DELETE,TRUNCATE}',
    always boolean default false,
    require_actor boolean default false,
    key text[] default null,
    name text default null
) returns void
    language c as 'MODULE_PATHNAME', 'audit';

comment on function steward.audit(regclass, regclass, text[], text[], text[], boolean, boolean, text[], text) is
$$Records every change of a table in a log: who, when, and what was there before and after.

  select steward.create_audit_log('audit.log');
  select steward.audit('tasks', 'audit.log', ignore => '{updated_at}', redact => '{secret}');

target         the table; ordinary or partitioned, owned by the caller
destination    a log made by create_audit_log, into which the caller may INSERT; or a table with the target's owner whose
               columns are known by name: action and changes (jsonb), and where they are there user_id, entity_type,
               entity_id, created_at, and the names that a log has
ignore         columns that do not count: an UPDATE of nothing else is not recorded, and they never appear
redact         columns of which it is recorded that they changed, never what they hold
actions        what is recorded: INSERT, UPDATE, DELETE, TRUNCATE
always         true: also what replication applies (ENABLE ALWAYS); a table that is replicated is then recorded twice
require_actor  true: a change is refused unless app.current_user_id (or app.user_id) says who makes it
key            the columns that identify a row; NULL for the primary key
name           the row trigger's name; NULL for steward_audit. The trigger for TRUNCATE has _truncate behind it

Called again with the same arguments it does nothing; with others it replaces the attachment of that name, or the one
to the same destination. A partition that is added later is recorded; for its own TRUNCATE call audit again.
NULL in any argument but key and name is an error.
Errors: 22023 NULL or senseless argument; 42703 no such column; 42704 no such table; 42809 no table, or a destination
that cannot hold it; 42501 not the owner, another owner of the destination, or no right to INSERT into the log; 42710 the
trigger's name is taken; 55000 no primary key, or inheritance children.$$;
",
    name = "audit",
    requires = ["schema_usage"],
);
