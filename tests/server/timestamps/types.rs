//! The stamp in every type of column that takes it: what an assignment of `now()` would store.

use steward_tests::{Database, Session, tests};

tests![
    every_type_gets_what_an_assignment_of_now_gives,
    a_column_without_time_zone_follows_the_session,
    a_domain_checks_its_value,
    a_domain_that_changes_is_followed,
    a_generated_column_may_follow_the_stamp,
];

/// Compares the stamp of a tracked column of that type with what `now()` becomes in an equal column.
fn check_type(owner: &mut Session, column_type: &str) {
    owner.run(&format!(
        "drop table if exists t;
         create table t (id integer, stamp {column_type}, expected {column_type});
         insert into t (id) values (1);
         select steward.track_updated_at('t', column_name => 'stamp');
         begin;
         update t set id = 2, expected = now();
         commit"
    ));
    let stamps = owner.value("select stamp, expected, pg_typeof(stamp) from t");
    let parts: Vec<_> = stamps.split('|').collect();
    assert_eq!(parts[0], parts[1], "{column_type}");
    assert_ne!(parts[0], "NULL", "{column_type}");
}

fn every_type_gets_what_an_assignment_of_now_gives(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create domain moment as timestamptz;
         create domain precise as timestamptz(2) not null default '2001-01-01';
         create domain nested as precise check (value > '2000-01-01');
         create domain local_moment as timestamp(1)",
    );
    let types = [
        "timestamptz",
        "timestamp",
        "timestamptz(0)",
        "timestamptz(3)",
        "timestamp(0)",
        "timestamp(6)",
        "moment",
        "precise",
        "nested",
        "local_moment",
    ];
    for column_type in types {
        for zone in ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"] {
            owner.run(&format!("set timezone = '{zone}'"));
            check_type(&mut owner, column_type);
        }
    }
}

fn a_column_without_time_zone_follows_the_session(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (stamp timestamp); insert into t values (null);
         select steward.track_updated_at('t', column_name => 'stamp')",
    );
    for zone in ["UTC", "Asia/Tokyo"] {
        owner.run(&format!(
            "begin; set local timezone = '{zone}'; update t set stamp = null"
        ));
        assert!(owner.holds(&format!(
            "select stamp = now() at time zone '{zone}' from t"
        )));
        owner.run("rollback");
    }
}

fn a_domain_checks_its_value(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create domain past as timestamptz constraint is_past check (value < '2002-01-01');
         create table t (id integer, stamp past); insert into t values (1, '2001-01-01');
         select steward.track_updated_at('t', column_name => 'stamp')",
    );
    assert_eq!(
        owner.refusal("update t set id = 2").to_string(),
        "23514: value for domain past violates check constraint \"is_past\"\n\
         SCHEMA: public\n\
         TYPE: past\n\
         CONSTRAINT: is_past"
    );
    assert_eq!(owner.value("select * from t"), "1|2001-01-01 00:00:00+00");
}

fn a_domain_that_changes_is_followed(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create domain moment as timestamptz;
         create table t (id integer, stamp moment); insert into t values (1, '2001-01-01');
         select steward.track_updated_at('t', column_name => 'stamp');
         update t set id = 2",
    );
    let mut other = database.owner();
    other.run("alter domain moment add constraint is_past check (value < '2002-01-01') not valid");
    assert_eq!(owner.sqlstate("update t set id = 3"), "23514");
    other.run("alter domain moment drop constraint is_past");
    owner.run("update t set id = 3");
}

fn a_generated_column_may_follow_the_stamp(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer, updated_at timestamp, day date generated always as (updated_at::date) stored);
         insert into t values (1, '2001-01-01');
         select steward.track_updated_at('t');
         begin; update t set id = 2",
    );
    assert!(owner.holds("select updated_at = now()::timestamp and day = current_date from t"));
}
