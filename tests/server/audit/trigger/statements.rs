//! As many entries as changes are committed, whatever statement makes them.
//!
//! A second trigger counts: the simplest that there is, a row for a row. What both have seen is compared.

use std::io::Write as _;

use steward_tests::{Database, Session, tests};

use super::{AUDIT, count, owner_with_log};

tests![
    every_statement_on_a_plain_table,
    every_statement_on_a_partitioned_table,
    every_level_of_isolation,
    cascades,
    replication,
    a_prepared_transaction,
    an_error_that_is_caught,
    the_count_finds_a_trigger_that_is_disabled,
    in_the_background_of_a_function,
];

const PLAIN: &str = "create table tasks (id bigint primary key, title text, n integer default 0)";
const PARTITIONED: &str = "
    create table tasks (id bigint primary key, title text, n integer default 0) partition by range (id);
    create table tasks_low partition of tasks for values from (0) to (100);
    create table tasks_high (n integer, x text, title text, id bigint not null);
    alter table tasks_high drop x;
    alter table tasks_high alter n set default 0;
    alter table tasks attach partition tasks_high for values from (100) to (1000000) ";

const COUNT: &str = "
    create table counted (action text, id bigint);
    create function count_change() returns trigger language plpgsql as $$ begin
        insert into counted values (tg_op, case when tg_op = 'DELETE' then old.id else new.id end);
        return null;
    end $$;";

fn counted(table: &str) -> String {
    format!(
        "create trigger counted after insert or update or delete on {table} for each row execute function count_change();
         alter table {table} enable always trigger counted"
    )
}

fn owner_of_counted(database: &Database, tasks: &str) -> Session {
    let mut owner = owner_with_log(database);
    owner.run(tasks);
    owner.run(COUNT);
    owner.run(&counted("tasks"));
    owner.run(AUDIT);
    owner
}

#[track_caller]
fn assert_nothing_is_missing(session: &mut Session, at_least: usize) {
    let logged = "select action, (key ->> 'id')::bigint from audit.log";
    let counted = "select action, id from counted";
    let missing = session.rows(&format!("{counted} except all {logged}"));
    assert!(missing.is_empty(), "not in the log: {missing:#?}");
    let made_up = session.rows(&format!("{logged} except all {counted}"));
    assert!(made_up.is_empty(), "never happened: {made_up:#?}");
    let entries = count(session, "audit.log");
    assert!(entries >= at_least, "only {entries} changes");
}

const STATEMENTS: [&str; 15] = [
    "insert into tasks select i, 't' from generate_series(1, 20) as i; insert into tasks select i from generate_series(101, 120) as i",
    "begin; update tasks set n = 1 where id = 1; savepoint a; update tasks set n = 2 where id = 1; delete from tasks where id = 2;
     savepoint b; insert into tasks values (50); rollback to a; update tasks set n = 3 where id = 1; savepoint c;
     insert into tasks values (51); release c; commit",
    "begin; update tasks set n = n + 1; rollback",
    "insert into tasks values (1, 'x'), (21, 'x'), (121, 'x') on conflict do nothing",
    "insert into tasks values (1, 'y'), (22, 'y'), (122, 'y') on conflict (id) do update set title = excluded.title, n = tasks.n + 1",
    "insert into tasks values (1, 'y'), (23, 'y') on conflict (id) do update set title = 'never' where false",
    "merge into tasks using (values (1, 'm'), (2, 'm'), (24, 'm'), (124, 'm')) as s (id, title) on s.id = tasks.id
     when matched and s.id = 2 then delete when matched then update set title = s.title, n = n + 1
     when not matched then insert (id, title) values (s.id, s.title)",
    "with gone as (delete from tasks where id in (3, 103) returning *), more as (insert into tasks select id + 200, title from gone)
     update tasks set n = n + 1 where id in (4, 104)",
    "update tasks set n = n + 10 from generate_series(1, 3) as s where tasks.id > 10",
    "do $$ begin
         update tasks set n = 77 where id = 5;
         begin
             delete from tasks where id in (6, 106); insert into tasks values (1);
         exception when unique_violation then
             update tasks set n = 78 where id = 6;
         end;
         for i in 1 .. 5 loop
             begin
                 update tasks set n = 100 + i where id = 7;
                 if i % 2 = 0 then raise exception 'no'; end if;
             exception when raise_exception then null;
             end;
         end loop;
     end $$",
    "create temporary view v as select id, n from tasks where id < 10; update v set n = 1000; insert into v values (9000, 1); delete from v where id = 8",
    "begin; declare c cursor for select * from tasks order by id for update; move 2 from c; update tasks set n = -1 where current of c; commit",
    "begin; set constraints all deferred; delete from tasks where id = 10; insert into tasks values (10, 'again'); commit",
    "prepare p (bigint) as update tasks set n = n + 1 where id = $1; execute p (1); execute p (1); execute p (1); execute p (1); execute p (1); execute p (1); execute p (101); deallocate p",
    "delete from tasks where id % 2 = 0",
];

fn run_every_statement(owner: &mut Session) {
    for statements in STATEMENTS {
        owner.run(statements);
    }
    let mut copy = owner
        .client()
        .copy_in("copy tasks (id, title) from stdin")
        .expect("a copy");
    copy.write_all(b"31\tc\n32\tc\n131\tc\n").expect("rows");
    assert_eq!(copy.finish().expect("the end of a copy"), 3);
    // One that fails leaves nothing.
    let mut copy = owner
        .client()
        .copy_in("copy tasks (id, title) from stdin")
        .expect("a copy");
    copy.write_all(b"33\tc\n31\tc\n").expect("rows");
    assert!(copy.finish().is_err());
}

fn every_statement_on_a_plain_table(database: &Database) {
    let mut owner = owner_of_counted(database, PLAIN);
    run_every_statement(&mut owner);
    assert_nothing_is_missing(&mut owner, 100);
    // No entry is of a transaction that was rolled back.
    assert!(
        owner.holds("select bool_and(pg_xact_status(transaction) = 'committed') from audit.log")
    );
}

fn every_statement_on_a_partitioned_table(database: &Database) {
    let mut owner = owner_of_counted(database, PARTITIONED);
    run_every_statement(&mut owner);
    owner.run(
        "update tasks set id = id + 300 where id < 10; update tasks set id = id - 300 where id = 305;
         insert into tasks_high (id, title) values (7000, 'direct'); update tasks_high set n = 5 where id = 7000; delete from tasks_high where id = 7000;
         update tasks set id = 7001 where id = 20; merge into tasks using (values (7001)) as s (id) on s.id = tasks.id when matched then update set id = 88",
    );
    // A key that changes within a partition is one change and two entries.
    owner.run("delete from counted where action = 'UPDATE'; delete from counted");
    let mut superuser = database.superuser();
    let moved = superuser.value(
        "select count(*) from audit.log where action = 'UPDATE' and (before ? 'id') and key <> jsonb_build_object('id', after -> 'id')",
    );
    assert_eq!(moved, "0", "all moved from one partition to another");
    assert!(owner.holds(
        "select count(*) > 100 and bool_and(table_name = 'tasks') and count(distinct table_oid) = 2 from audit.log"
    ));
}

fn every_level_of_isolation(database: &Database) {
    for level in ["repeatable read", "serializable"] {
        for tasks in [PLAIN, PARTITIONED] {
            let database = database.create_another().expect("a database");
            let mut owner = owner_of_counted(&database, tasks);
            owner.run(&format!("set default_transaction_isolation = '{level}'"));
            run_every_statement(&mut owner);
            assert_nothing_is_missing(&mut owner, 100);
        }
    }
}

fn cascades(database: &Database) {
    let mut owner = owner_of_counted(database, PLAIN);
    for (child, action) in [
        ("gone", "on delete cascade"),
        ("nulled", "on delete set null"),
        ("followed", "on update cascade on delete cascade"),
    ] {
        owner.run(&format!(
            "create table {child} (id bigint primary key, task bigint references tasks {action});
             select steward.audit('{child}', 'audit.log')"
        ));
        owner.run(&counted(child));
    }
    owner.run(
        "insert into tasks select i from generate_series(1, 5) as i;
         insert into gone select i, i from generate_series(1, 3) as i;
         insert into nulled select i + 10, i from generate_series(1, 3) as i;
         insert into followed values (20, 5), (21, 5);
         delete from tasks where id <= 3",
    );
    owner.run("begin; delete from tasks where id = 5; rollback");
    assert_nothing_is_missing(&mut owner, 5 + 3 + 3 + 2 + 3 + 3 + 3);
    owner.run("update tasks set id = 6 where id = 5");
    assert_eq!(
        owner.rows("select table_name, key, after from audit.log where action = 'UPDATE' and table_name <> 'nulled' order by sequence"),
        [
            r#"tasks|{"id": 5}|{"id": 6}"#,
            r#"tasks|{"id": 6}|{"n": 0, "id": 6, "title": null}"#,
            r#"followed|{"id": 20}|{"task": 6}"#,
            r#"followed|{"id": 21}|{"task": 6}"#,
        ]
    );
}

fn replication(database: &Database) {
    let mut owner = owner_of_counted(database, PLAIN);
    let mut superuser = database.superuser();
    superuser.run("set session_replication_role = replica");
    superuser.run(
        "insert into tasks values (1); update tasks set n = 1; truncate tasks; truncate counted",
    );
    assert_eq!(count(&mut owner, "audit.log"), 0, "fires on origin");
    owner.run("select steward.audit('tasks', 'audit.log', always => true)");
    superuser.run("insert into tasks values (1); update tasks set n = 1; delete from tasks");
    assert_nothing_is_missing(&mut owner, 3);
    superuser.run("truncate tasks");
    assert_eq!(count(&mut owner, "audit.log"), 4);
    owner.run("insert into tasks values (1)");
    assert_eq!(count(&mut owner, "audit.log"), 5, "and on origin");
}

fn a_prepared_transaction(database: &Database) {
    let mut owner = owner_of_counted(database, PLAIN);
    let name = format!("audit {}", database.name());
    for (end, entries) in [("rollback", 0), ("commit", 3)] {
        owner.run(&format!(
            "begin; insert into tasks values (1), (2); update tasks set n = 1 where id = 1; prepare transaction '{name}'"
        ));
        assert_eq!(count(&mut owner, "audit.log"), 0);
        owner.run(&format!("{end} prepared '{name}'"));
        assert_eq!(count(&mut owner, "audit.log"), entries);
    }
    assert_nothing_is_missing(&mut owner, 3);
}

/// An error in the middle of recording: a cast of the user's that cannot be done.
fn an_error_that_is_caught(database: &Database) {
    let mut owner = owner_of_counted(database, PLAIN);
    let mut superuser = database.superuser();
    superuser.run(
        "create type odd as enum ('fine', 'bad');
         create function odd_to_json(odd) returns json language plpgsql as $$ begin
             if $1 = 'bad' then raise exception 'cannot'; end if;
             insert into tasks values (9999) on conflict (id) do update set n = tasks.n + 1;
             return to_json($1::text);
         end $$;
         create cast (odd as json) with function odd_to_json(odd)",
    );
    owner.run("create table odds (id bigint primary key, value odd); select steward.audit('odds', 'audit.log')");
    owner.run(&counted("odds"));
    owner.run(
        "do $$ begin
             for i in 1 .. 50 loop
                 begin
                     insert into odds values (i, (case when i % 3 = 0 then 'bad' else 'fine' end)::odd);
                     update odds set value = null where id = i; update odds set value = (case when i % 3 = 1 then 'bad' else 'fine' end)::odd where id = i;
                 exception when raise_exception then
                     insert into tasks values (i + 5000);
                 end;
             end loop;
         end $$",
    );
    assert_nothing_is_missing(&mut owner, 60);
    assert_eq!(
        owner.value("show timezone"),
        database.owner().value("show timezone")
    );
    assert_eq!(owner.value("select current_user"), "owner");
}

fn the_count_finds_a_trigger_that_is_disabled(database: &Database) {
    let mut owner = owner_of_counted(database, PLAIN);
    owner.run("insert into tasks values (1); alter table tasks disable trigger steward_audit; update tasks set n = 1; alter table tasks enable trigger steward_audit");
    assert_eq!(
        owner.rows("select action, id from counted except all select action, (key ->> 'id')::bigint from audit.log"),
        ["UPDATE|1"]
    );
}

/// Whoever writes through a function with somebody else's rights is recorded as who called it.
fn in_the_background_of_a_function(database: &Database) {
    let mut owner = owner_of_counted(database, PLAIN);
    owner.run(
        "create function add(id bigint) returns void language sql security definer as 'insert into tasks values (id)';
         grant execute on function add to writer",
    );
    let mut writer = database.session(steward_tests::Role::Writer);
    writer.run("select add(1)");
    assert_eq!(
        owner.value("select session_role, invoking_role, actor from audit.log"),
        "writer|writer|writer"
    );
}
