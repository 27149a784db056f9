//! Every way to write a row counts, once.

use steward_tests::{Database, Session, tests};

use super::{CHAIN, assert_verified, kept, owner_of_tracked_tasks, ready};

tests![
    copy,
    merge,
    on_conflict,
    savepoints,
    cascades,
    keys_that_change,
    rows_that_change_places,
    truncate,
    statements_within_statements,
    a_refusal_within_a_block_takes_back_its_own,
    prepared_transactions,
    temporary_tables,
];

fn tracked_chain(database: &Database) -> Session {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner
}

fn copy(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    for (table, rows) in [
        ("tasks (id, status)", "1\tdone\n2\ttodo\n3\ttodo\n"),
        ("edges", "2\t1\n3\t2\n"),
    ] {
        let mut writer = owner
            .client()
            .copy_in(&format!("copy {table} from stdin"))
            .expect("copy");
        std::io::Write::write_all(&mut writer, rows.as_bytes()).expect("rows");
        writer.finish().expect("the end");
    }
    assert_eq!(kept(&mut owner), ["1|1|0|f", "2|0|0|t", "3|0|1|f"]);
    assert_verified(&mut owner, "tasks");
}

fn merge(database: &Database) {
    let mut owner = tracked_chain(database);
    let merge = |from: &str| {
        format!(
            "merge into tasks as t using (values {from}) as s (id, status) on t.id = s.id
             when matched and s.status = 'gone' then delete
             when matched then update set status = s.status
             when not matched then insert (id, status) values (s.id, s.status)"
        )
    };
    assert_eq!(
        owner.sqlstate(&merge("(1, 'done'), (4, 'done'), (6, 'todo')")),
        "55000"
    );
    owner.run(&merge("(1, 'done'), (2, 'done'), (3, 'gone'), (6, 'todo')"));
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|1|0|f", "4|0|0|t", "5|0|0|t", "6|0|0|t"]
    );
    assert_verified(&mut owner, "tasks");
}

fn on_conflict(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("insert into tasks (id, status) values (1, 'done'), (6, 'todo') on conflict (id) do update set status = excluded.status");
    owner.run("insert into tasks (id, status) values (2, 'done') on conflict do nothing");
    owner.run("insert into edges values (2, 1), (6, 5) on conflict do nothing");
    assert_eq!(
        kept(&mut owner),
        [
            "1|1|0|f", "2|0|0|t", "3|0|1|f", "4|0|1|f", "5|0|0|t", "6|0|1|f"
        ]
    );
    assert_verified(&mut owner, "tasks");
}

fn savepoints(database: &Database) {
    let mut owner = tracked_chain(database);
    let before = kept(&mut owner);
    owner.run(
        "begin; savepoint a; update tasks set status = 'done' where id = 1; savepoint b;
         update tasks set status = 'done' where id = 2; rollback to b",
    );
    assert_eq!(ready(&mut owner), ["2", "5"]);
    assert_eq!(
        owner.sqlstate("update tasks set status = 'done' where id = 4"),
        "55000"
    );
    owner.run("rollback to a; insert into edges values (5, 4); release a; rollback");
    assert_eq!(kept(&mut owner), before);
    owner.run(
        "begin; savepoint a; update tasks set status = 'done' where id = 1; release a; commit",
    );
    assert_eq!(ready(&mut owner), ["2", "5"]);
    assert_verified(&mut owner, "tasks");
}

fn cascades(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("delete from tasks where id = 1");
    assert_eq!(
        kept(&mut owner),
        ["2|0|0|t", "3|0|1|f", "4|0|1|f", "5|0|0|t"]
    );
    owner.run("delete from tasks where id in (2, 3)");
    assert_eq!(kept(&mut owner), ["4|0|0|t", "5|0|0|t"]);
    assert_verified(&mut owner, "tasks");
}

fn keys_that_change(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("update tasks set id = 10 where id = 1; update tasks set id = 30 where id = 3");
    assert_eq!(
        kept(&mut owner),
        ["2|0|1|f", "4|0|1|f", "5|0|0|t", "10|0|0|t", "30|0|2|f"]
    );
    owner.run("update tasks set status = 'done', id = 11 where id = 10");
    assert_eq!(ready(&mut owner), ["2", "5"]);
    owner.run("update edges set depends_on = 5 where task_id = 4");
    assert_eq!(kept(&mut owner)[1], "4|0|1|f");
    assert_verified(&mut owner, "tasks");
}

fn rows_that_change_places(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer unique deferrable, status text not null);
         select steward.track_completion('tasks', completed_at => null);
         insert into tasks values (1, 'done'), (2, 'todo'), (3, 'cancelled');
         update tasks set id = id % 3 + 1",
    );
    assert_eq!(kept(&mut owner), ["1|2|0|f", "2|1|0|f", "3|0|0|t"]);
    owner
        .run("begin; delete from tasks where id = 1; insert into tasks values (1, 'todo'); commit");
    assert_eq!(kept(&mut owner)[0], "1|0|0|t");
    assert_verified(&mut owner, "tasks");
}

fn truncate(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run("truncate edges");
    assert_eq!(ready(&mut owner), ["1", "2", "3", "4", "5"]);
    owner.run("truncate tasks, edges");
    assert_eq!(kept(&mut owner), [""; 0]);
    owner.run(CHAIN);
    assert_verified(&mut owner, "tasks");
}

/// A trigger of the user's writes tasks and dependencies while the statement that fired it is under way.
fn statements_within_statements(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run(
        "create function finish_what_it_waits_for() returns trigger language plpgsql as $$ begin
             update tasks set status = 'done' where status = 'todo' and id in (select depends_on from edges where task_id = new.id);
             return null;
         end $$;
         create trigger finish after update on tasks for each row when (new.status = 'done')
         execute function finish_what_it_waits_for();
         update tasks set status = 'done' where id = 4",
    );
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|1|0|f", "3|1|0|f", "4|1|0|f", "5|0|0|t"]
    );
    // One that completes the blocker of an edge while the edge is being inserted.
    owner.run(
        "drop trigger finish on tasks;
         create function finish_blocker() returns trigger language plpgsql as $$ begin
             update tasks set status = 'done' where id = new.depends_on;
             return null;
         end $$;
         create trigger a_finish after insert on edges for each row execute function finish_blocker();
         insert into tasks (id) values (6), (7);
         insert into edges values (6, 5), (6, 7)",
    );
    assert_eq!(kept(&mut owner)[4..], ["5|1|0|f", "6|0|0|t", "7|1|0|f"]);
    // A statement of which both are parts.
    owner.run(
        "drop trigger a_finish on edges; update tasks set status = 'todo' where id in (5, 7);
         with e as (delete from edges where task_id = 6 returning task_id)
         update tasks set status = 'done' where id in (select task_id from e)",
    );
    assert_eq!(kept(&mut owner)[5], "6|1|0|f");
    owner.run(
        "with t as (update tasks set status = 'todo' where id in (3, 4) returning id), n as (insert into edges values (5, 7))
         delete from edges where task_id in (select id from t)",
    );
    assert_eq!(kept(&mut owner)[2..5], ["3|0|0|t", "4|0|0|t", "5|0|1|f"]);
    assert_verified(&mut owner, "tasks");
}

fn a_refusal_within_a_block_takes_back_its_own(database: &Database) {
    let mut owner = tracked_chain(database);
    owner.run(
        "do $$ begin
             update tasks set status = 'done' where id = 1;
             begin
                 update tasks set status = 'done' where id = 4;
             exception when object_not_in_prerequisite_state then null;
             end;
             begin
                 insert into edges values (5, 1), (5, 4);
                 raise exception 'back';
             exception when raise_exception then null;
             end;
             update tasks set status = 'done' where id = 2;
         end $$",
    );
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|1|0|f", "3|0|0|t", "4|0|1|f", "5|0|0|t"]
    );
    assert_verified(&mut owner, "tasks");
}

fn prepared_transactions(database: &Database) {
    let mut owner = tracked_chain(database);
    if owner.value("show max_prepared_transactions") == "0" {
        return;
    }
    owner.run("begin; update tasks set status = 'done' where id = 1; prepare transaction 'tasks'");
    assert_eq!(ready(&mut owner), ["1", "5"]);
    owner.run("set lock_timeout = '100ms'");
    assert_eq!(owner.sqlstate("insert into edges values (5, 1)"), "55P03");
    owner.run("commit prepared 'tasks'");
    owner.run("insert into edges values (5, 1)");
    assert_eq!(ready(&mut owner), ["2", "5"]);
}

fn temporary_tables(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create temporary table mine (id bigint primary key, status text not null default 'todo');
         select steward.track_completion('mine', completed_at => null);
         insert into mine values (1, 'todo'), (2, 'done')",
    );
    assert_eq!(
        owner.rows("select task, is_ready from mine_readiness order by 1"),
        ["1|t", "2|f"]
    );
    assert_verified(&mut owner, "mine");
}
