//! A database that was dumped and restored has the same attachments, and they work.

use steward_tests::{Database, Session, tests};

tests![
    a_dump_restores_as_it_was,
    a_dump_in_the_custom_format_restores_as_it_was,
    data_alone_is_recorded_again_unless_triggers_are_disabled,
];

const SCHEMA: &str = r#"
    create schema "odd ""schema";
    create table "odd ""schema"."tasks $$" (
        id integer primary key, "st\age" text not null, "up'dated" timestamptz, seen_at timestamp(0)
    );
    create table history (
        task integer not null, before text, after text not null, at timestamptz not null, lasted bigint
    );
    create index on history (task, at);
    create table parts (id integer, current_stage varchar(10) not null, updated_at timestamptz) partition by range (id);
    create table parts_low partition of parts for values from (0) to (10);
    create table stage_transitions (
        feature_id integer, from_stage varchar(10), to_stage varchar(10) not null, timestamp timestamptz, duration bigint
    );
    create index on stage_transitions (feature_id);
    select steward.track_updated_at('"odd ""schema"."tasks $$"', column_name => 'up''dated', only_changes => true, name => 'stamp "it"');
    select steward.track_updated_at('"odd ""schema"."tasks $$"', column_name => 'seen_at');
    select steward.track_stages('"odd ""schema"."tasks $$"', stage => 'st\age', destination => 'history', row_column => 'task',
        from_column => 'before', to_column => 'after', at_column => 'at', duration_column => 'lasted');
    select steward.track_updated_at('parts');
    select steward.track_stages('parts');
    alter table parts disable trigger steward_updated_at;
    alter table "odd ""schema"."tasks $$" enable always trigger "stamp ""it""";
"#;

const ROWS: &str = r#"
    insert into "odd ""schema"."tasks $$" values (1, 'a', '2001-01-01'), (2, 'a', '2001-01-01');
    update "odd ""schema"."tasks $$" set "st\age" = 'b' where id = 1;
    insert into parts values (1, 'a');
    update parts set current_stage = 'b'
"#;

fn fill(database: &Database) {
    let mut superuser = database.superuser();
    superuser.run(SCHEMA);
    superuser.run(ROWS);
}

fn attachments(session: &mut Session) -> Vec<String> {
    session.rows("select * from steward.attachments order by target::text, name")
}

fn contents(session: &mut Session) -> Vec<String> {
    session.rows(
        r#"select 'tasks', t::text from "odd ""schema"."tasks $$" as t
           union all select 'history', h::text from history as h
           union all select 'parts', p::text from parts as p
           union all select 'stage_transitions', s::text from stage_transitions as s
           order by 1, 2"#,
    )
}

/// Dumps, restores into an empty database, and compares.
fn check_round_trip(database: &Database, format: &str, restore: &str) {
    fill(database);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump");
    let file = file.to_str().expect("a path in UTF-8");
    let _ = database.client_program("pg_dump", &["--format", format, "--file", file]);
    let restored = database.create_empty().expect("a database");
    let arguments: &[&str] = match restore {
        "psql" => &[
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--file",
            file,
        ],
        _ => &["--exit-on-error", file],
    };
    let _ = restored.client_program(restore, arguments);
    let (mut before, mut after) = (database.superuser(), restored.superuser());
    let expected = attachments(&mut before);
    assert_eq!(expected.len(), 5);
    assert_eq!(attachments(&mut after), expected);
    assert_eq!(contents(&mut after), contents(&mut before));
    after.run(r#"begin; update "odd ""schema"."tasks $$" set "st\age" = 'c' where id = 1"#);
    assert!(after.holds(r#"select "up'dated" = now() and seen_at = now()::timestamp(0) from "odd ""schema"."tasks $$" where id = 1"#));
    assert_eq!(
        after.rows("select after from history where task = 1 order by at"),
        ["a", "b", "c"]
    );
    after.run("update parts set current_stage = 'c'");
    assert_eq!(
        after.rows("select to_stage from stage_transitions order by timestamp"),
        ["a", "b", "c"]
    );
    assert!(
        after.holds("select updated_at is null from parts"),
        "disabled, as it was"
    );
}

fn a_dump_restores_as_it_was(database: &Database) {
    check_round_trip(database, "plain", "psql");
}

fn a_dump_in_the_custom_format_restores_as_it_was(database: &Database) {
    check_round_trip(database, "custom", "pg_restore");
}

/// As SECURITY.md says.
fn data_alone_is_recorded_again_unless_triggers_are_disabled(database: &Database) {
    fill(database);
    let expected = contents(&mut database.superuser());
    for (arguments, same) in [
        (&["--data-only"][..], false),
        (&["--data-only", "--disable-triggers"], true),
    ] {
        let data = database.client_program("pg_dump", arguments);
        let restored = database.create_another().expect("a database");
        restored.superuser().run(SCHEMA);
        restored.load(&data);
        assert_eq!(
            contents(&mut restored.superuser()) == expected,
            same,
            "{arguments:?}"
        );
    }
}
