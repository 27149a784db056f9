//! `complete_task`, `reopen_task` and `blockers`.

use steward_tests::{Database, Role, Session, tests};

use super::{CHAIN, TABLES, kept, owner_of_tracked_tasks, owner_with};

tests![
    completing_tells_what_became_ready,
    a_task_that_is_done_already,
    a_task_that_is_not_there,
    keys_of_every_type,
    rights_are_those_of_the_caller,
    one_session_completes_as_many_roles,
    one_session_completes_after_changes_of_the_tables,
    reopening,
    reopening_by_the_transitions,
    reopening_to_nowhere,
    what_a_task_waits_for,
    questions_in_a_read_only_transaction,
    the_setting_lasts_for_the_call_only,
];

fn tracked_chain(database: &Database) -> Session {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner
}

fn completing_tells_what_became_ready(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("insert into edges values (5, 1)");
    let complete = |task: i32| format!("select * from steward.complete_task('tasks', {task})");
    assert_eq!(owner.rows(&complete(1)), ["2", "5"]);
    assert_eq!(owner.rows(&complete(5)), [""; 0]);
    assert_eq!(owner.rows(&complete(2)), ["3"]);
    let refusal = owner.refusal(&complete(4));
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint()),
        ("55000", Some("tasks_unblocked"))
    );
    // What is said is about that call alone.
    assert_eq!(owner.rows("select c from steward.complete_task('tasks', 3) as c union all select c from steward.complete_task('tasks', 4) as c"), ["4"]);
}

fn a_task_that_is_done_already(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("select steward.complete_task('tasks', 1)");
    assert_eq!(
        owner.rows("select * from steward.complete_task('tasks', 1)"),
        [""; 0]
    );
    // Nor where another session was faster.
    let (mut first, second) = (database.owner(), database.owner());
    first.run("begin; select steward.complete_task('tasks', 2)");
    let waiting = second.start("select steward.complete_task('tasks', 2)");
    waiting.until_blocked(&mut owner);
    first.run("commit");
    let (_, result) = waiting.finish();
    assert!(result.is_ok(), "{result:?}");
}

fn a_task_that_is_not_there(database: &Database) {
    let mut owner = tracked_chain(database);
    for call in [
        "complete_task('tasks', 99)",
        "reopen_task('tasks', 99)",
        "complete_task('tasks', '99')",
    ] {
        let refusal = owner.refusal(&format!("select steward.{call}"));
        assert_eq!(refusal.sqlstate(), "P0002", "{refusal}");
        assert!(refusal.hint().is_some());
    }
    assert_eq!(
        owner.sqlstate("select steward.complete_task('tasks', 'x')"),
        "22P02"
    );
    assert_eq!(
        owner.sqlstate("select steward.complete_task('tasks', null::bigint)"),
        "22023"
    );
    assert_eq!(
        owner.sqlstate("select steward.complete_task('edges', 1)"),
        "42704"
    );
}

fn keys_of_every_type(database: &Database) {
    let mut owner = database.owner();
    for (key_type, key) in [
        ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
        ("bigint", "4294967296"),
        ("integer", "7"),
        ("text", "'a''b'"),
        ("varchar(9)", "'ü'"),
    ] {
        owner.run(&format!(
            "create table t (id {key_type} primary key, status text default 'todo');
             select steward.track_completion('t', completed_at => null);
             insert into t values ({key}); select steward.complete_task('t', {key}::{key_type})",
        ));
        assert!(owner.holds(&format!("select steward.reopen_task('t', {key}, 'todo')")));
        assert_eq!(
            owner.rows(&format!("select * from steward.blockers('t', {key})")),
            [""; 0]
        );
        owner.run("drop table t");
    }
}

fn rights_are_those_of_the_caller(database: &Database) {
    let mut owner = tracked_chain(database);
    let mut user = database.session(Role::Writer);
    owner.run("grant select on tasks to public");
    assert_eq!(
        user.sqlstate("select steward.complete_task('tasks', 1)"),
        "42501"
    );
    // No right on the side table or on the dependencies is needed.
    owner.run("grant update (status) on tasks to public");
    assert_eq!(
        user.rows("select * from steward.complete_task('tasks', 1)"),
        ["2"]
    );
    assert_eq!(
        user.sqlstate("select * from steward.blockers('tasks', 3)"),
        "42501"
    );
    owner.run("alter table tasks enable row level security; create policy own on tasks for select using (true);
        create policy writes on tasks for update using (id <> 2)");
    assert_eq!(
        user.sqlstate("select steward.complete_task('tasks', 2)"),
        "P0002"
    );
    owner.run("drop policy own on tasks; create policy own on tasks for select using (id <> 3)");
    assert_eq!(
        user.sqlstate("select steward.complete_task('tasks', 3)"),
        "P0002"
    );
}

/// The statement is planned once; whose rights it has is looked at each time.
fn one_session_completes_as_many_roles(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks (id, title) select i, case when i % 2 = 0 then 'writer' end from generate_series(1, 40) as i");
    owner.run(
        "grant select, update on tasks to writer; alter table tasks enable row level security;
         create policy own on tasks using (title = current_user)",
    );
    let mut session = database.superuser();
    for task in 1..=20 {
        session.run("reset role");
        session.run(&format!(
            "select steward.complete_task('tasks', {})",
            task + 20
        ));
        session.run("set role writer");
        let complete = format!("select steward.complete_task('tasks', {task})");
        if task % 2 == 0 {
            session.run(&complete);
        } else {
            assert_eq!(session.sqlstate(&complete), "P0002", "{task}");
        }
    }
    owner.run("revoke update on tasks from writer");
    assert_eq!(
        session.sqlstate("select steward.complete_task('tasks', 40)"),
        "42501"
    );
}

fn one_session_completes_after_changes_of_the_tables(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks (id) select generate_series(1, 40)");
    let mut complete = |tasks: &str, task: i32, change: &str| {
        for task in task..task + 7 {
            owner.run(&format!("select steward.complete_task('{tasks}', {task})"));
            assert!(owner.holds(&format!(
                "select status in ('done', 'finished') from {tasks} where id = {task}"
            )));
        }
        owner.run(change);
    };
    complete("tasks", 1, "alter table tasks drop column title");
    complete(
        "tasks",
        8,
        "alter table tasks rename to jobs; create table tasks (id integer, status text)",
    );
    complete(
        "jobs",
        15,
        "select steward.track_completion('jobs', done => '{finished}')",
    );
    complete("jobs", 22, "select 1");
    assert_eq!(
        owner.rows("select status, count(*) from jobs group by 1 order by 1"),
        ["done|21", "finished|7", "todo|12"]
    );
}

fn reopening(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("update tasks set status = 'done' where id = 1; update tasks set status = 'cancelled' where id = 5");
    assert!(owner.holds("select steward.reopen_task('tasks', 1)"));
    assert!(!owner.holds("select steward.reopen_task('tasks', 1)"));
    assert!(owner.holds("select steward.reopen_task('tasks', 5, status => 'doing')"));
    assert_eq!(
        owner.rows("select id, status, completed_at from tasks where id in (1, 5) order by 1"),
        ["1|todo|NULL", "5|doing|NULL"]
    );
    assert_eq!(kept(&mut owner)[1], "2|0|1|f");
    owner.run("select steward.complete_task('tasks', 1)");
    assert_eq!(
        owner.sqlstate("select steward.reopen_task('tasks', 1, 'cancelled')"),
        "22023"
    );
}

fn reopening_by_the_transitions(database: &Database) {
    let mut owner = owner_with(
        database,
        "select steward.track_completion('tasks', done => '{done,closed}', edges => 'edges',
             transitions => '{\"todo\": [\"done\"], \"done\": [\"closed\", \"again\", \"todo\"]}')",
    );
    owner.run("insert into tasks (id, status) values (1, 'done'), (2, 'closed')");
    owner.run("select steward.reopen_task('tasks', 1)");
    assert_eq!(
        owner.value("select status from tasks where id = 1"),
        "again"
    );
    assert_eq!(
        owner.sqlstate("select steward.reopen_task('tasks', 2)"),
        "23514"
    );
}

fn reopening_to_nowhere(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("alter table tasks alter column status set default 'done'; select steward.track_completion('tasks'); insert into tasks (id) values (1)");
    assert_eq!(
        owner.sqlstate("select steward.reopen_task('tasks', 1)"),
        "22023"
    );
    owner.run("alter table tasks alter column status drop default");
    assert_eq!(
        owner.sqlstate("select steward.reopen_task('tasks', 1)"),
        "22023"
    );
    owner.run("alter table tasks alter column status set default lower('TODO')");
    assert!(owner.holds("select steward.reopen_task('tasks', 1)"));
    assert_eq!(owner.value("select status from tasks"), "todo");
}

fn what_a_task_waits_for(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("insert into edges values (4, 5); update tasks set status = 'doing' where id = 2");
    let blockers =
        |transitive: bool| format!("select * from steward.blockers('tasks', 4, {transitive})");
    assert_eq!(
        owner.rows(&blockers(false)),
        ["3|Task 3|todo|1", "5|Task 5|todo|1"]
    );
    assert_eq!(
        owner.rows(&blockers(true)),
        [
            "3|Task 3|todo|1",
            "5|Task 5|todo|1",
            "1|Task 1|todo|2",
            "2|Task 2|doing|2"
        ]
    );
    owner.run("update tasks set status = 'done' where id = 1; update tasks set status = 'cancelled' where id = 5");
    assert_eq!(
        owner.rows(&blockers(true)),
        [
            "3|Task 3|todo|1",
            "5|Task 5|cancelled|1",
            "2|Task 2|doing|2"
        ]
    );
    assert_eq!(
        owner.rows("select * from steward.blockers('tasks', 99, true)"),
        [""; 0]
    );
}

fn questions_in_a_read_only_transaction(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("begin read only");
    assert_eq!(
        owner.value("select count(*) from steward.blockers('tasks', 3, true)"),
        "2"
    );
    assert_eq!(
        owner.rows("select * from steward.verify_tasks('tasks')"),
        [""; 0]
    );
    assert_eq!(
        owner.value("select pg_current_xact_id_if_assigned()"),
        "NULL"
    );
    owner.run("commit");
}

fn the_setting_lasts_for_the_call_only(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run(
        "create table seen (token text);
         create function note_token() returns trigger language plpgsql as $$ begin
             insert into seen values (current_setting('steward.claim_token', true));
             return null;
         end $$;
         create trigger note_token after update on tasks for each statement execute function note_token();
         begin; select steward.complete_task('tasks', 1, token) from steward.claim_task('tasks', 'me')",
    );
    assert_eq!(
        owner.value("select coalesce(current_setting('steward.claim_token', true), '')"),
        ""
    );
    owner.run("select steward.complete_task('tasks', 2); commit");
    assert_eq!(
        owner.rows("select coalesce(token, '') from seen"),
        ["1", ""]
    );
}
