//! The commands `steward lint access` and `steward test access` against a real server, with policies of the real
//! extension.

use std::sync::LazyLock;

use serde_json::Value;

#[path = "../database/mod.rs"]
mod database;

use crate::database::Database;

const TASKS: &str = "
    create table projects (id bigint primary key);
    create table members (project_id bigint references projects, user_id bigint, role text, primary key (project_id, user_id));
    create index on members (user_id);
    create table tasks (id bigint primary key, project_id bigint not null references projects, length bigint generated always as (id) stored);
    create index on tasks (project_id);
    create table settings (name text primary key);
    insert into projects values (1), (2); insert into members values (1, 7, 'lead'), (1, 8, 'viewer'), (2, 9, 'lead');
    insert into tasks values (1, 1), (2, 1), (3, 2); insert into settings values ('a');
    select steward.restrict('tasks', members => 'members', member_role => 'role', writers => '{lead}', database_roles => '{web}');
    grant select, insert, update, delete on tasks to web; grant select on settings to web";

fn database() -> Option<Database> {
    static ROLES: LazyLock<()> = LazyLock::new(|| {
        Database::new(
            "create role keeper login; create role web; grant web to keeper; create role nobody login",
        );
    });
    let () = *ROLES;
    let database =
        Database::new("create extension steward; grant create on schema public to keeper")?;
    database
        .client("keeper")
        .batch_execute(TASKS)
        .expect("tables");
    Some(database)
}

const MATRIX: [&str; 10] = [
    "test", "access", "--schema", "public", "--role", "web", "--user", "lead=7", "--user",
    "viewer=8",
];

#[test]
fn the_matrix_shows_what_each_may_do() {
    let Some(database) = database() else { return };
    for user in ["postgres", "keeper"] {
        let run = database.steward_as(user, &MATRIX).ends_with(0);
        assert_eq!(
            run.stdout.lines().collect::<Vec<_>>(),
            [
                "TABLE     USER      SELECT  INSERT  UPDATE  DELETE",
                "members   (nobody)  -       -       -       -",
                "members   lead      -       -       -       -",
                "members   viewer    -       -       -       -",
                "projects  (nobody)  -       -       -       -",
                "projects  lead      -       -       -       -",
                "projects  viewer    -       -       -       -",
                "settings  (nobody)  1/1     -       -       -",
                "settings  lead      1/1     -       -       -",
                "settings  viewer    1/1     -       -       -",
                "tasks     (nobody)  0/3     0/3     0/3     0/3",
                "tasks     lead      2/3     2/3     2/3     2/3",
                "tasks     viewer    2/3     0/3     0/3     0/3",
            ],
            "{user}"
        );
    }
    // Nothing of it is left.
    let rows: i64 = database
        .client("keeper")
        .query_one("select count(*) from tasks", &[])
        .expect("a count")
        .get(0);
    assert_eq!(rows, 3);
    // The control: without the policies it shows.
    database.run("alter table tasks disable row level security");
    let run = database.steward_as("keeper", &MATRIX).ends_with(0);
    assert!(
        run.stdout
            .contains("tasks     (nobody)  3/3     3/3     3/3     3/3"),
        "{}",
        run.stdout
    );
}

#[test]
fn where_an_identity_has_to_be_sealed() {
    let Some(database) = database() else { return };
    database.run("do $$ begin execute format('alter database %I set steward.require_sealed_identity = on', current_database()); end $$");
    let run = database.steward(&MATRIX).ends_with(0);
    assert!(
        run.stdout.contains("tasks     lead      2/3"),
        "{}",
        run.stdout
    );
    // Who cannot seal an identity would see in every cell what nobody may do.
    database.steward_as("keeper", &MATRIX).ends_with(1).says(&[
        "only a superuser may take the part of users where steward.require_sealed_identity is on",
    ]);
}

/// A policy that fails lets nothing through, and a column may bear any name.
#[test]
fn inserts_that_fail_are_not_taken() {
    let Some(database) = database() else { return };
    database
        .client("keeper")
        .batch_execute(
            "drop table tasks, members, projects, settings cascade;
             create table failing (id bigint primary key); insert into failing values (1); alter table failing enable row level security;
             create policy p on failing to web using (id = current_setting('app.tenant')::bigint);
             create table odd (t text primary key, owner text); create index on odd (owner); insert into odd values ('a', '7');
             select steward.restrict('odd', owner => 'owner', database_roles => '{web}');
             grant select, insert, update, delete on failing, odd to web",
        )
        .expect("tables");
    for user in ["postgres", "keeper"] {
        let run = database.steward_as(user, &MATRIX).ends_with(0);
        assert_eq!(
            run.stdout.lines().skip(1).collect::<Vec<_>>(),
            [
                "failing  (nobody)  error 42704  error 42704  error 42704  error 42704",
                "failing  lead      error 42704  error 42704  error 42704  error 42704",
                "failing  viewer    error 42704  error 42704  error 42704  error 42704",
                "odd      (nobody)  0/1          0/1          0/1          0/1",
                "odd      lead      1/1          1/1          1/1          1/1",
                "odd      viewer    0/1          0/1          0/1          0/1",
            ],
            "{user}"
        );
    }
}

#[test]
fn the_matrix_is_written_as_json() {
    let Some(database) = database() else { return };
    let run = database
        .steward_as("keeper", &[&MATRIX[..], &["--format", "json"]].concat())
        .ends_with(0);
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let line = document["matrix"]
        .as_array()
        .expect("lines")
        .last()
        .expect("a line");
    assert_eq!(
        (line["table"].as_str(), line["user"].as_str()),
        (Some("tasks"), Some("viewer"))
    );
    assert_eq!(line["select"], serde_json::json!({ "rows": 2, "of": 3 }));
    let first = &document["matrix"][0];
    assert_eq!(first["select"], serde_json::json!({ "sqlstate": "42501" }));
}

fn with(role: &str) -> [&str; 4] {
    ["test", "access", "--role", role]
}

#[test]
fn roles_that_show_nothing() {
    let Some(database) = database() else { return };
    database
        .steward(&with("nowhere"))
        .ends_with(1)
        .says(&["role \"nowhere\" does not exist"]);
    database
        .steward(&with("postgres"))
        .ends_with(1)
        .says(&["is above policies"]);
    database
        .steward_as("nobody", &with("web"))
        .ends_with(1)
        .says(&["cannot take the part of role \"web\""]);
    database
        .steward(&["test", "access", "--role", "web", "--user", "x"])
        .ends_with(2)
        .says(&["NAME=ID"]);
}

#[test]
fn lint_ends_with_9() {
    let Some(database) = database() else { return };
    let lint = |arguments: &[&str]| {
        database.steward_as(
            "keeper",
            &[&["lint", "access", "--schema", "public"], arguments].concat(),
        )
    };
    let run = lint(&[]).ends_with(9);
    assert!(
        run.stdout.starts_with(
            "error: public.settings: rls_disabled\n  others than the owner may use it (web: SELECT), and no policy says which rows\n  mend: "
        ),
        "{}",
        run.stdout
    );
    let document: Value =
        serde_json::from_str(&lint(&["--format", "json"]).ends_with(9).stdout).expect("JSON");
    assert_eq!(document["findings"][0]["rule"], "rls_disabled");
    database.run("revoke all on settings from web");
    lint(&[]).ends_with(0);
    lint(&["--fail-on", "note"]).ends_with(9);
    lint(&["--fail-on", "error"]).ends_with(0);
    database
        .steward(&["lint", "access", "--schema", "nowhere"])
        .ends_with(1)
        .says(&["schema nowhere does not exist"]);
}
