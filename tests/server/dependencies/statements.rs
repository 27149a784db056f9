//! Every statement that can bring an edge in, at whatever moment it is checked.

use std::io::Write as _;

use steward_tests::{Database, tests};

use super::{assert_ranks_agree, edges, owner_of_guarded_edges, path_of};

tests![
    several_rows_at_once,
    updates_of_either_end,
    copy,
    merge,
    on_conflict,
    a_query_with_writes_inside,
    a_key_that_is_renamed_in_cascade,
    deferred_checks,
    swapping_two_edges,
    inserted_and_moved_away_before_its_check,
    inserted_and_deleted_before_its_check,
    savepoints,
    exceptions_in_functions,
    prepared_transactions,
    random_order_until_dense,
];

fn several_rows_at_once(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    assert_eq!(
        owner.sqlstate("insert into edges values (1, 2), (2, 3), (3, 1)"),
        "23514"
    );
    assert_eq!(
        owner.sqlstate("insert into edges select i, i % 50 + 1 from generate_series(1, 50) as i"),
        "23514"
    );
    owner.run("insert into edges values (3, 1), (1, 2), (4, 3), (2, 0)");
    owner.run("insert into edges select i, i - 1 from generate_series(100, 5, -1) as i");
    assert_ranks_agree(&mut owner);
}

fn updates_of_either_end(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2), (2, 3), (4, 5)");
    assert_eq!(
        path_of(&owner.refusal("update edges set task_id = 3, depends_on = 1 where task_id = 4")),
        "3 -> 1 -> 2 -> 3"
    );
    owner.run("update edges set task_id = 3 where task_id = 4");
    assert_eq!(
        path_of(&owner.refusal("update edges set depends_on = 1 where task_id = 3")),
        "3 -> 1 -> 2 -> 3"
    );
    // All edges turned round at once.
    owner.run("update edges set task_id = depends_on, depends_on = task_id");
    assert_eq!(edges(&mut owner), ["2|1", "3|2", "5|3"]);
    assert_ranks_agree(&mut owner);
    assert_eq!(owner.sqlstate("update edges set task_id = depends_on, depends_on = task_id where task_id = 2; insert into edges values (2, 1)"), "23514");
    owner.run("update edges set note = 'x'");
}

fn copy(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    let mut load = |rows: &str| {
        let mut writer = owner
            .client()
            .copy_in("copy edges (task_id, depends_on) from stdin")
            .expect("copy");
        writer.write_all(rows.as_bytes()).expect("rows");
        writer.finish()
    };
    load("3\t2\n2\t1\n9\t3\n").expect("no cycle");
    let error = load("5\t4\n1\t9\n").expect_err("a cycle");
    assert_eq!(
        error.code().map(postgres::error::SqlState::code),
        Some("23514")
    );
    assert_eq!(edges(&mut owner), ["2|1", "3|2", "9|3"]);
}

fn merge(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2), (2, 3)");
    let merge = |rows: &str| {
        format!(
            "merge into edges as e using (values {rows}) as v (task, other) on e.task_id = v.task
             when matched then update set depends_on = v.other when not matched then insert values (v.task, v.other)"
        )
    };
    assert_eq!(owner.sqlstate(&merge("(2, 1)")), "23514");
    assert_eq!(owner.sqlstate(&merge("(3, 1)")), "23514");
    owner.run(&merge("(1, 5), (2, 1), (3, 2)"));
    assert_eq!(edges(&mut owner), ["1|5", "2|1", "3|2"]);
    assert_ranks_agree(&mut owner);
}

fn on_conflict(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2), (2, 3)");
    owner.run("insert into edges values (1, 2) on conflict do nothing");
    owner.run("insert into edges values (1, 2, 'x') on conflict (task_id, depends_on) do update set note = excluded.note");
    assert_eq!(owner.sqlstate("insert into edges values (1, 2) on conflict (task_id, depends_on) do update set task_id = 3, depends_on = 2"), "23514");
    owner.run("insert into edges values (2, 3) on conflict (task_id, depends_on) do update set task_id = 3, depends_on = 1");
    assert_eq!(edges(&mut owner), ["1|2", "3|1"]);
}

fn a_query_with_writes_inside(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    assert_eq!(owner.sqlstate("with moved as (insert into edges values (2, 3) returning *) insert into edges select depends_on, 1 from moved"), "23514");
    // What a statement deletes is gone when its edges are checked.
    owner.run("with gone as (delete from edges returning *) insert into edges select depends_on, task_id from gone");
    assert_eq!(edges(&mut owner), ["2|1"]);
}

fn a_key_that_is_renamed_in_cascade(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key);
         create table edges (
             task_id integer references tasks on update cascade on delete cascade,
             depends_on integer references tasks on update cascade on delete cascade,
             primary key (task_id, depends_on)
         );
         create index on edges (depends_on);
         insert into tasks select generate_series(1, 9);
         select steward.guard_dependencies('edges');
         insert into edges values (2, 1), (3, 2), (4, 3), (5, 4)",
    );
    owner.run("update tasks set id = 30 where id = 3");
    assert_ranks_agree(&mut owner);
    assert_eq!(
        path_of(&owner.refusal("insert into edges values (1, 30)")),
        "1 -> 30 -> 2 -> 1"
    );
    // All of them; and a number that another task had before.
    owner.run("update tasks set id = id + 100; insert into tasks values (2)");
    owner.run("update tasks set id = 3 where id = 101; update tasks set id = 4 where id = 130");
    assert_ranks_agree(&mut owner);
    for (task, dependency) in [(3, 105), (3, 104), (102, 4)] {
        assert_eq!(
            owner.sqlstate(&format!("insert into edges values ({task}, {dependency})")),
            "23514"
        );
    }
    // A task that is deleted takes its edges along; its rank stays and does no harm.
    owner.run("delete from tasks where id = 4; insert into edges values (3, 105); insert into tasks values (4); insert into edges values (102, 4), (4, 105)");
    assert_ranks_agree(&mut owner);
    assert_eq!(
        owner.sqlstate("insert into edges values (105, 102)"),
        "23514"
    );
}

fn deferred_checks(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("begin; set constraints all deferred; insert into edges values (1, 2), (2, 1)");
    assert_eq!(
        owner.sqlstate("set constraints steward_dependencies immediate"),
        "23514"
    );
    owner.run("rollback");
    owner.run("begin; set constraints steward_dependencies deferred; insert into edges values (1, 2), (2, 1)");
    assert_eq!(owner.sqlstate("commit"), "23514");
    owner.run("begin; set constraints all deferred; insert into edges values (1, 2), (2, 1); delete from edges where task_id = 1; commit");
    assert_eq!(edges(&mut owner), ["2|1"]);
    assert_ranks_agree(&mut owner);
}

fn swapping_two_edges(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2), (2, 3)");
    // One by one, with a cycle in between.
    let swap = "update edges set task_id = 3, depends_on = 2 where task_id = 2 and depends_on = 3;
        update edges set task_id = 2, depends_on = 1 where task_id = 1 and depends_on = 2";
    owner.run(&format!("begin; set constraints all deferred; insert into edges values (3, 1); {swap}; delete from edges where depends_on = 1 and task_id = 3; commit"));
    assert_eq!(edges(&mut owner), ["2|1", "3|2"]);
    assert_ranks_agree(&mut owner);
    owner.run("begin; delete from edges; insert into edges values (1, 2), (2, 3); commit");
    assert_ranks_agree(&mut owner);
}

fn inserted_and_moved_away_before_its_check(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    owner.run("begin; set constraints all deferred; insert into edges values (2, 1); update edges set depends_on = 3 where task_id = 2; commit");
    assert_eq!(edges(&mut owner), ["1|2", "2|3"]);
    // The last version is the one that counts, also where it was changed back.
    owner.run(
        "begin; set constraints all deferred; insert into edges values (3, 9);
         update edges set depends_on = 1 where task_id = 3; update edges set note = 'x' where task_id = 3",
    );
    assert_eq!(owner.sqlstate("commit"), "23514");
    owner.run(
        "begin; set constraints all deferred; update edges set depends_on = 9 where task_id = 1;
         update edges set depends_on = 2 where task_id = 1; commit",
    );
    assert_ranks_agree(&mut owner);
}

fn inserted_and_deleted_before_its_check(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("begin; set constraints all deferred; insert into edges values (1, 1); delete from edges; commit");
    assert!(edges(&mut owner).is_empty());
}

fn savepoints(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run(
        "begin; savepoint one; insert into edges values (1, 2), (2, 3); rollback to one;
         insert into edges values (3, 2), (2, 1); savepoint two; delete from edges where task_id = 3",
    );
    owner.run("insert into edges values (1, 3); rollback to two; release one; commit");
    assert_eq!(edges(&mut owner), ["2|1", "3|2"]);
    assert_ranks_agree(&mut owner);
    // A check that ran in a savepoint runs again after its rollback.
    owner.run(
        "begin; set constraints all deferred; insert into edges values (5, 4); savepoint checked;
         set constraints all immediate; rollback to checked; insert into edges values (4, 5)",
    );
    assert_eq!(owner.sqlstate("commit"), "23514");
}

fn exceptions_in_functions(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run(
        "do $$ begin
             for i in 1..200 loop
                 begin
                     insert into edges values ((i * 7919) % 20, (i * 104729) % 23);
                 exception when check_violation or unique_violation then null;
                 end;
             end loop;
         end $$",
    );
    assert_ranks_agree(&mut owner);
}

fn prepared_transactions(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    if owner.value("show max_prepared_transactions") == "0" {
        return;
    }
    let name = database.name().to_owned();
    owner.run(&format!(
        "begin; insert into edges values (1, 2), (3, 1); prepare transaction '{name}'"
    ));
    let mut other = database.owner();
    other.run("set lock_timeout = '200ms'");
    assert_eq!(other.sqlstate("insert into edges values (2, 3)"), "55P03");
    other.run("insert into edges values (4, 3)");
    owner.run(&format!("commit prepared '{name}'"));
    assert_eq!(other.sqlstate("insert into edges values (2, 3)"), "23514");
    owner.run("begin; set constraints all deferred; insert into edges values (2, 3)");
    assert_eq!(
        owner.sqlstate(&format!("prepare transaction '{name}'")),
        "23514"
    );
    assert_ranks_agree(&mut owner);
}

fn random_order_until_dense(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("select setseed(0.5)");
    owner.run(
        "do $$ declare pair record; begin
             for pair in select a, b from generate_series(1, 40) as a, generate_series(1, 40) as b where a > b order by random() loop
                 insert into edges values (pair.a, pair.b);
             end loop;
         end $$",
    );
    assert_eq!(owner.value("select count(*) from edges"), "780");
    assert_ranks_agree(&mut owner);
    let refused = owner.rows(
        "select count(*) from generate_series(1, 40) as a, generate_series(1, 40) as b where a < b",
    );
    assert_eq!(refused, ["780"]);
    owner.run(
        "do $$ declare pair record; begin
             for pair in select a, b from generate_series(1, 40) as a, generate_series(1, 40) as b where a <= b loop
                 begin
                     insert into edges values (pair.a, pair.b);
                     raise 'a cycle was let in: % %', pair.a, pair.b;
                 exception when check_violation then null;
                 end;
             end loop;
         end $$",
    );
}
