//! The shipped systems, where the extension is installed on this machine.

use crate::fixture::{Database, Folder, Run};

/// A database, if its server has the extension's files.
fn database() -> Option<Database> {
    let database = Database::new();
    let available =
        database.value("select name::text from pg_available_extensions where name = 'steward'");
    if available.is_empty() {
        eprintln!("skipped: the server has not got the extension steward");
        return None;
    }
    Some(database)
}

/// The tables that got rows, each with how many.
fn inserted(seeded: &Run) -> Vec<(String, i64)> {
    let report = seeded.json();
    let tables = report["tables"].as_array().expect("an array").iter();
    tables
        .map(|table| {
            let name = table["table"].as_str().expect("a name").to_owned();
            (name, table["inserted"].as_i64().expect("a number"))
        })
        .collect()
}

#[test]
fn a_blueprint_goes_up_is_seeded_and_goes_down_beside_another() {
    let Some(database) = database() else { return };
    database
        .steward(&[
            "migrate",
            "up",
            "--blueprint",
            "new_fuse",
            "--schema",
            "one",
        ])
        .succeeds()
        .says(&["created extension steward", "created schema \"one\""]);
    database
        .steward(&[
            "migrate",
            "up",
            "--blueprint",
            "new_fuse",
            "--schema",
            "two",
        ])
        .succeeds();
    let seed = [
        "seed",
        "dev",
        "--blueprint",
        "new_fuse",
        "--schema",
        "two",
        "--format",
        "json",
    ];
    assert!(!inserted(&database.steward(&seed).succeeds()).is_empty());
    assert_eq!(inserted(&database.steward(&seed).succeeds()), []);
    database
        .steward(&[
            "migrate",
            "down",
            "--all",
            "--yes",
            "--blueprint",
            "new_fuse",
            "--schema",
            "one",
        ])
        .succeeds()
        .says(&["dropped schema \"one\""]);
    database
        .steward(&[
            "migrate",
            "status",
            "--exit-code",
            "--blueprint",
            "new_fuse",
            "--schema",
            "two",
        ])
        .succeeds();
}

#[test]
fn a_seed_needs_its_blueprint_to_be_migrated() {
    let Some(database) = database() else { return };
    let seed = ["seed", "dev", "--blueprint", "new_fuse", "--schema", "one"];
    let up = [
        "migrate",
        "up",
        "--steps",
        "1",
        "--blueprint",
        "new_fuse",
        "--schema",
        "one",
    ];
    for _ in 0..2 {
        database.steward(&seed).ends_with(1).says(&[
            "is not migrated in schema \"one\"",
            "steward migrate up --blueprint new_fuse",
        ]);
        database.steward(&up).succeeds();
    }
}

#[test]
fn a_seed_tells_of_the_tables_of_the_blueprint_and_not_of_those_beside_them() {
    let Some(database) = database() else { return };
    let seeded = |blueprint: &str| {
        let to = ["--blueprint", blueprint, "--schema", blueprint];
        database
            .steward(&[&["migrate", "up"], to.as_slice()].concat())
            .succeeds();
        let seed = ["seed", "dev", "--format", "json"];
        let run = database
            .steward(&[&seed, to.as_slice()].concat())
            .succeeds();
        inserted(&run)
            .into_iter()
            .map(|(table, _)| table)
            .collect::<Vec<_>>()
    };
    let ranks = "select count(*)::text from jadugar.task_dependencies_rank";

    let tables = seeded("jadugar");
    assert!(tables.contains(&"task_dependencies".to_owned()));
    for side in [
        "task_dependencies_rank",
        "tasks_readiness",
        "tasks_progress",
    ] {
        assert!(!tables.contains(&side.to_owned()), "{side}");
    }
    assert_ne!(database.value(ranks), "0");
    // What a rule writes into a table of the blueprint is data.
    assert!(seeded("new_fuse").contains(&"stage_transitions".to_owned()));
}

#[test]
fn a_migration_that_creates_the_extension_is_told_that_up_does() {
    let Some(database) = database() else { return };
    let folder = Folder::new();
    let migration =
        |create: &str| format!("-- Up\n{create};\nselect steward.version();\n-- Down\nselect 1;\n");
    folder.write("1_x.sql", &migration("Create  extension steward"));
    database
        .migrate(&folder, &["up"])
        .ends_with(1)
        .says(&["42710", "Leave the statement out"]);
    folder.write(
        "1_x.sql",
        &migration("create extension if not exists steward"),
    );
    database.migrate(&folder, &["up"]).succeeds();
}

#[test]
fn a_migration_can_say_that_it_needs_the_extension() {
    let Some(database) = database() else { return };
    let folder = Folder::new();
    // Nothing in the SQL looks like a call.
    let sql = "-- Up\ncreate view attached as select * from \"steward\".attachments;\n\
               -- Down\ndrop view attached;\n";
    folder.write("1_view.sql", sql);
    database
        .migrate(&folder, &["up"])
        .ends_with(1)
        .says(&["relation \"steward.attachments\" does not exist"]);

    folder.write(
        "1_view.sql",
        &format!("-- steward: requires-extension\n\n{sql}"),
    );
    let plan = database.migrate(&folder, &["plan"]).succeeds();
    assert!(plan.stdout.contains("create extension"), "{}", plan.stdout);
    database
        .migrate(&folder, &["up"])
        .succeeds()
        .says(&["created extension steward"]);
}
