//! Every way in which a stage can change, and every way in which a change can be taken back.

use std::io::Write;

use steward_tests::{Database, tests};

use super::{TABLES, TRACK, assert_histories_are_whole, owner_of_tracked_tasks, transitions};

tests![
    merge,
    on_conflict,
    copy,
    many_rows_at_once,
    foreign_key_actions,
    functions_and_prepared_statements,
    savepoints,
    exceptions_in_functions,
    a_refused_transition_keeps_its_fields,
    an_error_that_is_caught_leaves_the_session_as_it_was,
    truncate,
    a_key_that_changes,
    triggers_of_the_destination,
    a_statement_that_is_cancelled,
];

fn merge(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a'), (2, 'two', 'b')");
    owner.run(
        "merge into tasks using (values (1, 'b'), (2, 'b'), (3, 'a')) as source (id, stage) on tasks.id = source.id
         when matched then update set stage = source.stage
         when not matched then insert values (source.id, 'merged', source.stage)",
    );
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert_eq!(transitions(&mut owner, 2), ["NULL|b"]);
    assert_eq!(transitions(&mut owner, 3), ["NULL|a"]);
}

fn on_conflict(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a')");
    let insert = "insert into tasks values (1, 'one', 'b'), (2, 'two', 'b') on conflict (id)";
    owner.run(&format!("{insert} do nothing"));
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"]);
    owner.run(&format!("{insert} do update set stage = excluded.stage"));
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert_eq!(transitions(&mut owner, 2), ["NULL|b"]);
}

fn copy(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let mut writer = owner
        .client()
        .copy_in("copy tasks from stdin")
        .expect("COPY");
    for id in 1..=2000 {
        writeln!(writer, "{id}\ttitle\tnew").expect("a row");
    }
    assert_eq!(writer.finish().expect("the end of COPY"), 2000);
    assert_eq!(
        owner.value("select count(*), count(distinct task) from history"),
        "2000|2000"
    );
}

fn many_rows_at_once(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks select n, '', 'new' from generate_series(1, 3000) as n");
    owner.run("update tasks set stage = case when id % 3 = 0 then 'new' else 'done' end");
    assert_eq!(
        owner.rows("select before, after, count(*) from history group by 1, 2 order by 1"),
        ["new|done|2000", "NULL|new|3000"]
    );
    assert_histories_are_whole(&mut owner);
}

fn foreign_key_actions(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table stages (name text primary key); insert into stages values ('new'), ('done');
         create table features (id integer primary key); insert into features values (1)",
    );
    owner.run(TABLES);
    owner.run(
        "alter table tasks add foreign key (stage) references stages on update cascade;
         alter table tasks add column feature integer references features on delete cascade;
         alter table history add foreign key (task) references tasks on delete cascade",
    );
    owner.run(TRACK);
    owner.run("insert into tasks values (1, 'one', 'new', 1)");
    owner.run("update stages set name = 'open' where name = 'new'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|new", "new|open"]);
    owner.run("delete from features");
    assert!(
        owner
            .rows("select from tasks union all select from history")
            .is_empty()
    );
}

fn functions_and_prepared_statements(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "create function advance(integer, text) returns void language sql as
         'update tasks set stage = $2 where id = $1'",
    );
    owner.run(
        "insert into tasks values (1, 'one', 's0'); select advance(1, 's1'), advance(1, 's2')",
    );
    let statement = owner
        .client()
        .prepare("update tasks set stage = $1 where id = 1")
        .expect("a prepared statement");
    for number in 3..=10 {
        let stage = format!("s{number}");
        owner
            .client()
            .execute(&statement, &[&stage])
            .expect("an update");
    }
    assert_eq!(transitions(&mut owner, 1).len(), 11);
    assert_histories_are_whole(&mut owner);
}

fn savepoints(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "begin;
         insert into tasks values (1, 'one', 'a');
         savepoint s;
         update tasks set stage = 'lost';
         insert into tasks values (2, 'two', 'lost');
         rollback to s;
         update tasks set stage = 'b';
         savepoint t;
         update tasks set stage = 'c';
         release t;
         commit",
    );
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c"]);
    assert!(transitions(&mut owner, 2).is_empty());
    assert_histories_are_whole(&mut owner);
    owner.run("begin; update tasks set stage = 'lost'; rollback");
    assert_eq!(transitions(&mut owner, 1).len(), 3);
}

fn exceptions_in_functions(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    // The first firing of the session is the one that is rolled back, with what it had worked out.
    owner.run(
        "do $$ begin
             begin
                 insert into tasks values (1, 'one', 'lost');
                 perform 1 / 0;
             exception when division_by_zero then
             end;
             insert into tasks values (1, 'one', 'a');
             begin
                 update tasks set stage = 'lost';
                 perform 1 / 0;
             exception when division_by_zero then
             end;
             update tasks set stage = 'b';
         end $$",
    );
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert_histories_are_whole(&mut owner);
}

fn a_refused_transition_keeps_its_fields(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "alter table history add constraint known_stage check (after <> 'unknown');
         insert into tasks values (1, 'one', 'a')",
    );
    let refusal = owner.refusal("update tasks set stage = 'unknown'");
    let (text, context) = (refusal.to_string(), refusal.context().unwrap_or_default());
    assert!(
        text.starts_with(
            "23514: new row for relation \"history\" violates check constraint \"known_stage\"\n\
             DETAIL: Failing row contains (1, a, unknown, "
        ),
        "{text}"
    );
    assert!(
        text.ends_with("\nSCHEMA: public\nTABLE: history\nCONSTRAINT: known_stage"),
        "{text}"
    );
    assert!(context.contains("insert into public.history"), "{context}");
    assert_eq!(owner.value("select stage from tasks"), "a");

    owner.run("alter table history add constraint once unique (task)");
    let refusal = owner.refusal("update tasks set stage = 'b'");
    assert_eq!(
        refusal.to_string(),
        "23505: duplicate key value violates unique constraint \"once\"\n\
         DETAIL: Key (task)=(1) already exists.\n\
         SCHEMA: public\n\
         TABLE: history\n\
         CONSTRAINT: once"
    );
    owner.run(
        "alter table history drop constraint once, add column reason text not null default 'x';
         alter table history alter reason drop default",
    );
    let refusal = owner.refusal("update tasks set stage = 'b'").to_string();
    assert!(refusal.starts_with("23502: "), "{refusal}");
    assert!(
        refusal.ends_with("\nSCHEMA: public\nTABLE: history\nCOLUMN: reason"),
        "{refusal}"
    );
}

fn an_error_that_is_caught_leaves_the_session_as_it_was(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "alter table history add constraint known_stage check (after <> 'unknown');
         grant select, insert, update on tasks to writer",
    );
    let mut writer = database.session(steward_tests::Role::Writer);
    writer.run("set search_path = stranger, public");
    for _ in 0..3 {
        writer.run(
            "do $$ begin
                 insert into tasks values (1, 'one', 'unknown');
             exception when check_violation then
                 if current_user <> 'writer' or current_setting('search_path') <> 'stranger, public' then
                     raise exception 'left as % with %', current_user, current_setting('search_path');
                 end if;
             end $$",
        );
    }
    writer.run("insert into tasks values (1, 'one', 'a')");
    assert_eq!(
        writer.value("select current_user, current_setting('search_path')"),
        "writer|stranger, public"
    );
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"]);
}

fn truncate(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a')");
    owner.run("truncate tasks");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"], "the history stays");
    owner.run(
        "insert into tasks values (2, 'two', 'a'); truncate history; update tasks set stage = 'b'",
    );
    assert_eq!(
        owner.rows("select before, after, lasted from history"),
        ["a|b|NULL"]
    );
}

fn a_key_that_changes(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a')");
    owner.run("update tasks set id = 2");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"]);
    assert!(transitions(&mut owner, 2).is_empty(), "the stage stayed");
    owner.run("update tasks set id = 3, stage = 'b'");
    assert_eq!(transitions(&mut owner, 3), ["a|b"]);
}

/// They run as the destination's owner, where the writer's settings do not reach.
fn triggers_of_the_destination(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "create table seen (who text, path text);
         create function see() returns trigger language plpgsql as $$ begin
             insert into public.seen values (current_user, current_setting('search_path'));
             return new;
         end $$;
         create trigger see before insert on history for each row execute function see();
         grant insert on tasks to writer",
    );
    let mut writer = database.session(steward_tests::Role::Writer);
    writer
        .run("set search_path = stranger, public; insert into public.tasks values (1, 'one', 'a')");
    assert_eq!(
        owner.rows("select * from seen"),
        ["owner|pg_catalog, pg_temp"]
    );
    assert_eq!(writer.value("show search_path"), "stranger, public");
}

fn a_statement_that_is_cancelled(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let (mut blocker, mut observer) = (database.owner(), database.superuser());
    blocker.run("begin; lock table history");
    let process = owner.process();
    owner.run("set search_path = public");
    let waiting = owner.start("insert into tasks values (1, 'one', 'a')");
    waiting.until_blocked(&mut observer);
    observer.run(&format!("select pg_cancel_backend({process})"));
    let (mut owner, result) = waiting.finish();
    let refusal = result.expect_err("a cancelled statement");
    assert_eq!(refusal.sqlstate(), "57014");
    blocker.run("rollback");
    assert_eq!(
        owner.value("select current_user, current_setting('search_path')"),
        "owner|public"
    );
    owner.run("insert into tasks values (1, 'one', 'a')");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"]);
}
