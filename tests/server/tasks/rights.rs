//! Who writes needs no right on what is kept, sees nothing through an error, and cannot make the rule write elsewhere.

use steward_tests::{Database, Role, tests};

use super::{CHAIN, TABLES, TRACK, assert_verified, kept, owner_of_tracked_tasks};

tests![
    writers_need_no_right_on_the_side_table,
    an_error_names_no_row_that_policies_hide,
    nor_one_whose_columns_may_not_be_read,
    an_owner_who_forces_policies_upon_himself,
    a_trigger_that_is_written_by_hand,
    a_side_table_that_was_changed,
];

fn writers_need_no_right_on_the_side_table(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("grant select, insert, update, delete on tasks, edges to public");
    let mut user = database.session(Role::Writer);
    assert_eq!(user.sqlstate("select * from tasks_readiness"), "42501");
    user.run(CHAIN);
    user.run("update tasks set status = 'done' where id = 1; delete from edges where task_id = 4; delete from tasks where id = 5");
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|0|0|t", "3|0|1|f", "4|0|0|t"]
    );
    assert_verified(&mut owner, "tasks");
}

fn an_error_names_no_row_that_policies_hide(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("grant select, update on tasks to public; grant select on edges to public");
    let mut user = database.session(Role::Writer);
    let refused = "update tasks set status = 'done' where id = 3";
    assert!(user.refusal(refused).detail().is_some(), "the control");
    owner.run(
        "alter table tasks enable row level security; create policy visible on tasks using (id > 2)",
    );
    let refusal = user.refusal(refused);
    assert_eq!((refusal.sqlstate(), refusal.detail()), ("55000", None));
    assert_eq!(
        user.rows("select task from steward.blockers('tasks', 3)"),
        [""; 0]
    );
    owner.run(
        "alter table tasks disable row level security; alter table edges enable row level security",
    );
    assert_eq!(user.refusal(refused).detail(), None);
}

fn nor_one_whose_columns_may_not_be_read(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run(
        "grant select (id, status), update on tasks to public; grant select on edges to public",
    );
    let mut user = database.session(Role::Writer);
    let refused = "update tasks set status = 'done' where id = 3";
    assert_eq!(user.refusal(refused).detail(), None);
    owner.run("grant select (title) on tasks to public");
    assert!(user.refusal(refused).detail().is_some(), "the control");
}

fn an_owner_who_forces_policies_upon_himself(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(CHAIN);
    owner.run("alter table tasks enable row level security; alter table tasks force row level security; alter table edges enable row level security; alter table edges force row level security");
    owner.run(TRACK);
    assert_eq!(kept(&mut owner).len(), 5);
    assert_verified(&mut owner, "tasks");
    owner.run("update tasks_readiness set open_blockers = 9");
    assert_eq!(owner.value("select steward.rebuild_tasks('tasks')"), "5");
}

fn a_trigger_that_is_written_by_hand(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner
        .run("grant all on tasks_readiness, tasks to public; grant all on schema public to public");
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table mine (task_id integer, depends_on integer);
         create constraint trigger steal after insert on mine from public.tasks_readiness
         for each row execute function steward.note_task_edge('task_id', 'depends_on');
         create trigger flush after insert on mine for each statement execute function steward.settle_tasks()",
    );
    assert_eq!(stranger.sqlstate("insert into mine values (5, 1)"), "42501");
    // Nor does another table of the owner's count.
    owner.run(
        "create table other (like edges);
         create constraint trigger steal after insert on other from tasks_readiness
         for each row execute function steward.note_task_edge('task_id', 'depends_on')",
    );
    owner.run("insert into other values (5, 1)");
    assert_eq!(kept(&mut owner)[4], "5|0|0|t");
    for call in [
        "stamp_completion",
        "note_task",
        "note_task_edge",
        "settle_tasks",
        "settle_tasks_late",
        "recount_tasks",
    ] {
        assert_eq!(
            stranger.sqlstate(&format!("select steward.{call}()")),
            "39P01",
            "{call}"
        );
        stranger.run(&format!("create trigger wrong after update on mine for each row execute function steward.{call}()"));
        stranger.run("drop trigger wrong on mine");
    }
}

fn a_side_table_that_was_changed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    for change in [
        "alter table tasks_readiness add column more text",
        "create index on tasks_readiness (task) where is_ready",
        "alter table tasks_readiness alter column open_blockers type bigint",
        "alter table tasks_readiness rename column state to status",
        "alter table tasks_readiness drop constraint tasks_readiness_pkey",
    ] {
        owner.run(&format!("begin; {change}"));
        let refusal = owner.refusal("update tasks set status = 'done' where id = 1");
        assert_eq!(refusal.sqlstate(), "42809", "{refusal}\nafter: {change}");
        owner.run("rollback");
    }
    owner.run("update tasks set status = 'done' where id = 1");
    assert_eq!(owner.sqlstate("drop table tasks_readiness"), "2BP01");
}
