//! Every type of key and of stage.

use steward_tests::{Database, Session, tests};

tests![
    every_key,
    every_stage,
    a_stage_that_is_generated,
    types_that_do_not_fit
];

/// Inserts a row and changes it twice; the history as `before|after`.
fn history(
    owner: &mut Session,
    key: (&str, &str),
    stage: (&str, [&str; 3]),
    destination_stage: &str,
) -> Vec<String> {
    let ((key_type, key_value), (stage_type, stages)) = (key, stage);
    let [first, second, third] = stages;
    owner.run(&format!(
        "drop table if exists t, stage_transitions;
         create table t (id {key_type} primary key, current_stage {stage_type} not null);
         create table stage_transitions (
             feature_id {key_type} references t, from_stage {destination_stage}, to_stage {destination_stage} not null,
             timestamp timestamptz, duration bigint
         );
         create index on stage_transitions (feature_id);
         select steward.track_stages('t');
         insert into t values ({key_value}, {first});
         update t set current_stage = {second};
         update t set current_stage = {third}"
    ));
    owner.rows(&format!(
        "select from_stage, to_stage from stage_transitions where feature_id = {key_value} order by timestamp"
    ))
}

const TEXT: (&str, [&str; 3]) = ("text", ["'a'", "'b'", "'c'"]);

fn every_key(database: &Database) {
    let mut owner = database.owner();
    owner.run("create domain task_key as text check (value <> ''); create type color as enum ('red', 'green')");
    for key in [
        ("integer", "-1"),
        ("smallint", "7"),
        ("bigint", "9223372036854775807"),
        ("uuid", "'c5ec37e9-8348-58ec-9646-708121ae88f8'"),
        ("text", "'a''b\\ '"),
        ("varchar(20)", "'key '"),
        ("char(5)", "'k'"),
        ("numeric", "1.50"),
        ("date", "'2026-01-01'"),
        ("task_key", "'key'"),
        ("color", "'green'"),
        ("timestamptz", "'2026-01-01'"),
        ("bytea", "'\\x00ff'"),
    ] {
        assert_eq!(
            history(&mut owner, key, TEXT, "text"),
            ["NULL|a", "a|b", "b|c"],
            "{}",
            key.0
        );
    }
}

fn every_stage(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type phase as enum ('a', 'b', 'c');
         create domain label as varchar(3) check (value ~ '^[a-z]+$');
         create domain phase_label as phase",
    );
    let key = ("integer", "1");
    let letters = ["'a'", "'b'", "'c'"];
    for (stage_type, destination) in [
        ("text", "text"),
        ("text", "varchar(50)"),
        ("varchar(50)", "text"),
        ("varchar(50)", "varchar(50)"),
        ("char(1)", "text"),
        ("phase", "phase"),
        ("phase", "text"),
        ("phase", "varchar(5)"),
        ("phase_label", "phase"),
        ("label", "text"),
        ("label", "label"),
        ("text", "label"),
        ("name", "text"),
        ("\"char\"", "text"),
    ] {
        let found = history(&mut owner, key, (stage_type, letters), destination);
        assert_eq!(
            found,
            ["NULL|a", "a|b", "b|c"],
            "{stage_type} to {destination}"
        );
    }
    let found = history(&mut owner, key, ("integer", ["1", "2", "3"]), "integer");
    assert_eq!(found, ["NULL|1", "1|2", "2|3"]);
    let found = history(
        &mut owner,
        key,
        ("boolean", ["false", "true", "false"]),
        "boolean",
    );
    assert_eq!(found, ["NULL|f", "f|t", "t|f"]);
}

fn a_stage_that_is_generated(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (
             id integer primary key, done integer not null,
             current_stage text not null generated always as (case when done < 100 then 'open' else 'closed' end) stored
         );
         create table stage_transitions (
             feature_id integer, from_stage text, to_stage text not null, timestamp timestamptz, duration bigint
         );
         create index on stage_transitions (feature_id);
         select steward.track_stages('t');
         insert into t values (1, 0); update t set done = 50; update t set done = 100",
    );
    assert_eq!(
        owner.rows("select from_stage, to_stage from stage_transitions order by timestamp"),
        ["NULL|open", "open|closed"]
    );
}

/// Found out when the rule is attached, not by the first writer: the key and the time in our own words,
/// the others in those of PostgreSQL's assignment.
fn types_that_do_not_fit(database: &Database) {
    let mut owner = database.owner();
    owner.run("create type phase as enum ('a'); create type other as enum ('a')");
    let fitting = [
        "integer",
        "integer",
        "text",
        "text",
        "timestamptz",
        "bigint",
    ];
    for (differing, sqlstate) in [
        (&[(KEY, "uuid")][..], "42809"),
        (&[(KEY, "text"), (ROW, "uuid")], "42809"),
        (&[(ROW, "text")], "42809"),
        (&[(AT, "integer")], "42809"),
        (&[(STAGE, "phase"), (TO, "other")], "42804"),
        (&[(TO, "phase")], "42804"),
        (&[(TO, "integer")], "42804"),
        (&[(DURATION, "interval")], "42804"),
        (&[(DURATION, "boolean")], "42804"),
    ] {
        let mut types = fitting;
        for (column, column_type) in differing {
            types[*column] = column_type;
        }
        let [key, row, stage, to, at, duration] = types;
        owner.run(&format!(
            "drop table if exists t, stage_transitions;
             create table t (id {key} primary key, current_stage {stage} not null);
             create table stage_transitions (
                 feature_id {row}, from_stage {to}, to_stage {to}, timestamp {at}, duration {duration}
             );
             create index on stage_transitions (feature_id)"
        ));
        let refusal = owner.refusal("select steward.track_stages('t')");
        assert_eq!(refusal.sqlstate(), sqlstate, "{types:?}: {refusal}");
        assert!(owner.rows("select from steward.attachments").is_empty());
    }
}

/// The positions of the columns in a list of their types.
const KEY: usize = 0;
const ROW: usize = 1;
const STAGE: usize = 2;
const TO: usize = 3;
const AT: usize = 4;
const DURATION: usize = 5;
