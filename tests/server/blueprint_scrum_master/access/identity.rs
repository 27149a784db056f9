//! How the application says who is asking, and what somebody gains who says it wrongly.

use std::fmt::Write as _;

use serde_json::json;
use steward_tests::token::{Issuer, in_seconds};
use steward_tests::{Database, Role, tests};

use super::{ADMIN, DEVELOPER, MANAGER, application, as_user, plain, refused, seeded};

tests![
    the_settings_end_with_the_transaction,
    a_prepared_statement_asks_anew,
    a_role_that_was_taken_away_counts_no_more,
    a_retired_user_is_out_at_once,
    whoever_inherits_the_role_is_restricted_too,
    a_cheap_function_sees_no_more,
    a_sealed_identity_cannot_be_changed,
];

const SEEN: &str = "select (select count(*) from users), (select count(*) from notifications),
    (select count(*) from triage_items)";

fn the_settings_end_with_the_transaction(database: &Database) {
    drop(seeded(database));
    let mut session = as_user(database, ADMIN);
    assert_ne!(session.value(SEEN), "0|0|0");
    session.run("commit");
    assert_eq!(session.value(SEEN), "0|0|0");
    // Empty now, where it was never set before.
    assert_eq!(session.value("select current_setting('app.user_id')"), "");
}

fn a_prepared_statement_asks_anew(database: &Database) {
    drop(seeded(database));
    let mut session = application(database);
    session.run("prepare own as select id from users");
    session.run("set local plan_cache_mode = force_generic_plan");
    for user in [DEVELOPER, MANAGER, DEVELOPER] {
        session.run(&format!("select steward.act_as({}, '{}')", user.0, user.1));
        assert_eq!(session.rows("execute own"), [user.0.to_string()]);
    }
}

fn a_role_that_was_taken_away_counts_no_more(database: &Database) {
    drop(seeded(database));
    let mut manager = as_user(database, MANAGER);
    let seen = "select bool_or(2 not in (created_by, coalesce(assigned_user_id, 0))) from tasks";
    assert!(manager.holds(seen));
    let mut admin = as_user(database, ADMIN);
    admin.run("update user_accounts set role = 'designer' where id = 2; commit");
    assert!(!manager.holds(seen));
    // The new one counts when the application says so.
    manager.run("select steward.act_as(2, 'designer')");
    assert!(
        manager.holds("select bool_or(assigned_role = 'designer' and created_by <> 2) from tasks")
    );
}

fn a_retired_user_is_out_at_once(database: &Database) {
    drop(seeded(database));
    let mut developer = as_user(database, DEVELOPER);
    assert_ne!(developer.value(SEEN), "0|0|0");
    let mut admin = as_user(database, ADMIN);
    admin.run("update user_accounts set is_active = false where id = 1; commit");
    assert_eq!(developer.value(SEEN), "0|0|0");
    for statement in [
        "insert into chat_messages (sender_id, message) values (1, 'm')",
        "insert into triage_items (reporter_id, title, description) values (1, 't', 'd')",
        "insert into notifications (user_id, type, title, message) values (1, 'system', 't', 'm')",
    ] {
        assert_eq!(refused(&mut developer, statement), "42501", "{statement}");
    }
    assert_eq!(developer.rows("select * from sign_in('dev1')"), [""; 0]);
}

fn whoever_inherits_the_role_is_restricted_too(database: &Database) {
    drop(seeded(database));
    let login = format!("login_{}", database.name());
    let mut superuser = database.superuser();
    superuser.run(&format!(
        "create role {login} login in role application_user"
    ));
    let mut session = plain(database, &login);
    session.run("begin; select steward.act_as(1, 'developer')");
    assert_eq!(session.value("select count(*) from users"), "1");
    session.run("rollback");
    drop(session);
    superuser.run(&format!("drop role {login}"));
}

/// One that the planner would call before the policies, and that tells what it is given.
fn a_cheap_function_sees_no_more(database: &Database) {
    drop(seeded(database));
    let mut developer = as_user(database, DEVELOPER);
    developer.run(
        "create function pg_temp.tell(text) returns boolean language plpgsql cost 0.0000001
             as 'begin raise notice ''told: %'', $1; return true; end'",
    );
    drop(developer.notices());
    developer.run("select from users where pg_temp.tell(email)");
    assert_eq!(developer.notices(), ["NOTICE: told: dev1@example.com"]);
    developer.run("select from user_accounts where pg_temp.tell(github_id)");
    assert_eq!(developer.notices(), [""; 0]);
    developer.run("select steward.act_as(9, 'developer')");
    developer.run("select from user_names where pg_temp.tell(username)");
    assert_eq!(developer.notices(), [""; 0]);
}

/// Where SQL is not trusted: what a token proves counts, and nothing that anybody can set.
fn a_sealed_identity_cannot_be_changed(database: &Database) {
    drop(seeded(database));
    let issuer = Issuer::new("first");
    let keys = json!({ "keys": [issuer.public_key()] }).to_string();
    let mut settings = String::new();
    for (setting, value) in [
        ("steward.jwt_keys", keys.as_str()),
        ("steward.require_sealed_identity", "on"),
    ] {
        let name = database.name();
        let _ = write!(settings, "alter database {name} set {setting} = '{value}';");
    }
    database.session(Role::Superuser).run(&settings);
    let mut session = application(database);
    session.run("set local app.user_id = '3'; set local app.user_role = 'admin'");
    assert_eq!(session.value(SEEN), "0|0|0");
    assert_eq!(
        refused(&mut session, "select steward.act_as(3, 'admin')"),
        "55000"
    );
    let token = issuer.token(&json!({ "sub": "1", "role": "developer", "exp": in_seconds(3600) }));
    session.run(&format!("select steward.authenticate('{token}')"));
    let own = session.value(SEEN);
    assert!(own.starts_with("1|"), "{own}");
    session.run("set local app.user_id = '3'; set local app.user_role = 'admin'");
    assert_eq!(session.value(SEEN), own);
    assert!(session.holds("select role_of_current_user() = 'developer'"));
}
