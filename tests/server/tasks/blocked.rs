//! A task is done after its blockers, whatever statement completes it.

use steward_tests::{Database, tests};

use super::{CHAIN, assert_verified, kept, owner_of_tracked_tasks, owner_with, ready};

tests![
    a_task_is_not_done_before_its_blockers,
    without_the_rule_it_is,
    one_statement_completes_a_chain,
    many_blockers_are_not_all_named,
    a_cancelled_blocker_blocks,
    or_satisfies,
    it_may_only_be_warned_of,
    reopening_is_allowed,
    or_refused,
    a_task_may_be_inserted_as_done,
    kinds_that_do_not_block,
];

fn a_task_is_not_done_before_its_blockers(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    assert_eq!(
        kept(&mut owner),
        ["1|0|0|t", "2|0|1|f", "3|0|2|f", "4|0|1|f", "5|0|0|t"]
    );
    let refusal = owner.refusal("update tasks set status = 'done' where id = 3");
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint(), refusal.detail()),
        (
            "55000",
            Some("tasks_unblocked"),
            Some("It waits for 1 (Task 1), 2 (Task 2).")
        )
    );
    let text = refusal.to_string();
    for field in ["SCHEMA: public", "TABLE: tasks", "HINT: "] {
        assert!(text.contains(field), "{refusal}");
    }
    owner.run("update tasks set status = 'done' where id = 1");
    assert_eq!(ready(&mut owner), ["2", "5"]);
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where id = 4"),
        "55000"
    );
    owner.run("update tasks set status = 'done' where id = 2; update tasks set status = 'done' where id = 3");
    assert_eq!(ready(&mut owner), ["4", "5"]);
    owner.run("update tasks set status = 'done' where id = 4");
    assert_verified(&mut owner, "tasks");
}

fn without_the_rule_it_is(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("alter table tasks disable trigger user; update tasks set status = 'done' where id = 4; alter table tasks enable trigger user");
    assert_eq!(
        owner.rows("select * from steward.verify_tasks('tasks')"),
        ["other state|4|state 0, by its status 1"]
    );
}

fn one_statement_completes_a_chain(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where id in (1, 3, 4)"),
        "55000"
    );
    owner.run("update tasks set status = 'done'");
    assert_eq!(ready(&mut owner), [""; 0]);
    assert_verified(&mut owner, "tasks");
    // And the other way round, with what adds up in between.
    owner.run("update tasks set status = case id when 5 then 'done' else 'todo' end");
    assert_eq!(
        kept(&mut owner),
        ["1|0|0|t", "2|0|1|f", "3|0|2|f", "4|0|1|f", "5|1|0|f"]
    );
}

fn many_blockers_are_not_all_named(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks (id) select generate_series(1, 14); insert into edges select 14, i from generate_series(1, 13) as i");
    let refusal = owner.refusal("update tasks set status = 'done' where id = 14");
    assert_eq!(
        refusal.detail(),
        Some("It waits for 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 3 more.")
    );
}

fn a_cancelled_blocker_blocks(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("update tasks set status = 'cancelled' where id = 1");
    assert_eq!(kept(&mut owner)[..2], ["1|2|0|f", "2|0|1|f"]);
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where id = 2"),
        "55000"
    );
    assert_verified(&mut owner, "tasks");
}

fn or_satisfies(database: &Database) {
    let mut owner = owner_with(
        database,
        "select steward.track_completion('tasks', edges => 'edges', on_cancelled => 'satisfy')",
    );
    owner.run(CHAIN);
    owner.run("update tasks set status = 'cancelled' where id = 1; update tasks set status = 'done' where id = 2");
    assert_eq!(ready(&mut owner), ["3", "5"]);
    // From one that satisfies to another that does, nothing changes for others.
    owner.run("update tasks set status = 'done' where id = 1");
    assert_eq!(ready(&mut owner), ["3", "5"]);
    owner.run("update tasks set status = 'todo' where id = 1");
    assert_eq!(kept(&mut owner)[..3], ["1|0|0|t", "2|1|1|f", "3|0|1|f"]);
    assert_verified(&mut owner, "tasks");
}

fn it_may_only_be_warned_of(database: &Database) {
    let mut owner = owner_with(
        database,
        "select steward.track_completion('tasks', edges => 'edges', enforce => false)",
    );
    owner.run(CHAIN);
    owner.notices();
    owner.run("update tasks set status = 'done' where id = 3");
    let notices = owner.notices();
    assert!(
        notices.len() == 1
            && notices[0]
                .starts_with("WARNING: task 3 of public.tasks cannot be done before its blockers"),
        "{notices:?}"
    );
    assert_eq!(kept(&mut owner)[2..4], ["3|1|2|f", "4|0|0|t"]);
    assert_verified(&mut owner, "tasks");
}

fn reopening_is_allowed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("update tasks set status = 'done'; update tasks set status = 'todo' where id = 1");
    assert_eq!(
        kept(&mut owner),
        ["1|0|0|t", "2|1|1|f", "3|1|1|f", "4|1|0|f", "5|1|0|f"]
    );
    owner.run("update tasks set status = 'todo' where id = 5; insert into edges values (4, 5)");
    assert_eq!(kept(&mut owner)[3], "4|1|1|f");
    // Staying done is no entering.
    owner.run("update tasks set title = 'x'");
    assert_verified(&mut owner, "tasks");
}

fn or_refused(database: &Database) {
    let mut owner = owner_with(
        database,
        "select steward.track_completion('tasks', edges => 'edges', on_reopen => 'block')",
    );
    owner.run(CHAIN);
    owner.run("update tasks set status = 'done' where id <> 5");
    let refusal = owner.refusal("update tasks set status = 'todo' where id = 1");
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint(), refusal.detail()),
        (
            "55000",
            Some("tasks_unblocked"),
            Some("Done is 2 (Task 2); it waits for 1 (Task 1).")
        )
    );
    let refusal = owner.refusal("insert into edges values (4, 5)");
    assert_eq!(
        (refusal.sqlstate(), refusal.detail()),
        (
            "55000",
            Some("Done is 4 (Task 4); it waits for 5 (Task 5).")
        )
    );
    assert_eq!(
        owner.sqlstate("update tasks set status = 'cancelled' where id = 3"),
        "55000"
    );
    // What waits for it is reopened too, in one statement.
    owner.run("update tasks set status = 'todo'");
    owner.run("insert into edges values (4, 5)");
    assert_verified(&mut owner, "tasks");
}

fn a_task_may_be_inserted_as_done(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("insert into tasks (id, status) values (6, 'done'); insert into edges values (5, 6)");
    assert_eq!(kept(&mut owner)[4], "5|0|0|t");
    // With its blocker, in one statement.
    let both = |status: &str| {
        format!(
            "with t as (insert into tasks (id, status) values (7, 'done'), (8, '{status}') returning id)
             insert into edges select 7, 8 from t limit 1"
        )
    };
    assert_eq!(owner.sqlstate(&both("todo")), "55000");
    owner.run(&both("done"));
    assert_verified(&mut owner, "tasks");
}

fn kinds_that_do_not_block(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type kind as enum ('blocks', 'relates_to', 'part_of');
         create table tasks (id text primary key, status text not null default 'todo');
         create table edges (task_id text, depends_on text, kind kind);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges', kind => 'kind', blocking_kinds => '{blocks}', reversed_kinds => '{part_of}');
         select steward.track_completion('tasks', completed_at => null, edges => 'edges');
         insert into tasks values ('a'), ('b'), ('c');
         insert into edges values ('a', 'b', 'relates_to'), ('c', 'a', 'part_of')",
    );
    assert_eq!(kept(&mut owner), ["a|0|1|f", "b|0|0|t", "c|0|0|t"]);
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where id = 'a'"),
        "55000"
    );
    owner.run("update edges set kind = 'blocks' where kind = 'relates_to'");
    assert_eq!(kept(&mut owner)[0], "a|0|2|f");
    owner.run("update tasks set status = 'done' where id = 'c'");
    assert_eq!(kept(&mut owner)[0], "a|0|1|f");
    owner.run("update edges set kind = 'relates_to'");
    assert_eq!(kept(&mut owner)[0], "a|0|0|t");
    assert_verified(&mut owner, "tasks");
}
