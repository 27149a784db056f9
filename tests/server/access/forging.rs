//! What somebody who can run any SQL may try to be somebody else.

use serde_json::json;
use steward_tests::token::Issuer;
use steward_tests::{Database, Role, tests};

use super::{WHO, authenticate, authenticated, configure, issuer_of};

tests![
    a_plain_role_cannot_set_the_identity,
    placeholders_that_were_set_before_the_library_was_loaded,
    the_client_cannot_switch_the_requirement_off,
    a_tampered_session_is_nobodys_in_parallel_workers_too,
    no_setting_of_tokens_can_be_swapped,
    functions_with_settings_of_their_own,
    a_sealed_identity_is_not_overruled,
    with_the_requirement_settings_are_not_believed,
    preloaded_for_the_session,
    a_role_or_database_cannot_carry_it,
];

const SEALED: [&str; 3] = [
    "steward.sealed_user_id",
    "steward.sealed_user_role",
    "steward.sealed_claims",
];

fn a_plain_role_cannot_set_the_identity(database: &Database) {
    let issuer = issuer_of(database);
    for setting in SEALED {
        for role in Role::PLAIN {
            let mut session = database.session(role);
            // The library is loaded.
            assert_eq!(session.value(WHO), "NULL|NULL|NULL|NULL|NULL");
            for attempt in [
                format!("set {setting} = 'x'"),
                format!("set session {setting} = 'x'"),
                format!("select set_config('{setting}', 'x', true)"),
                format!("select set_config('{setting}', 'x', false)"),
                format!(
                    "update pg_settings set setting = 'x' where name = '{setting}'; set {setting} = 'x'"
                ),
                format!("reset {setting}"),
                format!("alter role {role} set {setting} = 'x'"),
                format!("alter database {} set {setting} = 'x'", database.name()),
            ] {
                assert_eq!(session.sqlstate(&attempt), "42501", "{attempt} as {role}");
            }
            session.run("begin; savepoint s");
            assert_eq!(
                session.sqlstate(&format!("set local {setting} = 'x'")),
                "42501"
            );
            session.run("rollback");
            assert_eq!(session.value(WHO), "NULL|NULL|NULL|NULL|NULL");
        }
    }
    // Nor take it back to be taken for somebody else.
    let mut writer = authenticated(database, &issuer, "1");
    writer.run("reset all; set app.current_user_id = '2'; savepoint s");
    assert_eq!(writer.sqlstate("reset steward.sealed_user_id"), "42501");
    writer.run("rollback to s");
    assert_eq!(writer.sqlstate("discard all"), "25001");
    writer.run("rollback to s");
    assert_eq!(writer.value("select steward.current_user_id()"), "1");
    writer.run("commit");
    writer.run("discard all");
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
}

/// Before the first call of a function everybody may set a setting of the extension: it is a placeholder.
fn placeholders_that_were_set_before_the_library_was_loaded(database: &Database) {
    let issuer = issuer_of(database);
    for set in [
        "set steward.sealed_user_id = '9'",
        "begin; set local steward.sealed_user_id = '9'",
        "begin; set local steward.sealed_user_id = '9'; savepoint s; set local steward.sealed_user_id = '8'",
        "select set_config('steward.sealed_user_id', '9', false)",
        "set steward.sealed_user_id = '9'; begin; set local steward.sealed_user_id = '8'",
        "set steward.sealed_user_id = ''",
    ] {
        let mut writer = database.session(Role::Writer);
        writer.run(set);
        assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL", "{set}");
        writer.run("commit; begin");
        assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL", "{set}");
        writer.run("set local app.current_user_id = '7'");
        assert_eq!(
            writer.value(WHO),
            "NULL|NULL|NULL|NULL|NULL",
            "{set}: nothing is believed any more"
        );
        let refusal = writer.refusal(&authenticate(&issuer.token_of("1")));
        assert_eq!(
            refusal.to_string(),
            "42501: this session has tried to set steward.sealed_user_id without the right to\n\
             DETAIL: Nobody can be authenticated in it any more.\n\
             HINT: Connect again without that setting.",
            "{set}"
        );
    }
    let mut writer = database.session_with(Role::Writer, "-c steward.sealed_user_id=9");
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
    // A superuser may.
    let mut superuser = database.superuser();
    superuser.run("set steward.sealed_user_id = '9'");
    assert_eq!(superuser.value("select steward.current_user_id()"), "9");
}

const REQUIRED: &str = "steward.require_sealed_identity";

fn the_client_cannot_switch_the_requirement_off(database: &Database) {
    let issuer = issuer_of(database);
    configure(database, REQUIRED, "on");
    let who = "select steward.current_user_id()";
    for options in [
        "-c steward.require_sealed_identity=off -c app.current_user_id=2",
        "-c steward.require_sealed_identity= -c app.current_user_id=2",
    ] {
        let mut writer = database.session_with(Role::Writer, options);
        assert_eq!(writer.value(who), "NULL", "{options}");
        for attempt in [
            "reset all",
            "discard all",
            "begin; commit",
            "set app.user_id = '2'",
        ] {
            writer.run(attempt);
            assert_eq!(writer.value(who), "NULL", "{options}: {attempt}");
        }
        assert_eq!(
            writer.sqlstate("reset steward.require_sealed_identity"),
            "42501"
        );
        assert_eq!(
            writer.sqlstate("set steward.require_sealed_identity = off"),
            "42501"
        );
    }
    for set in [
        "set steward.require_sealed_identity = off; set app.current_user_id = '2'",
        "begin; set local steward.require_sealed_identity = off; set app.current_user_id = '2'",
        "reset steward.require_sealed_identity; set app.current_user_id = '2'",
    ] {
        let mut writer = database.session(Role::Writer);
        writer.run(set);
        assert_eq!(writer.value(who), "NULL", "{set}");
    }
    // What an ordinary session does instead.
    let mut writer = authenticated(database, &issuer, "2");
    assert_eq!(writer.value(who), "2");
    // Without the requirement such a session is nobody's either: nobody knows what was required.
    database.superuser().run(&format!(
        "alter database {} reset {REQUIRED}",
        database.name()
    ));
    let mut writer = database.session_with(
        Role::Writer,
        "-c steward.require_sealed_identity=off -c app.user_id=2",
    );
    assert_eq!(writer.value(who), "NULL");
    let mut writer = database.session_with(Role::Writer, "-c app.user_id=2");
    assert_eq!(writer.value(who), "2", "the control");
}

fn a_tampered_session_is_nobodys_in_parallel_workers_too(database: &Database) {
    let issuer = issuer_of(database);
    let parallel = "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
        set max_parallel_workers_per_gather = 2; set parallel_leader_participation = off";
    database.owner().run(
        "create table t (id integer, owner_id bigint); insert into t select n, n % 10 from generate_series(1, 20000) as n;
         analyze t; alter table t set (parallel_workers = 2); grant select on t to writer",
    );
    let count = "select count(*) from t where owner_id = steward.current_user_bigint()";
    let mut writer = database.session_with(
        Role::Writer,
        "-c steward.require_sealed_identity=off -c app.user_id=2",
    );
    writer.run(parallel);
    assert_eq!(writer.value(count), "0");
    // A sealed identity is in the workers.
    let mut writer = authenticated(database, &issuer, "3");
    writer.run(parallel);
    writer.run("set app.user_id = 'x'");
    let plan = writer.rows(&format!(
        "explain (analyze, costs off, timing off, summary off) {count}"
    ));
    assert!(
        plan.iter().any(|line| line.contains("Workers Launched: 2")),
        "{plan:?}"
    );
    assert_eq!(writer.value(count), "2000");
    writer.run("commit");
    assert_eq!(writer.value(count), "0");
}

fn no_setting_of_tokens_can_be_swapped(database: &Database) {
    let issuer = issuer_of(database);
    let forger = Issuer::new("first");
    let keys_of_the_forger = json!({ "keys": [forger.public_key()] }).to_string();
    for (setting, value) in [
        ("steward.jwt_keys", keys_of_the_forger.as_str()),
        ("steward.jwt_secrets_file", "/etc/hostname"),
        ("steward.jwt_audience", ""),
        ("steward.jwt_issuer", "x"),
        ("steward.jwt_leeway", "600"),
        ("steward.jwt_user_claim", "name"),
        ("steward.jwt_role_claim", "name"),
        ("steward.jwt_track_ids", "off"),
    ] {
        let literal = super::super::hostile::literal(value);
        // In the session: the configuration's value comes back, and counts where there is one.
        let mut writer = database.session(Role::Writer);
        writer.run(&format!("set {setting} = {literal}; begin"));
        assert!(
            writer
                .try_run(&authenticate(&forger.token_of("9")))
                .is_err(),
            "{setting}"
        );
        // With the connection.
        let option = value.replace('\\', "\\\\").replace(' ', "\\ ");
        let mut writer = database.session_with(Role::Writer, &format!("-c {setting}={option}"));
        writer.run("begin");
        for issuer in [&forger, &issuer] {
            assert_eq!(
                writer.sqlstate(&authenticate(&issuer.token_of("9"))),
                "42501",
                "{setting}"
            );
            writer.run("rollback; begin");
        }
        // Once the library is loaded.
        let mut writer = database.session(Role::Writer);
        assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
        assert_eq!(
            writer.sqlstate(&format!("set {setting} = {literal}")),
            "42501"
        );
    }
}

fn functions_with_settings_of_their_own(database: &Database) {
    let _issuer = issuer_of(database);
    let mut stranger = database.session(Role::Stranger);
    let function = "create function stranger.who() returns text language plpgsql set steward.sealed_user_id = '9'
        as 'begin return steward.current_user_id(); end'";
    // Whether the library is loaded or not.
    assert_eq!(stranger.sqlstate(function), "42501");
    assert_eq!(stranger.value(WHO), "NULL|NULL|NULL|NULL|NULL");
    assert_eq!(stranger.sqlstate(function), "42501");
}

fn a_sealed_identity_is_not_overruled(database: &Database) {
    let issuer = issuer_of(database);
    let mut writer = authenticated(database, &issuer, "1");
    writer.run("set local app.current_user_id = '2'; set app.user_role = 'admin'");
    writer.run(r#"set request.jwt.claims = '{"sub": "2", "role": "admin"}'"#);
    let who = "select steward.current_user_id(), steward.current_user_role(), steward.current_claims() ->> 'sub'";
    assert_eq!(writer.value(who), "1|NULL|1");
    assert_eq!(
        writer.refusal("select steward.act_as('2')").to_string(),
        "55000: the identity of this transaction comes from a token\n\
         DETAIL: What act_as says is not believed after authenticate, and where steward.require_sealed_identity is on.\n\
         HINT: Call steward.authenticate with a token of the user."
    );
}

fn with_the_requirement_settings_are_not_believed(database: &Database) {
    let issuer = issuer_of(database);
    configure(database, REQUIRED, "on");
    let mut writer = database.session(Role::Writer);
    writer.run("set app.current_user_id = '1'; set app.user_id = '1'; set app.user_role = 'r'");
    writer.run(r#"set request.jwt.claims = '{"sub": "1", "role": "r"}'"#);
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
    assert_eq!(
        writer.sqlstate("begin; select steward.act_as('1')"),
        "55000"
    );
    writer.run("rollback; begin");
    writer.run(&authenticate(&issuer.token_of("1")));
    assert_eq!(writer.value("select steward.current_user_id()"), "1");
    writer.run("commit");
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
}

fn preloaded_for_the_session(database: &Database) {
    let issuer = issuer_of(database);
    configure(database, "session_preload_libraries", "steward");
    configure(database, REQUIRED, "on");
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer.sqlstate("set steward.require_sealed_identity = off"),
        "42501"
    );
    let mut writer = database.session_with(
        Role::Writer,
        "-c steward.require_sealed_identity=off -c app.user_id=2",
    );
    assert_eq!(writer.value("select steward.current_user_id()"), "NULL");
    let mut writer = authenticated(database, &issuer, "2");
    assert_eq!(writer.value("select steward.current_user_id()"), "2");
}

fn a_role_or_database_cannot_carry_it(database: &Database) {
    let mut owner = database.owner();
    // Before the library is loaded, too.
    for attempt in [
        "alter role owner set steward.sealed_user_id = '9'",
        &format!(
            "alter database {} set steward.sealed_user_id = '9'",
            database.name()
        ),
        &format!(
            "alter role owner in database {} set steward.require_sealed_identity = off",
            database.name()
        ),
    ] {
        assert_eq!(owner.sqlstate(attempt), "42501", "{attempt}");
    }
}
