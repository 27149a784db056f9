//! `only_changes`: a row that an UPDATE leaves as it was keeps its stamp.

use steward_tests::{Database, Session, tests};

tests![
    a_row_that_stays_as_it_was_keeps_its_stamp,
    an_assignment_to_the_stamp_alone_is_no_change,
    every_column_counts,
    generated_columns_do_not_count,
    a_comparison_of_whole_rows_would_be_found_out,
    large_values_are_compared_whole,
    dropped_and_added_columns,
    what_an_earlier_trigger_changes_counts,
    what_a_later_trigger_changes_does_not_count,
];

const PAST: &str = "2001-01-01 00:00:00+00";

/// A table with one row in which every sort of value is there, and one with NULLs.
const TABLE: &str = "
    create table t (
        id integer primary key, body text, small smallint, amount numeric, tags text[], document jsonb,
        ratio double precision, number integer, updated_at timestamptz,
        twice integer generated always as (number * 2) stored
    );
    insert into t (id, body, small, amount, tags, document, ratio, number, updated_at) values
        (1, 'one', 1, 1.5, '{a,b}', '{\"a\": 1}', 0.5, 1, '2001-01-01'),
        (2, null, null, null, null, null, null, null, '2001-01-01')";

fn tracked(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TABLE);
    owner.run("select steward.track_updated_at('t', only_changes => true)");
    owner
}

/// The rows that `update` stamps; it is rolled back.
fn stamped_by(owner: &mut Session, update: &str) -> Vec<String> {
    owner.run(&format!("begin; {update}"));
    let stamped = owner.rows("select id from t where updated_at = now() order by id");
    let kept = owner.rows(&format!(
        "select id from t where updated_at = '{PAST}' order by id"
    ));
    owner.run("rollback");
    assert_eq!(
        stamped.len() + kept.len(),
        2,
        "every row is stamped or kept: {update}"
    );
    stamped
}

fn a_row_that_stays_as_it_was_keeps_its_stamp(database: &Database) {
    let mut owner = tracked(database);
    let nothing: [&str; 0] = [];
    assert_eq!(stamped_by(&mut owner, "update t set body = body"), nothing);
    assert_eq!(
        stamped_by(
            &mut owner,
            "update t set id = id, tags = array_remove(tags, 'z')"
        ),
        nothing
    );
    assert_eq!(
        stamped_by(&mut owner, "update t set body = 'one' where id = 1"),
        nothing
    );
    assert_eq!(stamped_by(&mut owner, "update t set body = 'one'"), ["2"]);
}

fn an_assignment_to_the_stamp_alone_is_no_change(database: &Database) {
    let mut owner = tracked(database);
    for value in ["'1999-01-01'", "null", "default", "now()", "updated_at"] {
        let update = format!("update t set updated_at = {value}");
        assert!(stamped_by(&mut owner, &update).is_empty(), "{value}");
        let update = format!("update t set updated_at = {value}, body = 'new' where id = 1");
        assert_eq!(stamped_by(&mut owner, &update), ["1"], "{value}");
    }
}

fn every_column_counts(database: &Database) {
    let mut owner = tracked(database);
    let changes = [
        "id = id + 10 where id = 1",
        "body = 'One' where id = 1",
        "body = 'one ' where id = 1",
        "body = null where id = 1",
        "small = 2 where id = 1",
        "amount = 1.50 where id = 1",
        "tags = '{b,a}' where id = 1",
        "document = '{\"a\": 2}' where id = 1",
        "ratio = -ratio where id = 1",
        "number = 7 where id = 1",
    ];
    for change in changes {
        assert_eq!(
            stamped_by(&mut owner, &format!("update t set {change}")).len(),
            1,
            "{change}"
        );
    }
    for column in [
        "body = ''",
        "small = 0",
        "amount = 0",
        "tags = '{}'",
        "ratio = 0",
        "number = 0",
    ] {
        let update = format!("update t set {column} where id = 2");
        assert_eq!(
            stamped_by(&mut owner, &update),
            ["2"],
            "from NULL: {column}"
        );
    }
}

fn generated_columns_do_not_count(database: &Database) {
    let mut owner = tracked(database);
    assert!(stamped_by(&mut owner, "update t set number = number").is_empty());
    assert!(stamped_by(&mut owner, "update t set twice = default").is_empty());
    assert_eq!(
        stamped_by(&mut owner, "update t set number = 2 where id = 1"),
        ["1"]
    );
}

fn a_comparison_of_whole_rows_would_be_found_out(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLE);
    owner.run(
        "create function stamp() returns trigger language plpgsql as $$ begin
             if new is distinct from old then new.updated_at = now(); end if;
             return new;
         end $$;
         create trigger stamp before update on t for each row execute function stamp()",
    );
    // A BEFORE trigger sees the generated column without its value.
    assert_eq!(
        stamped_by(&mut owner, "update t set number = number"),
        ["1"]
    );
    assert_eq!(
        stamped_by(&mut owner, "update t set updated_at = now()"),
        ["1", "2"]
    );
}

fn large_values_are_compared_whole(database: &Database) {
    let mut owner = tracked(database);
    owner.run(
        "alter table t disable trigger steward_updated_at;
         alter table t alter column body set storage external;
         update t set body = repeat('abc', 100000) where id = 1;
         update t set body = repeat('abc', 1000) where id = 2;
         alter table t enable trigger steward_updated_at",
    );
    assert!(owner.holds(
        "select pg_relation_size(reltoastrelid) > 0 from pg_class where oid = 't'::regclass"
    ));
    assert!(stamped_by(&mut owner, "update t set number = number").is_empty());
    assert!(stamped_by(&mut owner, "update t set body = body || ''").is_empty());
    assert!(
        stamped_by(
            &mut owner,
            "update t set body = repeat('abc', 100000) where id = 1"
        )
        .is_empty()
    );
    assert_eq!(
        stamped_by(
            &mut owner,
            "update t set body = overlay(body placing 'x' from 299999) where id = 1"
        ),
        ["1"]
    );
    // The same value, compressed in the row and out of line before.
    owner.run("alter table t alter column body set storage main");
    assert!(
        stamped_by(
            &mut owner,
            "update t set body = repeat('abc', 1000) where id = 2"
        )
        .is_empty()
    );
}

fn dropped_and_added_columns(database: &Database) {
    let mut owner = tracked(database);
    owner.run(
        "alter table t drop column small, drop column tags, add column added text default 'x'",
    );
    assert!(stamped_by(&mut owner, "update t set body = body").is_empty());
    // The rows were never written with the new column: its value is the catalog's.
    assert!(stamped_by(&mut owner, "update t set added = 'x'").is_empty());
    assert_eq!(
        stamped_by(&mut owner, "update t set added = null where id = 1"),
        ["1"]
    );
    owner.run("alter table t add column later text");
    assert!(stamped_by(&mut owner, "update t set later = null").is_empty());
    assert_eq!(
        stamped_by(&mut owner, "update t set later = ''"),
        ["1", "2"]
    );
}

/// A BEFORE trigger of the user's that changes row 1 whatever the UPDATE does, under this name.
fn add_trigger(owner: &mut Session, name: &str) {
    owner.run(&format!(
        "create function change() returns trigger language plpgsql as $$ begin
             if new.id = 1 then new.number = new.number + 1; end if;
             return new;
         end $$;
         create trigger {name} before update on t for each row execute function change()"
    ));
}

fn what_an_earlier_trigger_changes_counts(database: &Database) {
    let mut owner = tracked(database);
    add_trigger(&mut owner, "earlier");
    assert_eq!(stamped_by(&mut owner, "update t set body = body"), ["1"]);
}

/// Triggers fire in the order of their names, and none sees what comes after it.
fn what_a_later_trigger_changes_does_not_count(database: &Database) {
    let mut owner = tracked(database);
    add_trigger(&mut owner, "thereafter");
    assert!(stamped_by(&mut owner, "update t set body = body").is_empty());
    owner
        .run("select steward.track_updated_at('t', only_changes => true, name => 'zz_updated_at')");
    assert_eq!(stamped_by(&mut owner, "update t set body = body"), ["1"]);
}
