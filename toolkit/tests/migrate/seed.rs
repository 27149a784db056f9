//! What running a seed reports, for scripts of these tests' own.

use steward_toolkit::migration::Script;
use steward_toolkit::seed::{Changes, run};

use crate::fixture::Database;

fn script(sql: &str) -> Script {
    Script {
        sql: sql.to_owned(),
        file: "dev.sql".into(),
        first_line: 1,
    }
}

#[test]
fn only_what_the_seed_itself_changed_is_reported() {
    let database = Database::new();
    let mut client = database.client();
    let schema = "public".parse().expect("a name");
    // The server still counts these in the next transaction of the session.
    client
        .batch_execute(
            "create table t (id int); create table other (id int);
             insert into t values (1), (2); insert into other values (1)",
        )
        .expect("two tables");

    let sql = "insert into t values (3); update t set id = 4 where id = 3";
    let changes = run(&mut client, &schema, &script(sql), &()).expect("a seed");
    let expected = Changes {
        table: "t".to_owned(),
        inserted: 1,
        updated: 1,
        deleted: 0,
    };
    assert_eq!(changes, [expected]);

    let changes = run(&mut client, &schema, &script("select 1"), &()).expect("a seed");
    assert_eq!(changes, []);
}

/// Whatever the capability: what goes with a trigger of the extension is no data; where such a trigger only
/// writes to, and what goes with a trigger of somebody else, is.
#[test]
fn what_a_rule_has_to_remember_is_not_reported() {
    let database = Database::new();
    let mut client = database.client();
    client
        .batch_execute(
            "create schema steward; create schema other;
             create function steward.keep() returns trigger language plpgsql as 'begin return null; end';
             create function other.keep() returns trigger language plpgsql as 'begin return null; end';
             create table t (id int); create table ranks (id int); create table history (id int); create table others (id int);
             create constraint trigger ranked after insert on t from ranks for each row execute function steward.keep();
             create constraint trigger logged after insert on t from history for each row execute function steward.keep();
             create constraint trigger kept after insert on t from others for each row execute function other.keep();
             set allow_system_table_mods = on;
             insert into pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
             select 'pg_class'::regclass, tgconstrrelid, 0, 'pg_trigger'::regclass, oid, 0, 'e'
             from pg_trigger where tgname in ('ranked', 'kept')",
        )
        .expect("tables and triggers");
    let sql =
        "insert into t values (1); insert into ranks values (1); insert into history values (1);
               insert into others values (1)";
    let schema = "public".parse().expect("a name");
    let changes = run(&mut client, &schema, &script(sql), &()).expect("a seed");
    let tables: Vec<_> = changes.iter().map(|table| table.table.as_str()).collect();
    assert_eq!(tables, ["history", "others", "t"]);
}
