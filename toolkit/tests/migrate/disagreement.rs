//! Files and history that disagree: named, refused with 4, and mended.

use crate::fixture::{Database, Folder};

#[test]
fn an_edited_migration_is_refused_and_can_be_restamped() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    database
        .migrate(&folder, &["up", "--steps", "1"])
        .succeeds();
    folder.write("V1__step_1.sql", "-- a remark\ncreate table t1 (id int);\n");
    database.migrate(&folder, &["up"]).ends_with(4).says(&[
        "V1__step_1.sql",
        "was edited after it was applied",
        "--restamp",
    ]);
    database
        .migrate(&folder, &["status", "--exit-code"])
        .ends_with(4);
    let verified = database
        .migrate(&folder, &["verify", "--format", "json"])
        .ends_with(4);
    assert_eq!(verified.json()["problems"][0]["kind"], "divergent");
    database
        .migrate(&folder, &["verify", "--restamp"])
        .ends_with(8)
        .says(&["--yes"]);
    database.migrate(&folder, &["verify"]).ends_with(4);
    database
        .migrate(&folder, &["verify", "--restamp", "--yes"])
        .succeeds()
        .says(&["restamped V1__step_1"]);
    database.migrate(&folder, &["verify"]).succeeds();
    database.migrate(&folder, &["up"]).succeeds();
}

#[test]
fn an_edited_down_script_is_reported_by_verify_only() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database.migrate(&folder, &["up"]).succeeds();
    folder.write("V1__step_1.down.sql", "drop table t1 cascade;");
    let verified = database
        .migrate(&folder, &["verify", "--format", "json"])
        .ends_with(4);
    assert_eq!(verified.json()["problems"][0]["kind"], "down_script_edited");
    database.migrate(&folder, &["up"]).succeeds();
    database
        .migrate(&folder, &["verify", "--restamp", "--yes"])
        .succeeds();
    assert_eq!(
        database.value("select down_script from schema_migrations"),
        "drop table t1 cascade;"
    );
}

#[test]
fn a_migration_out_of_order_needs_consent() {
    let database = Database::new();
    let folder = Folder::new();
    folder.table(1);
    folder.table(3);
    database.migrate(&folder, &["up"]).succeeds();
    folder.table(2);
    database.migrate(&folder, &["up"]).ends_with(4).says(&[
        "Version 2",
        "newer ones are",
        "--allow-out-of-order",
    ]);
    assert_eq!(database.applied("public"), "1 3");
    database
        .migrate(&folder, &["up", "--allow-out-of-order"])
        .succeeds();
    assert_eq!(database.applied("public"), "1 2 3");
}

#[test]
fn a_missing_file_is_named_and_can_still_be_undone() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    database.migrate(&folder, &["up"]).succeeds();
    folder.remove("V2__step_2.sql");
    folder.remove("V2__step_2.down.sql");
    folder.table(3);
    database
        .migrate(&folder, &["up"])
        .ends_with(4)
        .says(&["Version 2 (step_2) is applied, but has no file"]);
    database.migrate(&folder, &["redo", "--yes"]).ends_with(1);
    database.migrate(&folder, &["down", "--yes"]).succeeds();
    database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(database.applied("public"), "1 3");
}

#[test]
fn a_duplicate_version_is_refused() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    folder.write("V1__again.sql", "select 1;");
    folder.write("V1__again.down.sql", "select 1;");
    let refused = database.migrate(&folder, &["up"]);
    assert_ne!(refused.code, 0);
    refused.says(&["V1__again.sql", "V1__step_1.sql"]);
}

#[test]
fn a_second_set_needs_a_schema_of_its_own() {
    let database = Database::new();
    let first = Folder::with_tables(1);
    let second = Folder::with_tables(1);
    database.migrate(&first, &["up"]).succeeds();
    for arguments in [
        &["up"][..],
        &["down", "--all", "--yes"],
        &["status"],
        &["verify"],
    ] {
        database
            .migrate(&second, arguments)
            .ends_with(4)
            .says(&["the schema holds the migrations of", "--schema"]);
    }
    database
        .migrate(&second, &["up", "--schema", "second"])
        .succeeds();
}

#[test]
fn a_row_that_changes_meanwhile_stops_the_way_down() {
    let database = Database::new();
    let folder = Folder::new();
    // The down script itself plays the one who meddles.
    folder.pair(
        1,
        "create table t1 (id int);",
        "drop table t1; update schema_migrations set checksum = '1';",
    );
    database.migrate(&folder, &["up"]).succeeds();
    database
        .migrate(&folder, &["down", "--yes"])
        .ends_with(4)
        .says(&["no longer as it was read"]);
    assert_eq!(database.value("select to_regclass('t1')::text"), "t1");
}
