//! The schema: created if missing, dropped only if created, and of any name.

use crate::fixture::{Database, Folder};

const SCHEMAS: &str =
    "select coalesce(string_agg(nspname::text, ' ' order by nspname), '') from pg_namespace
    where nspname not like 'pg\\_%' and nspname not in ('information_schema', 'public', 'steward')";

#[test]
fn a_schema_that_was_created_is_dropped_with_the_last_migration() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    database
        .migrate(&folder, &["up", "--schema", "app"])
        .succeeds()
        .says(&["created schema \"app\""]);
    assert_eq!(
        database.value("select to_regclass('app.t1')::text"),
        "app.t1"
    );
    assert_eq!(database.value("select to_regclass('public.t1')::text"), "");
    database
        .migrate(&folder, &["down", "--all", "--yes", "--schema", "app"])
        .succeeds()
        .says(&["dropped schema \"app\""]);
    assert_eq!(database.value(SCHEMAS), "");
}

#[test]
fn a_schema_that_was_there_stays() {
    let database = Database::new();
    database
        .client()
        .batch_execute("create schema app")
        .expect("created");
    let folder = Folder::with_tables(1);
    database
        .migrate(&folder, &["up", "--schema", "app"])
        .succeeds();
    database
        .migrate(&folder, &["down", "--all", "--yes", "--schema", "app"])
        .succeeds();
    assert_eq!(database.value(SCHEMAS), "app");
}

#[test]
fn a_schema_that_holds_something_else_stays() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database
        .migrate(&folder, &["up", "--schema", "app"])
        .succeeds();
    database
        .client()
        .batch_execute("create table app.mine (id int)")
        .expect("created");
    database
        .migrate(&folder, &["down", "--all", "--yes", "--schema", "app"])
        .succeeds()
        .says(&["kept schema \"app\""]);
    assert_eq!(
        database.value("select to_regclass('app.mine')::text"),
        "app.mine"
    );
}

#[test]
fn hostile_names_work() {
    for name in [
        "a\"b",
        "a'b",
        "a\\b",
        "a b; drop table x --",
        "%s {} $1",
        "größe",
        "Public",
        "$users",
        "it's \"so\" \\'",
        &"x".repeat(63),
    ] {
        let database = Database::new();
        let folder = Folder::with_tables(2);
        for arguments in [
            &["up"][..],
            &["status", "--exit-code"],
            &["verify"],
            &["redo", "--yes"],
            &["plan"],
        ] {
            let arguments = [arguments, &["--schema", name]].concat();
            database.migrate(&folder, &arguments).succeeds();
        }
        let tables = database
            .client()
            .query_one(
                "select count(*) from pg_tables where schemaname = $1 and tablename in ('t1', 't2', 'schema_migrations')",
                &[&name],
            )
            .expect("a count");
        assert_eq!(tables.get::<_, i64>(0), 3, "{name}");
        database
            .migrate(&folder, &["down", "--all", "--yes", "--schema", name])
            .succeeds();
        assert_eq!(database.value(SCHEMAS), "", "{name}");
    }
}

#[test]
fn impossible_names_are_refused() {
    let folder = Folder::with_tables(1);
    for name in ["", "pg_catalog", "$user", &"x".repeat(64)] {
        Database::new()
            .migrate(&folder, &["up", "--schema", name])
            .ends_with(2);
    }
}

#[test]
fn questions_create_nothing() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    for arguments in [&["status"][..], &["plan"], &["verify"]] {
        let arguments = [arguments, &["--schema", "app"]].concat();
        database.migrate(&folder, &arguments).succeeds();
    }
    assert_eq!(database.value(SCHEMAS), "");
    assert_eq!(
        database.value("select count(*)::text from pg_class where relname = 'schema_migrations'"),
        "0"
    );
}

#[test]
fn another_tools_table_is_left_alone() {
    let database = Database::new();
    database
        .client()
        .batch_execute("create table schema_migrations (version varchar primary key)")
        .expect("created");
    let folder = Folder::with_tables(1);
    database
        .migrate(&folder, &["up"])
        .ends_with(1)
        .says(&["another tool's table", "--schema"]);
}

/// Who could write the history would choose what the next `migrate down` runs.
#[test]
fn default_privileges_do_not_give_the_history_away() {
    let database = Database::new();
    let privileges = "select coalesce(string_agg(distinct grantee::regrole::text, ' '), 'nobody')
         from pg_class, aclexplode(relacl) where relname = 'schema_migrations' and grantee <> relowner";
    database
        .client()
        .batch_execute(
            "create role \"some one\"; create schema app; create schema \"a'$$b\\\";
             alter default privileges in schema app grant all on tables to \"some one\", public;
             alter default privileges in schema \"a'$$b\\\" grant select on tables to \"some one\"",
        )
        .expect("created");
    let folder = Folder::with_tables(1);
    for schema in ["app", "a'$$b\\"] {
        database
            .migrate(&folder, &["up", "--schema", schema])
            .succeeds();
    }
    assert_eq!(database.value(privileges), "nobody");
    // The control: tables of the migrations are what they are for.
    assert_ne!(
        database.value(&privileges.replace("schema_migrations", "t1")),
        "nobody"
    );
    database
        .client()
        .batch_execute("drop schema app, \"a'$$b\\\" cascade; drop role \"some one\"")
        .expect("dropped");
}
