//! `track_stages`: one row for each transition, with the time that the stage before it lasted.

use steward_tests::{Database, Session, Test, tests};

mod attaching;
mod concurrency;
mod order;
mod rights;
mod schema_changes;
mod search_path;
mod statements;
mod tables;
mod types;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        tests(),
        order::tests(),
        types::tests(),
        statements::tests(),
        tables::tests(),
        concurrency::tests(),
        rights::tests(),
        search_path::tests(),
        schema_changes::tests(),
        attaching::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

tests![
    an_insert_is_the_first_transition,
    a_stage_that_stays_writes_nothing,
    a_stage_that_becomes_null_and_comes_back,
    a_duration_is_in_milliseconds,
    the_defaults_are_the_documents,
    disabled_and_replica,
];

/// A table with stages and a table for their history.
const TABLES: &str = "
    create table tasks (id integer primary key, title text, stage text not null);
    create table history (
        task integer not null, before text, after text not null, at timestamptz not null, lasted bigint
    );
    create index on history (task, at)";

/// The call that attaches the rule to them.
const TRACK: &str = "select steward.track_stages('tasks', stage => 'stage', destination => 'history', \
    row_column => 'task', from_column => 'before', to_column => 'after', at_column => 'at', \
    duration_column => 'lasted')";

fn owner_of_tracked_tasks(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(TRACK);
    owner
}

/// The transitions of a row in the order of their times: `before|after`.
fn transitions(session: &mut Session, task: i32) -> Vec<String> {
    session.rows(&format!(
        "select before, after from history where task = {task} order by at"
    ))
}

/// Fails where times tie, a duration is not what lies between two times, or a stage does not begin
/// where the one before it ended.
#[track_caller]
fn assert_histories_are_whole(session: &mut Session) {
    let broken = session.rows(
        "select * from (
             select *, row_number() over earlier as position, lag(after) over earlier as before_that,
                 lag(at) over earlier as previous
             from history window earlier as (partition by task order by at)
         ) as h
         where position = 1 and (before is not null or lasted is not null)
            or position > 1 and (
                at <= previous
                or before is distinct from before_that
                or lasted is distinct from floor(extract(epoch from at - previous) * 1000)
            )",
    );
    assert!(broken.is_empty(), "broken histories: {broken:#?}");
}

fn an_insert_is_the_first_transition(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("begin; insert into tasks values (1, 'one', 'new'), (2, 'two', 'old')");
    assert_eq!(
        owner.rows("select task, before, after, at = now(), lasted from history order by task"),
        ["1|NULL|new|t|NULL", "2|NULL|old|t|NULL"]
    );
}

fn a_stage_that_stays_writes_nothing(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'new')");
    owner.run("update tasks set title = 'x'; update tasks set stage = 'new'; update tasks set stage = stage");
    assert_eq!(transitions(&mut owner, 1), ["NULL|new"]);
    owner.run("update tasks set stage = 'New'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|new", "new|New"]);
    assert_histories_are_whole(&mut owner);
}

fn a_stage_that_becomes_null_and_comes_back(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("alter table tasks alter stage drop not null; alter table history alter after drop not null");
    owner.run(TRACK);
    owner.run("insert into tasks values (1, 'one', null)");
    assert!(
        transitions(&mut owner, 1).is_empty(),
        "no stage is no transition"
    );
    for stage in ["'a'", "null", "null", "'b'", "'b'"] {
        owner.run(&format!("update tasks set stage = {stage}"));
    }
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|NULL", "NULL|b"]);
}

fn a_duration_is_in_milliseconds(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'new')");
    owner.run("select pg_sleep(0.25)");
    owner.run("update tasks set stage = 'done'");
    let lasted: i64 = owner
        .value("select lasted from history where after = 'done'")
        .parse()
        .expect("a number");
    assert!((250..10_000).contains(&lasted), "{lasted}");
    // Counted from the row's own previous transition, not from another row's.
    owner.run("insert into tasks values (2, 'two', 'new'); update history set at = at - interval '1 day 1 microsecond' where task = 2");
    owner.run("begin; update tasks set stage = 'done' where id = 2");
    assert!(owner.holds(
        "select lasted between 86400000 and 86500000 from history where task = 2 and after = 'done'"
    ));
    owner.run("commit");
    // Fractions of a millisecond are dropped, not rounded up.
    owner.run("begin; insert into tasks values (3, 'three', 'a'); update history set at = now() - interval '1999 microseconds' where task = 3;
        update tasks set stage = 'b' where id = 3");
    assert_eq!(
        owner.value("select lasted from history where task = 3 and after = 'b'"),
        "1"
    );
}

fn the_defaults_are_the_documents(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table features (id uuid primary key default gen_random_uuid(), current_stage varchar(50) not null);
         create table stage_transitions (
             id uuid primary key default gen_random_uuid(), feature_id uuid references features on delete cascade,
             from_stage varchar(50), to_stage varchar(50) not null, timestamp timestamptz default now(), duration bigint
         );
         create index on stage_transitions (feature_id);
         select steward.track_stages('features');
         insert into features (current_stage) values ('planning');
         update features set current_stage = 'design'",
    );
    assert_eq!(
        owner.rows(
            "select from_stage, to_stage, duration from stage_transitions join features on feature_id = features.id order by timestamp"
        ),
        ["NULL|planning|NULL", "planning|design|0"]
    );
    assert_eq!(
        owner.value("select name, bound_table from steward.attachments"),
        "steward_current_stage|stage_transitions"
    );
    owner.run("delete from features");
    assert!(owner.rows("select from stage_transitions").is_empty());
}

fn disabled_and_replica(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "alter table tasks disable trigger steward_stage; insert into tasks values (1, 'one', 'a')",
    );
    assert!(transitions(&mut owner, 1).is_empty());
    // The history begins where the rule sees the row first, from the stage that it had.
    owner.run("alter table tasks enable trigger steward_stage; update tasks set stage = 'b'");
    assert_eq!(
        owner.rows("select before, after, lasted from history"),
        ["a|b|NULL"]
    );

    let mut superuser = database.superuser();
    superuser.run("set session_replication_role = replica; update tasks set stage = 'c'");
    assert_eq!(transitions(&mut owner, 1), ["a|b"]);
    superuser
        .run("alter table tasks enable always trigger steward_stage; update tasks set stage = 'd'");
    assert_eq!(transitions(&mut owner, 1), ["a|b", "c|d"]);
}
