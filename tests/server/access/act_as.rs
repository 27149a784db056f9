//! `act_as`: for whom a trusted application acts, until the transaction ends.

use postgres::types::Type;
use steward_tests::{Database, Role, tests};

use super::{ASHA, WHO};

tests![
    until_the_transaction_ends,
    keys_of_every_type,
    it_needs_a_transaction,
    nobody_is_no_user,
    a_role_that_was_left_behind_does_not_stay,
    savepoints,
    the_documents_own_policies_find_their_settings,
    the_audit_records_it,
];

fn until_the_transaction_ends(database: &Database) {
    let mut writer = database.session(Role::Writer);
    for end in [
        "commit",
        "rollback",
        "prepare transaction 'a'",
        "commit and chain",
    ] {
        writer.run("begin; select steward.act_as('42', 'manager')");
        assert_eq!(writer.value(WHO), "42|NULL|42|manager|NULL");
        writer.run(end);
        assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL", "{end}");
        match end {
            "prepare transaction 'a'" => {
                writer.run("commit prepared 'a'");
                assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
            }
            "commit and chain" => writer.run("rollback"),
            _ => {}
        }
    }
}

fn keys_of_every_type(database: &Database) {
    let mut writer = database.session(Role::Writer);
    writer.run("begin");
    for (call, expected) in [
        ("steward.act_as(7)", "7|NULL"),
        ("steward.act_as(7::bigint)", "7|NULL"),
        ("steward.act_as('asha')", "asha|NULL"),
        ("steward.act_as('asha', 'lead')", "asha|lead"),
        ("steward.act_as('asha', user_role => 'lead')", "asha|lead"),
        ("steward.act_as(user_id => 7, user_role => null)", "7|NULL"),
    ] {
        writer.run(&format!("select {call}"));
        let who = writer.value("select steward.current_user_id(), steward.current_user_role()");
        assert_eq!(who, expected, "{call}");
    }
    for (parameter, value) in [
        (Type::INT8, &7_i64 as &(dyn postgres::types::ToSql + Sync)),
        (Type::TEXT, &ASHA),
    ] {
        let statement = writer
            .client()
            .prepare_typed("select steward.act_as($1)", &[parameter])
            .expect("a statement");
        writer
            .client()
            .execute(&statement, &[value])
            .expect("a call");
    }
    assert_eq!(writer.value("select steward.current_user_uuid()"), ASHA);
    writer.run(&format!("select steward.act_as('{ASHA}'::uuid)"));
    assert_eq!(writer.value("select steward.current_user_uuid()"), ASHA);
    writer.run("commit");
}

fn it_needs_a_transaction(database: &Database) {
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer.refusal("select steward.act_as(1)").to_string(),
        "25P01: act_as can only be used in a transaction block\n\
         DETAIL: What it sets ends with the transaction, which would be this statement alone.\n\
         HINT: begin; select steward.act_as(...); ...; commit;"
    );
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
}

fn nobody_is_no_user(database: &Database) {
    let mut writer = database.session(Role::Writer);
    for user in ["null::text", "null::uuid", "null::bigint", "''", "' '"] {
        let call = format!("begin; select steward.act_as({user})");
        assert_eq!(writer.sqlstate(&call), "22023", "{user}");
        writer.run("rollback");
    }
}

fn a_role_that_was_left_behind_does_not_stay(database: &Database) {
    let mut writer = database.session(Role::Writer);
    writer.run("set app.user_role = 'admin'; begin; select steward.act_as('asha')");
    assert_eq!(
        writer.value("select steward.current_user_id(), steward.current_user_role()"),
        "asha|NULL"
    );
    writer.run("commit");
}

fn savepoints(database: &Database) {
    let mut writer = database.session(Role::Writer);
    writer.run("begin; select steward.act_as(1); savepoint s; select steward.act_as(2)");
    assert_eq!(writer.value("select steward.current_user_bigint()"), "2");
    writer.run("rollback to s");
    assert_eq!(writer.value("select steward.current_user_bigint()"), "1");
    writer.run("select steward.act_as(3); release s");
    assert_eq!(writer.value("select steward.current_user_bigint()"), "3");
    writer.run("rollback");
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
}

fn the_documents_own_policies_find_their_settings(database: &Database) {
    let mut writer = database.session(Role::Writer);
    writer.run(&format!(
        "begin; select steward.act_as('{ASHA}', 'developer')"
    ));
    assert_eq!(
        writer.value("select current_setting('app.current_user_id'), current_setting('app.user_id'), current_setting('app.user_role')"),
        format!("{ASHA}|{ASHA}|developer")
    );
    writer.run("commit");
}

fn the_audit_records_it(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create schema audit; select steward.create_audit_log('audit.log'); create table t (id integer primary key);
         select steward.audit('t', 'audit.log'); begin; select steward.act_as('asha'); insert into t values (1); commit;
         insert into t values (2)",
    );
    assert_eq!(
        owner.rows("select actor, actor_source from audit.log order by sequence"),
        ["asha|app.current_user_id", "owner|role"]
    );
}
