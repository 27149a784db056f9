//! Two sessions and one row, at every isolation level.

use steward_tests::{Database, Refusal, Session, tests};

use super::{TABLES, TRACK, assert_histories_are_whole, owner_of_tracked_tasks, transitions};

tests![
    the_second_writer_counts_from_the_first,
    a_trigger_that_remembers_would_be_found_out,
    the_second_writer_at_repeatable_read,
    the_second_writer_at_serializable,
    levels_that_are_mixed,
    different_rows_do_not_wait_for_each_other,
    different_rows_at_serializable,
    many_writers_of_few_rows,
];

const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

/// The first writer changes the stage and commits while the second waits to change it too.
fn race(database: &Database, level: &str) -> (Session, Result<(), Refusal>) {
    let (mut first, mut second) = (database.owner(), database.owner());
    let mut observer = database.owner();
    first.run("insert into tasks values (1, 'one', 'a')");
    first.run("begin; update tasks set stage = 'b' where id = 1");
    // Its snapshot is older than the first writer's commit.
    second.run(&format!(
        "begin isolation level {level}; select count(*) from history"
    ));
    let waiting = second.start("update tasks set stage = 'c' where id = 1; commit");
    waiting.until_blocked(&mut observer);
    first.run("select pg_sleep(0.05); commit");
    waiting.finish()
}

fn the_second_writer_counts_from_the_first(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    let (_, result) = race(database, "read committed");
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c"]);
    assert_histories_are_whole(&mut owner);
}

/// The previous transition as of the start of the statement: the one that a snapshot taken before the
/// wait shows.
fn a_trigger_that_remembers_would_be_found_out(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "create function remember() returns trigger language plpgsql as $$ begin
             perform set_config('my.previous', (select max(at) from history)::text, true);
             return null;
         end $$;
         create function record() returns trigger language plpgsql as $$
         declare
             previous timestamptz := nullif(current_setting('my.previous', true), '')::timestamptz;
             happened timestamptz := greatest(now(), previous + interval '1 microsecond');
         begin
             if tg_op = 'INSERT' then
                 insert into history values (new.id, null, new.stage, now(), null);
             else
                 insert into history values
                     (new.id, old.stage, new.stage, happened, floor(extract(epoch from happened - previous) * 1000));
             end if;
             return null;
         end $$;
         create trigger remember before update on tasks for each statement execute function remember();
         create trigger record after insert or update on tasks for each row execute function record()",
    );
    let (_, result) = race(database, "read committed");
    assert!(result.is_ok(), "{result:?}");
    let wrong = owner.holds(
        "select lasted is distinct from floor(extract(epoch from at - (select at from history where after = 'b')) * 1000) \
         from history where after = 'c'",
    );
    assert!(
        wrong,
        "counted from the transition before the first writer's"
    );
}

/// The second writer is refused with 40001, and its retry goes on where the history ends.
fn check_retry(database: &Database, level: &str) {
    let mut owner = owner_of_tracked_tasks(database);
    let (mut second, result) = race(database, level);
    let refusal = result.expect_err("a concurrent update");
    assert_eq!(refusal.sqlstate(), "40001");
    second.run("rollback");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    second.run(&format!(
        "begin isolation level {level}; update tasks set stage = 'c' where id = 1; commit"
    ));
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c"]);
    assert_histories_are_whole(&mut owner);
}

fn the_second_writer_at_repeatable_read(database: &Database) {
    check_retry(database, "repeatable read");
}

fn the_second_writer_at_serializable(database: &Database) {
    check_retry(database, "serializable");
}

/// The first transaction began earlier, at another level, and changes the row later.
fn levels_that_are_mixed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    for (number, (older, newer)) in LEVELS
        .iter()
        .flat_map(|older| LEVELS.iter().map(move |newer| (older, newer)))
        .enumerate()
    {
        owner.run(&format!("insert into tasks values ({number}, '', 'a')"));
        let (mut first, mut second) = (database.owner(), database.owner());
        // The transaction has begun, but its snapshot is not taken before its first statement.
        first.run(&format!("begin isolation level {older}"));
        second.run(&format!(
            "begin isolation level {newer}; select pg_sleep(0.005); update tasks set stage = 'b' where id = {number}; commit"
        ));
        first.run(&format!(
            "update tasks set stage = 'c' where id = {number}; commit"
        ));
        let task = i32::try_from(number).expect("a small number");
        assert_eq!(
            transitions(&mut owner, task),
            ["NULL|a", "a|b", "b|c"],
            "{older}, {newer}"
        );
    }
    assert_histories_are_whole(&mut owner);
}

fn different_rows_do_not_wait_for_each_other(database: &Database) {
    for level in ["read committed", "repeatable read"] {
        let (mut first, mut second) = (database.owner(), database.owner());
        first.run(&format!(
            "drop table if exists tasks, history; {TABLES}; {TRACK}"
        ));
        first.run("insert into tasks values (1, 'one', 'a'), (2, 'two', 'a')");
        for (session, id) in [(&mut first, 1), (&mut second, 2)] {
            session.run(&format!(
                "set lock_timeout = '2s'; begin isolation level {level}; update tasks set stage = 'b' where id = {id}"
            ));
        }
        first.run("commit");
        second.run("commit");
        assert_histories_are_whole(&mut first);
    }
}

/// The rule's own reading must not make two transactions conflict that have nothing in common.
fn different_rows_at_serializable(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks select n, '', 'a' from generate_series(1, 2000) as n; analyze tasks; analyze history");
    let (mut first, mut second) = (database.owner(), database.owner());
    for (session, id) in [(&mut first, 10), (&mut second, 1990)] {
        session.run(&format!(
            "begin isolation level serializable; update tasks set stage = 'b' where id = {id}"
        ));
    }
    first.run("commit");
    second.run("commit");
    assert_histories_are_whole(&mut owner);
}

/// Every session changes every row at its own level, and tries again on 40001 and 40P01 alone.
fn many_writers_of_few_rows(database: &Database) {
    const SESSIONS: usize = 6;
    const ROUNDS: usize = 25;
    const ROWS: usize = 3;

    let mut owner = owner_of_tracked_tasks(database);
    owner.run(&format!(
        "insert into tasks select n, '', 'start' from generate_series(1, {ROWS}) as n"
    ));
    std::thread::scope(|scope| {
        for writer in 0..SESSIONS {
            let mut session = database.owner();
            scope.spawn(move || {
                let level = LEVELS[writer % LEVELS.len()];
                for round in 0..ROUNDS {
                    let change = format!(
                        "begin isolation level {level}; \
                         update tasks set stage = 'w{writer}r{round}' where id = {}; commit",
                        (writer + round) % ROWS + 1
                    );
                    while let Err(error) = session.client().batch_execute(&change) {
                        let refusal = Refusal::of(&error);
                        assert!(
                            ["40001", "40P01"].contains(&refusal.sqlstate()),
                            "{refusal}"
                        );
                        session.run("rollback");
                    }
                }
            });
        }
    });
    assert_eq!(
        owner.value("select count(*) from history"),
        (SESSIONS * ROUNDS + ROWS).to_string()
    );
    assert_histories_are_whole(&mut owner);
    assert!(owner.rows(
        "select from tasks where stage <> (select after from history where task = id order by at desc limit 1)"
    ).is_empty());
}
