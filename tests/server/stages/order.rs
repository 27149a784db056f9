//! Ordering a row's transitions by time gives them in the order in which they happened.

use steward_tests::{Database, Session, tests};

use super::{TABLES, TRACK, assert_histories_are_whole, owner_of_tracked_tasks, transitions};

tests![
    within_one_transaction,
    an_older_transaction_that_comes_later,
    a_trigger_with_now_alone_would_be_found_out,
    a_trigger_that_changes_the_stage_again,
    a_rule_whose_name_sorts_first_sees_the_changes_in_their_order,
    a_row_that_is_deleted_and_inserted_again,
    times_of_less_precision,
    a_clock_that_was_set_back,
];

fn within_one_transaction(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("begin; insert into tasks values (1, 'one', 's0')");
    for number in 1..=20 {
        owner.run(&format!("update tasks set stage = 's{number}'"));
    }
    owner.run("commit");
    let expected: Vec<_> = (0..=20)
        .map(|number| match number {
            0 => "NULL|s0".to_owned(),
            _ => format!("s{}|s{number}", number - 1),
        })
        .collect();
    assert_eq!(transitions(&mut owner, 1), expected);
    assert_histories_are_whole(&mut owner);
}

/// The transaction that began first is the last to change the row.
fn change_in_reverse(database: &Database) -> (Session, Vec<String>) {
    let (mut older, mut newer) = (database.owner(), database.owner());
    newer.run("insert into tasks values (1, 'one', 'a')");
    older.run("begin; select now(), pg_sleep(0.02)");
    newer.run("update tasks set stage = 'b'");
    older.run("update tasks set stage = 'c'; commit");
    let found = transitions(&mut older, 1);
    (older, found)
}

fn an_older_transaction_that_comes_later(database: &Database) {
    owner_of_tracked_tasks(database);
    let (mut session, found) = change_in_reverse(database);
    assert_eq!(found, ["NULL|a", "a|b", "b|c"]);
    assert_histories_are_whole(&mut session);
}

fn a_trigger_with_now_alone_would_be_found_out(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "create function record() returns trigger language plpgsql as $$
         declare previous timestamptz := (select max(at) from history where task = new.id);
         begin
             if tg_op = 'INSERT' then
                 insert into history values (new.id, null, new.stage, now(), null);
             elsif old.stage <> new.stage then
                 insert into history values (new.id, old.stage, new.stage, now(), extract(epoch from now() - previous) * 1000);
             end if;
             return null;
         end $$;
         create trigger record after insert or update on tasks for each row execute function record()",
    );
    let (mut session, found) = change_in_reverse(database);
    assert_eq!(found, ["NULL|a", "b|c", "a|b"], "out of order");
    assert!(session.holds("select min(lasted) < 0 from history"));
}

/// A trigger of the user's that takes a new row on to its next stage at once.
fn add_advancing_trigger(owner: &mut Session, name: &str) {
    owner.run(&format!(
        "create function advance() returns trigger language plpgsql as $$ begin
             update tasks set stage = 'queued' where id = new.id and stage = 'new';
             return null;
         end $$;
         create trigger {name} after insert on tasks for each row execute function advance()"
    ));
}

fn a_trigger_that_changes_the_stage_again(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    add_advancing_trigger(&mut owner, "thereafter");
    owner.run("insert into tasks values (1, 'one', 'new')");
    assert_eq!(transitions(&mut owner, 1), ["NULL|new", "new|queued"]);
    assert_histories_are_whole(&mut owner);
}

/// AFTER triggers fire in the order of their names: one that comes before the rule and changes the stage
/// again has its own change seen first. So the rule is given a name that sorts before it.
fn a_rule_whose_name_sorts_first_sees_the_changes_in_their_order(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    add_advancing_trigger(&mut owner, "advance");
    owner.run("insert into tasks values (1, 'one', 'new')");
    assert_eq!(transitions(&mut owner, 1), ["new|queued", "NULL|new"]);

    owner.run(&TRACK.replace("'tasks',", "'tasks', name => 'aa_stage',"));
    owner.run("insert into tasks values (2, 'two', 'new')");
    assert_eq!(transitions(&mut owner, 2), ["NULL|new", "new|queued"]);
    assert_eq!(
        owner.rows("select name from steward.attachments"),
        ["aa_stage"]
    );
}

fn a_row_that_is_deleted_and_inserted_again(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "begin;
         insert into tasks values (1, 'one', 'a');
         update tasks set stage = 'b';
         delete from tasks;
         insert into tasks values (1, 'again', 'c');
         update tasks set stage = 'd';
         commit",
    );
    assert_eq!(
        transitions(&mut owner, 1),
        ["NULL|a", "a|b", "NULL|c", "c|d"]
    );
    assert!(owner.holds("select count(distinct at) = 4 from history"));
}

/// A column that rounds could not tell the transitions of one transaction apart.
fn times_of_less_precision(database: &Database) {
    let mut owner = database.owner();
    for (column_type, holds_microseconds) in [
        ("timestamptz(0)", false),
        ("timestamptz(3)", false),
        ("timestamp(0)", false),
        ("date", false),
        ("timestamptz(6)", true),
        ("timestamp", true),
    ] {
        owner.run(&format!("drop table if exists tasks, history; {TABLES}; alter table history alter at type {column_type}"));
        if !holds_microseconds {
            assert_eq!(
                owner.refusal(TRACK).to_string(),
                "42809: column at of table public.history does not hold timestamps to the microsecond\n\
                 DETAIL: Transitions of one row in one transaction differ by a microsecond; ordered by time they are in order.\n\
                 HINT: alter table public.history alter column at type timestamptz;\n\
                 SCHEMA: public\n\
                 TABLE: history\n\
                 COLUMN: at",
                "{column_type}"
            );
            continue;
        }
        owner.run(TRACK);
        owner.run("begin; insert into tasks values (1, 'one', 's0')");
        for number in 1..=5 {
            owner.run(&format!("update tasks set stage = 's{number}'"));
        }
        owner.run("commit");
        assert!(
            owner.holds("select count(distinct at) = 6 from history"),
            "transitions tie where the time is a {column_type}"
        );
    }
}

fn a_clock_that_was_set_back(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a')");
    owner.run("update history set at = now() + interval '1 hour'");
    owner.run("update tasks set stage = 'b'; update tasks set stage = 'c'");
    assert_eq!(
        owner.rows("select after, lasted from history order by at"),
        ["a|NULL", "b|0", "c|0"]
    );
}
