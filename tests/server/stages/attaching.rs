//! The attach call: its arguments, and what it leaves alone.

use steward_tests::{Database, Session, tests};

use super::{TABLES, TRACK, owner_of_tracked_tasks, transitions};

tests![
    again_is_nothing_and_locks_nothing,
    other_arguments_replace,
    two_stages_are_two_attachments,
    two_sessions_at_once,
    wrong_arguments,
    wrong_columns,
    a_destination_without_index,
    a_stage_that_may_be_null,
    no_default_destination,
    a_column_in_two_roles,
    triggers_made_by_hand,
];

fn triggers(owner: &mut Session) -> Vec<String> {
    owner.rows(
        "select t.oid, name, arguments, bound_table from steward.attachments \
         join pg_trigger as t on tgrelid = target and tgname = name order by name",
    )
}

fn again_is_nothing_and_locks_nothing(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let before = triggers(&mut owner);
    assert_eq!(before.len(), 1);
    owner.run("begin");
    owner.run(TRACK);
    assert_eq!(triggers(&mut owner), before);
    let locks = owner.rows(
        "select relation::regclass, mode from pg_locks where pid = pg_backend_pid() \
            and locktype = 'relation' and relation in ('tasks'::regclass, 'history'::regclass) order by 1, 2",
    );
    assert_eq!(locks, ["tasks|AccessShareLock", "history|AccessShareLock"]);
}

fn other_arguments_replace(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("create table other (like history); create index on other (task)");
    owner.run(&TRACK.replace("'history'", "'other'"));
    assert_eq!(
        owner.rows("select name, bound_table from steward.attachments"),
        ["steward_stage|other"]
    );
    owner.run("insert into tasks values (1, 'one', 'a')");
    assert!(transitions(&mut owner, 1).is_empty());
    assert_eq!(owner.rows("select after from other"), ["a"]);
    owner.run(&TRACK.replace(')', ", name => 'mine')"));
    assert_eq!(
        owner.rows("select name, bound_table from steward.attachments"),
        ["mine|history"]
    );
    owner.run("create index on history (lasted)");
    owner.run(
        &TRACK
            .replace("'lasted'", "'task'")
            .replace("'task', from", "'lasted', from"),
    );
    assert_eq!(
        owner.rows("select name, arguments[3], arguments[7] from steward.attachments"),
        ["mine|lasted|task"]
    );
}

fn two_stages_are_two_attachments(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("alter table tasks add column review text not null default 'none'; create table reviews (like history); create index on reviews (task)");
    owner.run(
        &TRACK
            .replace("'stage'", "'review'")
            .replace("'history'", "'reviews'"),
    );
    owner.run("insert into tasks values (1, 'one', 'a'); update tasks set review = 'asked'; update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert_eq!(
        owner.rows("select after from reviews order by at"),
        ["none", "asked"]
    );
    assert_eq!(owner.value("select steward.detach('tasks', 'stages')"), "2");
}

fn two_sessions_at_once(database: &Database) {
    let mut first = database.owner();
    first.run(TABLES);
    let (second, mut observer) = (database.owner(), database.owner());
    first.run("begin");
    first.run(TRACK);
    let waiting = second.start(TRACK);
    waiting.until_blocked(&mut observer);
    first.run("commit");
    let (_, result) = waiting.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(triggers(&mut first).len(), 1);
}

fn wrong_arguments(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    assert_eq!(
        owner
            .refusal("select steward.track_stages(null)")
            .to_string(),
        "22023: argument \"target\" must not be NULL"
    );
    for argument in [
        "stage",
        "key",
        "row_column",
        "from_column",
        "to_column",
        "at_column",
        "duration_column",
    ] {
        let refusal = owner.refusal(&format!(
            "select steward.track_stages('tasks', {argument} => null)"
        ));
        assert_eq!(
            refusal.to_string(),
            format!("22023: argument \"{argument}\" must not be NULL")
        );
    }
    assert_eq!(
        owner.sqlstate("select steward.track_stages('tasks', destination => 'nope')"),
        "42P01"
    );
    assert_eq!(
        owner.sqlstate("select steward.track_stages('tasks', destination => 4000000000::oid)"),
        "42704"
    );
}

fn wrong_columns(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    for (argument, value) in [
        ("stage", "'stage'"),
        ("row_column", "'task'"),
        ("at_column", "'at'"),
        ("duration_column", "'lasted'"),
    ] {
        let call = TRACK.replace(
            &format!("{argument} => {value}"),
            &format!("{argument} => 'nope'"),
        );
        assert_ne!(call, TRACK);
        let (table, columns) = if argument == "stage" {
            ("tasks", "id, title, stage")
        } else {
            ("history", "task, before, after, at, lasted")
        };
        assert_eq!(
            owner.refusal(&call).to_string(),
            format!(
                "42703: column nope of table public.{table} does not exist\n\
                 DETAIL: Its columns are: {columns}.\n\
                 SCHEMA: public\n\
                 TABLE: {table}\n\
                 COLUMN: nope"
            )
        );
    }
}

fn a_destination_without_index(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let expected = "55000: table public.history has no index that starts with column task\n\
                    DETAIL: Each transition looks up the previous one of its row.\n\
                    HINT: create index on public.history (task);\n\
                    SCHEMA: public\n\
                    TABLE: history\n\
                    COLUMN: task";
    owner.run("drop index history_task_at_idx");
    assert_eq!(owner.refusal(TRACK).to_string(), expected);
    for useless in [
        "create index i on history (at, task)",
        "create index i on history (task) where after = 'a'",
        "create index i on history ((task + 1), task)",
    ] {
        owner.run(useless);
        assert_eq!(owner.refusal(TRACK).to_string(), expected, "{useless}");
        owner.run("drop index i");
    }
    // The hint is a statement that mends it.
    owner.run("create index on public.history (task);");
    owner.run(TRACK);
}

fn a_stage_that_may_be_null(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("alter table tasks alter stage drop not null");
    assert_eq!(
        owner.refusal(TRACK).to_string(),
        "22023: column stage of table public.tasks may become NULL, which column after of table public.history does not take\n\
         HINT: alter table public.tasks alter column stage set not null; or: alter table public.history alter column after drop not null;\n\
         SCHEMA: public\n\
         TABLE: tasks\n\
         COLUMN: stage"
    );
    owner.run("alter table public.history alter column after drop not null;");
    owner.run(TRACK);
}

fn no_default_destination(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table features (id integer primary key, current_stage text not null)");
    assert_eq!(
        owner
            .refusal("select steward.track_stages('features')")
            .to_string(),
        "42704: table public.stage_transitions does not exist\n\
         HINT: Create it, or name another table with destination => '...'."
    );
}

fn a_column_in_two_roles(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let refusal =
        owner.refusal(&TRACK.replace("from_column => 'before'", "from_column => 'after'"));
    assert_eq!(refusal.sqlstate(), "42701");
}

/// Such as a dump makes them; and those that cannot work say so when they fire.
fn triggers_made_by_hand(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let arguments = "('id', 'stage', 'task', 'before', 'after', 'at', 'lasted')";
    let function = "for each row execute function steward.record_stage_transition";
    owner.run(&format!("create constraint trigger own after insert or update on tasks from history {function}{arguments}"));
    let before = triggers(&mut owner);
    owner.run(TRACK);
    assert_eq!(triggers(&mut owner), before, "the same under another name");
    owner.run("insert into tasks values (1, 'one', 'a')");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"]);
    owner.run("drop trigger own on tasks");

    for (trigger, message) in [
        (
            format!("create trigger bad after insert on tasks {function}{arguments}"),
            "trigger bad on public.tasks is not bound to a destination",
        ),
        (
            format!("create trigger bad before insert on tasks {function}{arguments}"),
            "trigger bad on public.tasks is not a row-level AFTER trigger",
        ),
        (
            format!(
                "create trigger bad after insert on tasks for each statement execute function steward.record_stage_transition{arguments}"
            ),
            "trigger bad on public.tasks is not a row-level AFTER trigger",
        ),
        (
            format!(
                "create constraint trigger bad after insert on tasks from history {function}('id')"
            ),
            "trigger bad on public.tasks has arguments that steward.record_stage_transition() does not take",
        ),
    ] {
        owner.run(&trigger);
        let refusal = owner.refusal("insert into tasks values (2, 'two', 'a')");
        assert_eq!((refusal.sqlstate(), refusal.message()), ("39P01", message));
        assert!(refusal.hint().is_some());
        owner.run("drop trigger bad on tasks");
    }
    owner.run(&format!(
        "create constraint trigger bad after delete on tasks from history {function}{arguments}"
    ));
    assert_eq!(owner.sqlstate("delete from tasks"), "39P01");
}
