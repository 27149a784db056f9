//! Telling people what happens to their tasks, by rows in a table of notices.
//!
//! The table is the user's own, with whatever it demands of its rows; and a notice is never worth the change
//! that it tells of. So notices are written where a refusal can be borne (`write`), at the end of a statement,
//! all of them at once.

use pgrx::extension_sql;

use crate::pg::function::sql_function;
use crate::pg::trigger::trigger;

mod attach;
mod choice;
mod collect;
mod event;
mod notifier;
mod requirements;
mod unblocked;
mod write;

sql_function!(notify_on, attach::notify_on);
sql_function!(notify_unblocked, unblocked::notify_unblocked);
trigger!(collect_notices, AfterRow, collect::collect_notices);
trigger!(settle_notices, Guard, collect::settle_notices);

extension_sql!(
    r#"
create function steward.collect_notices() returns trigger
    language c as 'MODULE_PATHNAME', 'collect_notices';

comment on function steward.collect_notices() is
$$Trigger function behind notify_on: notes what happened to tasks that somebody has to be told of.

For AFTER INSERT OR UPDATE row triggers (on a partitioned table OR DELETE too) that are bound to the table of notices with CREATE
CONSTRAINT TRIGGER ... FROM; settle_notices writes the notices.
Arguments in CREATE TRIGGER: EVENT=LABEL for each event, then ROLE=COLUMN for the columns, and done=LABEL.
Errors: 39P01 where the trigger is of another kind; 42703 where a column is gone; 42501 where the owners differ.$$;

create function steward.settle_notices() returns trigger
    language c as 'MODULE_PATHNAME', 'settle_notices';

comment on function steward.settle_notices() is
$$Trigger function behind notify_on: writes the notices at the end of a statement.

For triggers BEFORE and AFTER INSERT OR UPDATE OR DELETE, FOR EACH STATEMENT, and, on a partitioned table, for a deferred row
trigger. It takes no arguments. A notice that the table refuses becomes a WARNING.$$;

create function steward.notify_on(
    tasks regclass,
    destination regclass default null,
    events jsonb default
        '{"assigned": "task_assigned", "completed": "task_completed", "delayed": "task_delayed", "unblocked": "system"}',
    key text default 'id',
    assignee text default 'assigned_to',
    creator text default 'created_by',
    title text default 'title',
    status text default 'status',
    done text[] default '{done}',
    flag text default 'is_delayed',
    user_column text default 'user_id',
    type_column text default 'type',
    title_column text default 'title',
    message_column text default 'message',
    task_column text default 'related_task_id',
    name text default null
) returns void
    language c as 'MODULE_PATHNAME', 'notify_on';

comment on function steward.notify_on(
    regclass, regclass, jsonb, text, text, text, text, text, text[], text, text, text, text, text, text, text
) is
$$Writes a row into a table of notices when a task is assigned, completed, delayed or unblocked, for whom it concerns.

  select steward.notify_on('tasks');
  select steward.notify_on('tasks', events => '{"assigned": "new_task"}', assignee => 'owner_id', task_column => 'task_id');

tasks           the table of tasks; ordinary or partitioned, owned by the caller
destination     the table of notices, of the same owner; NULL for notifications in the schema of the tasks
events          what is told, and what the table of notices calls it: assigned (to the new assignee, unless they did it
                themselves), completed (to the creator, else the assignee), delayed (the flag is set; to the assignee),
                unblocked (the last blocker went; to the assignee; needs track_completion). null, or left out: not told
key             the tasks' column that identifies a task
assignee        their column with who has to do it
creator         their column with who asked for it; NULL where there is none
title           their column with what it is called; NULL where there is none
status, done    their column with the status, and the statuses in which a task is done
flag            their column that flag_delayed sets
user_column     notices: whom it is for
type_column     notices: what happened
title_column    notices: a short text, cut to the column's length; NULL to leave it out
message_column  notices: a longer text, cut likewise; NULL to leave it out
task_column     notices: the task; NULL to leave it out
name            tells several of one table apart; NULL for the only one

Who did it is known from the setting app.current_user_id, else app.user_id. A statement writes its notices at its end, by one
INSERT, as the owner of the table of notices. What that table refuses (CHECK, foreign key, NOT NULL, length, policy) becomes a
WARNING and does not fail the task's own write. Called again with the same arguments it does nothing.
Errors: 22023 NULL argument, an unknown event, or a label that the column does not take; 42703 no such column; 42704 no such
table; 42809 tables or columns that do not fit; 42501 not the owner, or another owner of the notices; 55000 a column of the
notices that gets no value, or a deferrable constraint.$$;

create function steward.notify_unblocked(tasks regclass, keys text[]) returns integer
    language c as 'MODULE_PATHNAME', 'notify_unblocked';

comment on function steward.notify_unblocked(regclass, text[]) is
$$Writes a notice for the assignee of each of these tasks: nothing blocks it any more. Returns how many.

The rule behind track_completion calls it, as the owner of the tasks; notify_on says where the notices go.
Errors: 42501 not the owner; 22023 NULL argument.$$;
"#,
    name = "tasks_notices",
    requires = ["schema_usage"],
);
