//! Columns that were dropped, added or generated, and whatever they are called.

use steward_tests::{Database, tests};

use super::{AUDIT, LOG, entries, owner_with_log};

tests![
    dropped_and_generated_columns,
    columns_that_came_later,
    hostile_names_of_columns,
    other_encodings,
];

fn dropped_and_generated_columns(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table tasks (gone text, id integer primary key, a integer, gone_too integer, twice integer generated always as (a * 2) stored,
             number integer generated always as identity);
         alter table tasks drop gone, drop gone_too",
    );
    owner.run(AUDIT);
    owner.run("insert into tasks (id, a) values (1, 1); update tasks set a = 2; alter table tasks drop twice; update tasks set a = 3; delete from tasks");
    assert_eq!(
        entries(&mut owner),
        [
            r#"INSERT|{"id": 1}|NULL|{"a": 1, "id": 1, "twice": 2, "number": 1}"#,
            r#"UPDATE|{"id": 1}|{"a": 1, "twice": 2}|{"a": 2, "twice": 4}"#,
            r#"UPDATE|{"id": 1}|{"a": 2}|{"a": 3}"#,
            r#"DELETE|{"id": 1}|{"a": 3, "id": 1, "number": 1}|NULL"#,
        ]
    );
}

/// A row that is older than a column has its default.
fn columns_that_came_later(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key); insert into tasks values (1), (2)");
    owner.run(AUDIT);
    owner.run("alter table tasks add a text default 'long ago', add b integer, add c numeric default 1.0; update tasks set b = 1 where id = 1; update tasks set a = 'long ago', c = 1.00 where id = 1; delete from tasks where id = 1; delete from tasks");
    assert_eq!(
        entries(&mut owner),
        [
            r#"UPDATE|{"id": 1}|{"b": null}|{"b": 1}"#,
            r#"DELETE|{"id": 1}|{"a": "long ago", "b": 1, "c": 1.00, "id": 1}|NULL"#,
            r#"DELETE|{"id": 2}|{"a": "long ago", "b": null, "c": 1.0, "id": 2}|NULL"#,
        ]
    );
}

fn hostile_names_of_columns(database: &Database) {
    let mut owner = owner_with_log(database);
    let names = crate::hostile::names();
    let columns: Vec<_> = names
        .iter()
        .map(|name| format!("{} text", crate::hostile::identifier(name)))
        .collect();
    owner.run(&format!(
        "create table tasks (id integer primary key, {})",
        columns.join(", ")
    ));
    for (index, name) in names.iter().enumerate() {
        let identifier = crate::hostile::identifier(name);
        let literal = crate::hostile::literal(name);
        let key = format!("select steward.audit('tasks', 'audit.log', ignore => array[{literal}])");
        owner.run(&key);
        owner.run(&key);
        owner.run(&format!(
            "insert into tasks (id, {identifier}) values ({index}, 'v')"
        ));
        assert!(owner.holds(&format!(
            "select not after ? {literal} from audit.log order by sequence desc limit 1"
        )));
        owner.run(&format!(
            "select steward.audit('tasks', 'audit.log', redact => array[{literal}])"
        ));
        owner.run(&format!(
            "update tasks set {identifier} = 'w' where id = {index}"
        ));
        assert_eq!(
            owner.value("select after from audit.log order by sequence desc limit 1"),
            owner.value(&format!(
                "select jsonb_build_object({literal}, '{{\"redacted\": true}}'::jsonb)"
            ))
        );
        assert_eq!(
            owner.value("select count(*) from pg_trigger where tgrelid = 'tasks'::regclass"),
            "2"
        );
    }
}

fn other_encodings(database: &Database) {
    for (encoding, sample) in [("LATIN1", "äß"), ("EUC_JP", "日本"), ("SQL_ASCII", "ä")] {
        let database = database.create_encoded(encoding);
        let mut superuser = database.superuser();
        superuser.run(LOG);
        superuser.run(&format!(
            "create table \"t{sample}\" (id text primary key, \"c{sample}\" text)"
        ));
        superuser.run(&format!(
            "select steward.audit('\"t{sample}\"', 'audit.log', ignore => '{{}}')"
        ));
        superuser.run(&format!("set app.user_id = '{sample}'; insert into \"t{sample}\" values ('{sample}', '{sample}')"));
        assert_eq!(
            superuser.value("select table_name, actor, key, after, key_hash = steward.audit_key_hash(key) from audit.log"),
            format!("t{sample}|{sample}|{{\"id\": \"{sample}\"}}|{{\"id\": \"{sample}\", \"c{sample}\": \"{sample}\"}}|t")
        );
    }
}
