//! The attach call: its arguments, its rights, and what it leaves alone.

use steward_tests::{Database, Role, Session, tests};

use super::TASKS;
use crate::errors::assert_must_be_owner;

tests![
    again_is_nothing_and_locks_nothing,
    other_arguments_replace,
    two_columns_are_two_attachments,
    a_trigger_made_by_hand_counts,
    a_name_that_is_taken,
    a_long_name_is_cut_once,
    two_sessions_at_once,
    a_session_that_was_read_before,
    wrong_arguments,
    wrong_columns,
    the_hint_for_a_wrong_type_can_be_followed,
    rights,
    every_caller_may_be_a_function,
];

fn owner_of_tasks(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner
}

/// The triggers of `tasks`, with the oids that tell a new one from an old one.
fn triggers(owner: &mut Session) -> Vec<String> {
    owner.rows(
        "select t.oid, name, arguments from steward.attachments \
         join pg_trigger as t on tgrelid = target and tgname = name order by name",
    )
}

/// What `session` holds locked in the current transaction, but for the catalogs.
fn locks(session: &mut Session) -> Vec<String> {
    session.rows(
        "select relation::regclass, mode from pg_locks \
         where pid = pg_backend_pid() and locktype = 'relation' and relation >= 16384 \
            and relation::regclass::text not like 'steward.%' order by 1, 2",
    )
}

fn again_is_nothing_and_locks_nothing(database: &Database) {
    let mut owner = owner_of_tasks(database);
    let call = "select steward.track_updated_at('tasks', only_changes => true)";
    owner.run(call);
    let before = triggers(&mut owner);
    assert_eq!(before.len(), 1);
    owner.run(&format!("begin; {call}"));
    assert_eq!(locks(&mut owner), ["tasks|AccessShareLock"]);
    assert_eq!(triggers(&mut owner), before);
    owner.run("commit");
    // The control: a call that changes something does lock.
    owner.run("begin; select steward.track_updated_at('tasks')");
    let locked = locks(&mut owner).join(" ");
    assert!(locked.contains("tasks|ShareRowExclusiveLock"), "{locked}");
    owner.run("rollback");
    // It does not wait for a writer, nor a writer for it.
    owner.run("begin; update tasks set title = 'x'");
    let mut other = database.owner();
    other.run(&format!("set lock_timeout = '1s'; {call}"));
}

fn other_arguments_replace(database: &Database) {
    let mut owner = owner_of_tasks(database);
    for (arguments, expected) in [
        ("", "steward_updated_at|{updated_at}"),
        (
            ", only_changes => true",
            "steward_updated_at|{updated_at,only_changes}",
        ),
        (
            ", only_changes => true, name => 'stamp'",
            "stamp|{updated_at,only_changes}",
        ),
        // Without a name the one that is there stays.
        (", only_changes => false", "stamp|{updated_at}"),
        (
            ", name => 'steward_updated_at'",
            "steward_updated_at|{updated_at}",
        ),
    ] {
        owner.run(&format!(
            "select steward.track_updated_at('tasks'{arguments})"
        ));
        let found = owner.rows("select name, arguments from steward.attachments");
        assert_eq!(found, [expected], "{arguments}");
    }
}

fn two_columns_are_two_attachments(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "alter table tasks add column seen_at timestamptz;
         select steward.track_updated_at('tasks');
         select steward.track_updated_at('tasks', column_name => 'seen_at', only_changes => true)",
    );
    owner.run("begin; update tasks set title = title");
    assert!(owner.holds("select bool_and(updated_at = now()) from tasks"));
    // The other stamp is a change of the row: the trigger of `seen_at` comes first by name.
    assert!(owner.holds("select bool_and(seen_at is null) from tasks"));
    owner.run("rollback; select steward.detach('tasks', 'timestamps', name => 'steward_seen_at')");
    assert_eq!(
        owner.rows("select name from steward.attachments"),
        ["steward_updated_at"]
    );
}

fn a_trigger_made_by_hand_counts(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "create trigger \"by hand\" before update on tasks for each row execute function steward.set_updated_at()",
    );
    let before = triggers(&mut owner);
    owner.run("select steward.track_updated_at('tasks')");
    assert_eq!(triggers(&mut owner), before);
    owner.run("begin; update tasks set title = 'x'");
    assert!(owner.holds("select bool_and(updated_at = now()) from tasks"));
    owner.run("rollback; select steward.track_updated_at('tasks', only_changes => true)");
    assert_eq!(
        owner.rows("select name, arguments from steward.attachments"),
        ["by hand|{updated_at,only_changes}"]
    );
}

fn a_name_that_is_taken(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "create function nothing() returns trigger language plpgsql as 'begin return new; end';
         create trigger steward_updated_at before update on tasks for each row execute function nothing();
         create trigger taken before update on tasks for each row execute function nothing()",
    );
    let refusal = owner.refusal("select steward.track_updated_at('tasks', name => 'taken')");
    assert_eq!(
        refusal.to_string(),
        "42710: trigger \"taken\" for relation \"tasks\" already exists"
    );
    // Without a name another one is found, and the user's trigger stays.
    owner.run("select steward.track_updated_at('tasks')");
    assert_eq!(
        owner.rows("select name from steward.attachments"),
        ["steward_updated_at_2"]
    );
}

fn a_long_name_is_cut_once(database: &Database) {
    let mut owner = owner_of_tasks(database);
    let call = format!(
        "select steward.track_updated_at('tasks', name => '{}')",
        "x".repeat(70)
    );
    owner.run(&call);
    let before = triggers(&mut owner);
    owner.run(&call);
    assert_eq!(triggers(&mut owner), before, "again is nothing");
}

fn two_sessions_at_once(database: &Database) {
    let mut first = owner_of_tasks(database);
    let (second, mut observer) = (database.owner(), database.owner());
    first.run("begin; select steward.track_updated_at('tasks')");
    let waiting = second.start("select steward.track_updated_at('tasks')");
    waiting.until_blocked(&mut observer);
    first.run("commit");
    let (_, result) = waiting.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(triggers(&mut first).len(), 1);
}

/// A session that has looked at the table before sees what another one attaches and detaches.
fn a_session_that_was_read_before(database: &Database) {
    let mut owner = owner_of_tasks(database);
    let mut other = database.owner();
    let stamped = "update tasks set title = title || '.' where id = 1 returning updated_at = now()";
    assert!(!other.holds(stamped));
    owner.run("select steward.track_updated_at('tasks')");
    assert!(other.holds(stamped));
    owner.run(
        "select steward.detach('tasks', 'timestamps'); update tasks set updated_at = '2001-01-01'",
    );
    assert!(!other.holds(stamped));
}

fn wrong_arguments(database: &Database) {
    let mut owner = owner_of_tasks(database);
    for (call, argument) in [
        ("null", "target"),
        ("'tasks', column_name => null", "column_name"),
        ("'tasks', only_changes => null", "only_changes"),
    ] {
        let refusal = owner.refusal(&format!("select steward.track_updated_at({call})"));
        assert_eq!(
            refusal.to_string(),
            format!("22023: argument \"{argument}\" must not be NULL")
        );
    }
    assert_eq!(
        owner.sqlstate("select steward.track_updated_at('no_such_table')"),
        "42P01"
    );
    assert!(triggers(&mut owner).is_empty());
}

fn wrong_columns(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "alter table tasks add column day date, add column at_time time, add column texts timestamptz[],
             add column made timestamp generated always as ('2001-01-01') stored",
    );
    assert_eq!(
        owner
            .refusal("select steward.track_updated_at('tasks', column_name => 'nope')")
            .to_string(),
        "42703: column nope of table public.tasks does not exist\n\
         DETAIL: Its columns are: id, title, updated_at, day, at_time, texts, made.\n\
         SCHEMA: public\n\
         TABLE: tasks\n\
         COLUMN: nope"
    );
    for (column, problem) in [
        (
            "day",
            "is not of type timestamp or timestamp with time zone",
        ),
        (
            "at_time",
            "is not of type timestamp or timestamp with time zone",
        ),
        (
            "texts",
            "is not of type timestamp or timestamp with time zone",
        ),
        (
            "title",
            "is not of type timestamp or timestamp with time zone",
        ),
        ("made", "is generated from other columns"),
    ] {
        let refusal = owner.refusal(&format!(
            "select steward.track_updated_at('tasks', column_name => '{column}')"
        ));
        assert_eq!(
            refusal.to_string(),
            format!(
                "42809: column {column} of table public.tasks {problem}\n\
                 HINT: Name a column that can hold it: select steward.track_updated_at('public.tasks', column_name => 'updated_at');\n\
                 SCHEMA: public\n\
                 TABLE: tasks\n\
                 COLUMN: {column}"
            )
        );
    }
    for system in ["ctid", "xmin", "tableoid", ""] {
        let call = format!("select steward.track_updated_at('tasks', column_name => '{system}')");
        assert_eq!(owner.sqlstate(&call), "42703", "{system}");
    }
}

/// The HINT is a statement that can be run, and after it the call.
fn the_hint_for_a_wrong_type_can_be_followed(database: &Database) {
    let mut owner = database.owner();
    for (columns, hint) in [
        (
            "updated_at date",
            "Change its type: alter table public.t alter column updated_at type timestamptz using updated_at::timestamptz;",
        ),
        (
            "updated_at text",
            "Change its type: alter table public.t alter column updated_at type timestamptz using updated_at::timestamptz;",
        ),
        (
            "updated_at bigint",
            "Add a column for the stamp: alter table public.t add column changed_at timestamptz not null default now(); \
             select steward.track_updated_at('public.t', column_name => 'changed_at');",
        ),
        (
            "updated_at timestamp generated always as ('2001-01-01') stored",
            "Add a column for the stamp: alter table public.t add column changed_at timestamptz not null default now(); \
             select steward.track_updated_at('public.t', column_name => 'changed_at');",
        ),
        (
            "updated_at time, changed_at bigint, \"When\" timestamp",
            "Name a column that can hold it: select steward.track_updated_at('public.t', column_name => 'When');",
        ),
    ] {
        owner.run(&format!(
            "create table t (id integer, {columns}); insert into t values (1)"
        ));
        let refusal = owner.refusal("select steward.track_updated_at('t')");
        assert_eq!((refusal.sqlstate(), refusal.hint()), ("42809", Some(hint)));
        let (_, statements) = hint.split_once(": ").expect("statements");
        owner.run(statements);
        if statements.starts_with("alter") && !statements.contains("select") {
            owner.run("select steward.track_updated_at('t')");
        }
        assert_eq!(triggers(&mut owner).len(), 1, "{columns}");
        owner.run("drop table t");
    }
}

fn rights(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run("grant all on tasks to writer");
    let mut writer = database.session(Role::Writer);
    assert_must_be_owner(
        &writer.refusal("select steward.track_updated_at('tasks')"),
        "public",
        "tasks",
    );
    let mut member = database.session(Role::Member);
    member.run("select steward.track_updated_at('tasks')");
    assert_eq!(
        writer.sqlstate("select steward.detach('tasks', 'timestamps')"),
        "42501"
    );
    member.run("select steward.detach('tasks', 'timestamps')");
    let mut superuser = database.superuser();
    superuser.run("select steward.track_updated_at('tasks')");
    assert_eq!(triggers(&mut owner).len(), 1);
}

fn every_caller_may_be_a_function(database: &Database) {
    let mut owner = owner_of_tasks(database);
    owner.run(
        "create function attach_all() returns void language plpgsql as $$
         declare target regclass;
         begin
             for target in select attrelid::regclass from pg_attribute
                 where attname = 'updated_at' and attrelid = 'tasks'::regclass loop
                 perform steward.track_updated_at(target);
             end loop;
         end $$;
         select attach_all();
         begin; update tasks set title = 'x'",
    );
    assert!(owner.holds("select bool_and(updated_at = now()) from tasks"));
}
