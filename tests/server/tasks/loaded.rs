//! What got past the triggers is found and mended, and a database that was dumped and restored goes on.

use steward_tests::{Database, tests};

use super::{CHAIN, assert_verified, kept, owner_of_tracked_tasks};

tests![
    what_got_past_the_triggers_is_found_and_mended,
    a_task_that_is_written_is_counted_then,
    a_dump_restores_as_it_was,
];

fn what_got_past_the_triggers_is_found_and_mended(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    let mut superuser = database.superuser();
    superuser.run(
        "set session_replication_role = replica;
         insert into tasks (id) values (6); insert into edges values (6, 5), (5, 1);
         update tasks set status = 'done' where id = 1; delete from tasks where id = 4; delete from edges where task_id = 4",
    );
    assert_eq!(
        owner.rows("select problem, task from steward.verify_tasks('tasks') order by 2, 1"),
        [
            "other state|1",
            "other counter|2",
            "other counter|3",
            "no such task|4",
            "not counted|6"
        ]
    );
    assert_eq!(owner.value("select steward.rebuild_tasks('tasks')"), "5");
    assert_verified(&mut owner, "tasks");
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|0|0|t", "3|0|1|f", "5|0|0|t", "6|0|1|f"]
    );
    assert_eq!(owner.value("select steward.rebuild_tasks('tasks')"), "0");
}

fn a_task_that_is_written_is_counted_then(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    let mut superuser = database.superuser();
    superuser.run("set session_replication_role = replica; insert into tasks (id) values (6), (7); insert into edges values (6, 5), (6, 7), (5, 6)");
    superuser.run("delete from edges where task_id = 5 and depends_on = 6");
    owner.run("update tasks set status = 'doing' where id = 6");
    // 7 is not known yet, so it does not block.
    assert_eq!(kept(&mut owner)[5], "6|0|1|f");
    owner.run("update tasks set status = 'doing' where id = 7");
    assert_eq!(kept(&mut owner)[5..], ["6|0|2|f", "7|0|0|t"]);
    assert_verified(&mut owner, "tasks");
}

fn a_dump_restores_as_it_was(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("update tasks set status = 'done' where id = 1");
    let before = (
        kept(&mut owner),
        owner.rows(
            "select target, name, arguments, bound_table from steward.attachments order by target::text, name",
        ),
    );
    let copy = database.restored();
    let mut restored = copy.superuser();
    assert_eq!(
        (
            kept(&mut restored),
            restored.rows(
                "select target, name, arguments, bound_table from steward.attachments order by target::text, name"
            )
        ),
        before
    );
    assert_eq!(
        restored.sqlstate("update tasks set status = 'done' where id = 3"),
        "55000"
    );
    assert_eq!(
        restored.rows("select * from steward.complete_task('tasks', 2)"),
        ["3"]
    );
    assert_verified(&mut restored, "tasks");
    assert_eq!(restored.value("select steward.rebuild_tasks('tasks')"), "0");
    assert_eq!(
        restored.value("select steward.detach('tasks', 'tasks')"),
        "9"
    );
    assert_eq!(
        restored.value("select to_regclass('public.tasks_readiness')"),
        "NULL"
    );
}
