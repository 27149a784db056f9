//! Every way in which a row can be updated.

use steward_tests::{Database, Session, tests};

use super::{STAMPED, TASKS, owner_of_tracked_tasks};

tests![
    merge,
    on_conflict,
    foreign_key_actions,
    views_cursors_and_common_table_expressions,
    functions_and_prepared_statements,
    savepoints,
    exceptions_in_functions,
    copy_does_not_update,
    a_row_that_another_trigger_drops,
    the_second_writer_at_each_level,
];

fn stamped_by(owner: &mut Session, sql: &str) -> Vec<String> {
    owner.run(&format!("begin; {sql}"));
    let stamped = owner.rows(STAMPED);
    owner.run("rollback");
    stamped
}

fn merge(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let stamped = stamped_by(
        &mut owner,
        "merge into tasks using (values (1, 'new'), (3, 'three')) as source (id, title) on tasks.id = source.id
         when matched then update set title = source.title
         when not matched then insert values (source.id, source.title, '2001-01-01')",
    );
    assert_eq!(stamped, ["1"]);
}

fn on_conflict(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let insert = "insert into tasks values (1, 'new', '2001-01-01'), (3, 'three', '2001-01-01') on conflict (id)";
    assert_eq!(
        stamped_by(
            &mut owner,
            &format!("{insert} do update set title = excluded.title")
        ),
        ["1"]
    );
    assert!(stamped_by(&mut owner, &format!("{insert} do nothing")).is_empty());
    assert!(
        stamped_by(
            &mut owner,
            &format!("{insert} do update set title = 'x' where false")
        )
        .is_empty()
    );
}

fn foreign_key_actions(database: &Database) {
    for (action, statement) in [
        (
            "on update cascade",
            "update parents set id = 20 where id = 2",
        ),
        (
            "on update set null",
            "update parents set id = 20 where id = 2",
        ),
        ("on delete set null", "delete from parents where id = 2"),
        ("on delete set default", "delete from parents where id = 2"),
    ] {
        let mut owner = database.owner();
        owner.run(&format!(
            "drop table if exists tasks, parents; {TASKS};
             create table parents (id integer primary key); insert into parents values (1), (2);
             alter table tasks add column parent integer references parents {action};
             update tasks set parent = id;
             select steward.track_updated_at('tasks')"
        ));
        assert_eq!(stamped_by(&mut owner, statement), ["2"], "{action}");
    }
}

fn views_cursors_and_common_table_expressions(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("create view titles as select id, title from tasks");
    assert_eq!(
        stamped_by(&mut owner, "update titles set title = 'x' where id = 1"),
        ["1"]
    );
    assert_eq!(
        stamped_by(
            &mut owner,
            "declare c cursor for select * from tasks where id = 2 for update; fetch c;
             update tasks set title = 'x' where current of c"
        ),
        ["2"]
    );
    assert_eq!(
        stamped_by(
            &mut owner,
            "with changed as (update tasks set title = 'x' where id = 1 returning id) select from changed"
        ),
        ["1"]
    );
    // The row that RETURNING shows is the stamped one.
    assert!(owner.holds("update tasks set title = 'x' where id = 1 returning updated_at = now()"));
}

fn functions_and_prepared_statements(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "create function rename(integer, text) returns void language sql as
         'update tasks set title = $2 where id = $1';
         create procedure rename_both() language plpgsql as $$ begin
             update tasks set title = 'a' where id = 1;
             commit;
             perform pg_sleep(0.01);
             update tasks set title = 'b' where id = 2;
         end $$",
    );
    assert_eq!(stamped_by(&mut owner, "select rename(1, 'x')"), ["1"]);
    // A procedure that commits has two transactions, each with its timestamp.
    owner.run("call rename_both()");
    assert!(owner.holds("select count(distinct updated_at) = 2 from tasks"));
    let statement = owner
        .client()
        .prepare("update tasks set title = $2 where id = $1 returning updated_at = now()")
        .expect("a prepared statement");
    for round in 0..8 {
        let row = owner
            .client()
            .query_one(&statement, &[&1, &format!("round {round}")])
            .expect("an updated row");
        assert!(row.get::<_, bool>(0), "round {round}");
    }
}

fn savepoints(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let stamped = stamped_by(
        &mut owner,
        "update tasks set title = 'a' where id = 1;
         savepoint s;
         update tasks set title = 'b' where id = 2;
         rollback to s",
    );
    assert_eq!(stamped, ["1"]);
    let stamped = stamped_by(
        &mut owner,
        "savepoint s; update tasks set title = 'b' where id = 2; release s",
    );
    assert_eq!(stamped, ["2"]);
}

fn exceptions_in_functions(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let stamped = stamped_by(
        &mut owner,
        "do $$ begin
             update tasks set title = 'a' where id = 1;
             begin
                 update tasks set title = 'b' where id = 2;
                 perform 1 / 0;
             exception when division_by_zero then
             end;
         end $$",
    );
    assert_eq!(stamped, ["1"]);
}

fn copy_does_not_update(database: &Database) {
    use std::io::Write;

    let mut owner = owner_of_tracked_tasks(database);
    let mut writer = owner
        .client()
        .copy_in("copy tasks from stdin")
        .expect("COPY");
    writer.write_all(b"3\tthree\t2001-01-01\n").expect("a row");
    assert_eq!(writer.finish().expect("the end of COPY"), 1);
    assert_eq!(
        owner.value("select updated_at from tasks where id = 3"),
        "2001-01-01 00:00:00+00"
    );
}

fn a_row_that_another_trigger_drops(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "create function drop_row() returns trigger language plpgsql as $$ begin
             if new.id = 1 then return null; end if;
             return new;
         end $$;
         create trigger aa before update on tasks for each row execute function drop_row();
         create trigger zz before update on tasks for each row execute function drop_row()",
    );
    assert_eq!(
        stamped_by(&mut owner, "update tasks set title = 'x'"),
        ["2"]
    );
}

/// The second writer waits for the first, and stamps with its own transaction's timestamp; only at
/// READ COMMITTED does it go on.
fn the_second_writer_at_each_level(database: &Database) {
    for (level, expected) in [
        ("read committed", None),
        ("repeatable read", Some("40001")),
        ("serializable", Some("40001")),
    ] {
        let mut first = database.owner();
        first.run(&format!(
            "drop table if exists tasks; {TASKS}; select steward.track_updated_at('tasks')"
        ));
        let (mut second, mut observer) = (database.owner(), database.owner());
        first.run("begin; update tasks set title = 'first' where id = 1");
        second.run(&format!("begin isolation level {level}; select from tasks"));
        let waiting = second.start("update tasks set title = title || ', second' where id = 1");
        waiting.until_blocked(&mut observer);
        first.run("commit");
        let (mut second, result) = waiting.finish();
        let sqlstate = result.err().map(|refusal| refusal.sqlstate().to_owned());
        assert_eq!(sqlstate.as_deref(), expected, "{level}");
        if sqlstate.is_none() {
            assert_eq!(
                second.value("select title, updated_at = now() from tasks where id = 1"),
                "first, second|t"
            );
        }
    }
}
