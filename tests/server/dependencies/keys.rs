//! The types that keys can have, and ends that are NULL.

use steward_tests::{Database, tests};

tests![
    every_key_type,
    types_that_are_refused,
    ends_of_two_types,
    null_ends_are_no_edges
];

const TYPES: &str = "
    create domain task_key as uuid check (value is not null);
    create domain short as varchar(20) collate \"en_US.utf8\";
    create domain nested as task_key;
    create domain number as integer check (value > 0)";

/// A key of each type, as SQL that makes it of a number.
const KEYS: [(&str, &str); 9] = [
    ("integer", "%"),
    ("bigint", "4611686018427387904 + %"),
    ("uuid", "lpad(%::text, 32, 'f')::uuid"),
    ("text", "'ä ''task'' ' || %"),
    ("varchar(50)", "'task ' || %"),
    ("text collate \"C\"", "'T' || %"),
    ("task_key", "lpad(%::text, 32, '0')::uuid"),
    ("nested", "lpad(%::text, 32, 'a')::uuid"),
    ("number", "%"),
];

fn every_key_type(database: &Database) {
    let mut owner = database.owner();
    owner.run(&TYPES.replace("\"en_US.utf8\"", "\"default\""));
    for (key_type, key) in KEYS {
        let key = |number: i32| key.replace('%', &number.to_string());
        owner.run(&format!(
            "create table edges (task_id {key_type}, depends_on {key_type});
             create index on edges (task_id); create index on edges (depends_on);
             select steward.guard_dependencies('edges')"
        ));
        for (task, dependency) in [(9, 8), (3, 2), (2, 1), (8, 3), (5, 9), (1, 7)] {
            owner.run(&format!(
                "insert into edges values ({}, {})",
                key(task),
                key(dependency)
            ));
        }
        let refusal = owner.refusal(&format!(
            "insert into edges values ({}, {})",
            key(1),
            key(3)
        ));
        assert_eq!(refusal.sqlstate(), "23514", "{key_type}: {refusal}");
        let path = owner.value(&format!(
            "select 'Each waits for the next: ' || ({0})::text || ' -> ' || ({2})::text || ' -> ' || ({1})::text || ' -> ' || ({0})::text || '.'",
            key(1), key(2), key(3),
        ));
        assert_eq!(refusal.detail(), Some(path.as_str()), "{key_type}");
        super::assert_ranks_agree(&mut owner);
        owner.run("drop table edges");
    }
}

fn types_that_are_refused(database: &Database) {
    database.superuser().run("create extension citext");
    let mut owner = database.owner();
    owner.run(
        "create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         create type label as enum ('a', 'b')",
    );
    for key_type in [
        "citext",
        "text collate loose",
        "numeric",
        "char(10)",
        "smallint",
        "timestamptz",
        "double precision",
        "integer[]",
        "label",
        "jsonb",
    ] {
        owner.run(&format!(
            "create table edges (task_id {key_type}, depends_on {key_type});
             create index on edges (task_id); create index on edges (depends_on)"
        ));
        let refusal = owner.refusal(super::GUARD);
        assert_eq!(refusal.sqlstate(), "42809", "{key_type}: {refusal}");
        owner.run("drop table edges");
    }
}

fn ends_of_two_types(database: &Database) {
    let mut owner = database.owner();
    for (task, dependency) in [("integer", "bigint"), ("text", "uuid"), ("uuid", "integer")] {
        owner.run(&format!(
            "create table edges (task_id {task}, depends_on {dependency});
             create index on edges (task_id); create index on edges (depends_on)"
        ));
        assert_eq!(owner.sqlstate(super::GUARD), "42809");
        owner.run("drop table edges");
    }
    // Text is text.
    owner.run(
        "create table edges (task_id text, depends_on varchar(10));
         create index on edges (task_id); create index on edges (depends_on)",
    );
    owner.run(super::GUARD);
    owner.run("insert into edges values ('a', 'b')");
    assert_eq!(
        owner.sqlstate("insert into edges values ('b', 'a')"),
        "23514"
    );
}

fn null_ends_are_no_edges(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id integer, depends_on integer);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges');
         insert into edges values (1, null), (null, 1), (null, null), (1, 2), (2, null);
         update edges set depends_on = null where task_id = 1",
    );
    assert_eq!(
        owner.sqlstate("update edges set depends_on = 2 where task_id = 1; update edges set depends_on = 1 where task_id = 2"),
        "23514"
    );
}
