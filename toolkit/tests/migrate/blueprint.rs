//! The shipped systems, where the extension is installed on this machine.

use crate::fixture::{Database, Run};

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

fn inserted(seeded: &Run) -> i64 {
    seeded.json()["tables"]
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|table| table["inserted"].as_i64())
        .sum()
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
    assert!(inserted(&database.steward(&seed).succeeds()) > 0);
    assert_eq!(inserted(&database.steward(&seed).succeeds()), 0);
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
