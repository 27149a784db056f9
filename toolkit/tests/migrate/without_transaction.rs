//! `-- steward: no-transaction` and `-- steward: irreversible`.

use crate::fixture::{Database, Folder};

const INDEXES: &str =
    "select coalesce(string_agg(indexrelid::regclass::text || ' ' || indisvalid, ', '), '')
    from pg_index where indrelid = 't1'::regclass";

#[test]
fn an_index_is_built_concurrently_and_dropped_again() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    folder.pair(
        2,
        "-- steward: no-transaction\ncreate index concurrently i on t1 (id);",
        "drop index concurrently i;",
    );
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.value(INDEXES), "i true");
    assert_eq!(
        database.value("select transactional::text from schema_migrations where version = 2"),
        "false"
    );
    database.migrate(&folder, &["down", "--yes"]).succeeds();
    assert_eq!(database.value(INDEXES), "");
    assert_eq!(database.applied("public"), "1");
}

#[test]
fn without_the_directive_the_hint_names_it() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    folder.pair(
        2,
        "create index concurrently i on t1 (id);",
        "drop index i;",
    );
    database.migrate(&folder, &["up"]).ends_with(1).says(&[
        "25001",
        "-- steward: no-transaction",
        "V2__step_2.sql:1",
    ]);
}

#[test]
fn a_failed_index_is_dropped_and_the_rest_is_told() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "create table t1 (id int); insert into t1 values (1), (1);",
        "drop table t1;",
    );
    folder.pair(
        2,
        "-- steward: no-transaction\ncreate table if not exists t2 (id int);\n\ncreate unique index concurrently i\n    on t1 (id);",
        "drop index concurrently i; drop table t2;",
    );
    let refused = database.migrate(&folder, &["up"]).ends_with(1).says(&[
        "23505",
        "V2__step_2.sql:4",
        "dropped the INVALID index public.i",
        "1 of its 2 statements were done and remain",
    ]);
    assert!(refused.stderr.contains("DETAIL"), "{}", refused.stderr);
    assert_eq!(database.value(INDEXES), "");
    assert_eq!(database.applied("public"), "1");
    database
        .client()
        .batch_execute("truncate t1")
        .expect("mended");
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.value(INDEXES), "i true");
}

#[test]
fn an_invalid_index_of_an_earlier_run_does_not_stand_in_the_way() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "create table t1 (id int); insert into t1 values (1), (1);",
        "drop table t1;",
    );
    database.migrate(&folder, &["up"]).succeeds();
    let mut client = database.client();
    client
        .batch_execute("create unique index concurrently \"I\" on t1 (id)")
        .expect_err("the rows are not unique");
    assert_eq!(database.value(INDEXES), "\"I\" false");
    client.batch_execute("truncate t1").expect("mended");
    folder.pair(
        2,
        "-- steward: no-transaction\ncreate unique index concurrently if not exists \"I\" on t1 (id);",
        "drop index \"I\";",
    );
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.value(INDEXES), "\"I\" true");
}

#[test]
fn a_valid_index_is_never_dropped() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database.migrate(&folder, &["up"]).succeeds();
    database
        .client()
        .batch_execute("create index i on t1 (id)")
        .expect("built");
    folder.pair(
        2,
        "-- steward: no-transaction\ncreate index concurrently i on t1 (id);",
        "drop index i;",
    );
    database
        .migrate(&folder, &["up"])
        .ends_with(1)
        .says(&["42P07"]);
    assert_eq!(database.value(INDEXES), "i true");
}

#[test]
fn a_transaction_inside_is_rolled_back_as_a_whole() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "-- steward: no-transaction\nbegin;\ncreate table t1 (id int);\nselect 1 / 0;\ncommit;",
        "drop table t1;",
    );
    database
        .migrate(&folder, &["up"])
        .ends_with(1)
        .says(&["22012", "V1__step_1.sql:4"]);
    assert_eq!(database.value("select to_regclass('t1')::text"), "");
}

#[test]
fn an_irreversible_migration_stops_the_way_down_before_anything_is_undone() {
    let database = Database::new();
    let folder = Folder::with_tables(3);
    folder.write(
        "V2__step_2.sql",
        "-- steward: irreversible\ncreate table t2 (id int);",
    );
    folder.remove("V2__step_2.down.sql");
    database.migrate(&folder, &["up"]).succeeds();
    database
        .migrate(&folder, &["down", "--all", "--yes"])
        .ends_with(1)
        .says(&["V2__step_2 is irreversible"]);
    assert_eq!(database.applied("public"), "1 2 3");
    database.migrate(&folder, &["down", "--yes"]).succeeds();
    assert_eq!(database.applied("public"), "1 2");
}
