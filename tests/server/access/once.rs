//! Tokens that are good once.

use serde_json::json;
use steward_tests::token::{Issuer, in_seconds};
use steward_tests::{Database, Role, tests};

use super::{authenticate, configure, issuer_of};

tests![
    a_token_is_good_once,
    a_token_needs_a_name,
    two_sessions_at_once,
    at_every_isolation_level,
    what_has_expired_is_forgotten,
    nobody_reads_or_writes_what_was_used,
    not_without_the_setting,
];

fn named(issuer: &Issuer, name: &str) -> String {
    authenticate(&issuer.token(&json!({ "sub": "1", "exp": in_seconds(60), "jti": name })))
}

fn once(database: &Database) -> Issuer {
    configure(database, "steward.jwt_track_ids", "on");
    issuer_of(database)
}

fn a_token_is_good_once(database: &Database) {
    let issuer = once(database);
    let mut writer = database.session(Role::Writer);
    writer.run("begin");
    writer.run(&named(&issuer, "a"));
    assert_eq!(writer.value("select steward.current_user_id()"), "1");
    writer.run("commit; begin");
    assert_eq!(
        writer.refusal(&named(&issuer, "a")).to_string(),
        "28000: the token is refused\nDETAIL: It has been used before."
    );
    writer.run("rollback; begin");
    writer.run(&named(&issuer, "b"));
    // What is rolled back was not used.
    writer.run("rollback; begin");
    writer.run(&named(&issuer, "b"));
    writer.run("commit; begin");
    // The same name of another issuer is another token.
    let token = issuer.token(&json!({ "sub": "1", "exp": in_seconds(60), "jti": "b", "iss": "x" }));
    writer.run(&authenticate(&token));
    writer.run("commit");
    let mut stranger = database.session(Role::Stranger);
    stranger.run("begin");
    assert_eq!(
        stranger.sqlstate(&named(&issuer, "a")),
        "28000",
        "in no session"
    );
}

fn a_token_needs_a_name(database: &Database) {
    let issuer = once(database);
    let mut writer = database.session(Role::Writer);
    writer.run("begin");
    assert_eq!(
        writer
            .refusal(&authenticate(&issuer.token_of("1")))
            .detail(),
        Some("It has no claim \"jti\", and a token is good only once here.")
    );
    writer.run("rollback; begin read only");
    assert_eq!(writer.sqlstate(&named(&issuer, "a")), "25006");
}

fn two_sessions_at_once(database: &Database) {
    let issuer = once(database);
    for (end, accepted) in [("commit", false), ("rollback", true)] {
        let (mut first, mut second) = (
            database.session(Role::Writer),
            database.session(Role::Writer),
        );
        let mut observer = database.superuser();
        let call = named(&issuer, end);
        first.run("begin");
        first.run(&call);
        second.run("begin");
        let waiting = second.start(&call);
        waiting.until_blocked(&mut observer);
        first.run(end);
        let (_, result) = waiting.finish();
        assert_eq!(result.is_ok(), accepted, "{end}");
    }
}

fn at_every_isolation_level(database: &Database) {
    let issuer = once(database);
    for level in ["read committed", "repeatable read", "serializable"] {
        let (mut first, mut second) = (
            database.session(Role::Writer),
            database.session(Role::Writer),
        );
        let call = named(&issuer, level);
        // The second's snapshot is older than the first's commit.
        second.run(&format!("begin isolation level {level}; select 1"));
        first.run("begin");
        first.run(&call);
        first.run("commit");
        assert!(second.try_run(&call).is_err(), "{level}");
    }
}

fn what_has_expired_is_forgotten(database: &Database) {
    let issuer = once(database);
    let mut superuser = database.superuser();
    superuser.run(
        "insert into steward.used_tokens select sha256(n::text::bytea), now() - interval '1 day' from generate_series(1, 20) as n",
    );
    let mut writer = database.session(Role::Writer);
    for number in 0..10 {
        writer.run("begin");
        writer.run(&named(&issuer, &format!("token {number}")));
        writer.run("commit");
    }
    assert_eq!(
        superuser.value("select count(*), count(*) filter (where expires_at > now() + interval '80 seconds') from steward.used_tokens"),
        "10|10",
        "for the leeway, too"
    );
}

fn nobody_reads_or_writes_what_was_used(database: &Database) {
    for role in Role::PLAIN {
        let mut session = database.session(role);
        for statement in [
            "select from steward.used_tokens",
            "delete from steward.used_tokens",
            "truncate steward.used_tokens",
            "insert into steward.used_tokens values ('', now())",
            "alter table steward.used_tokens add x integer",
        ] {
            assert_eq!(
                session.sqlstate(statement),
                "42501",
                "{statement} as {role}"
            );
        }
    }
    // A dump of the owner's does not fail at it.
    let _ = database.client_program("pg_dump", &["--role=owner", "--schema=public"]);
}

fn not_without_the_setting(database: &Database) {
    let issuer = issuer_of(database);
    let mut writer = database.session(Role::Writer);
    for _ in 0..2 {
        writer.run("begin");
        writer.run(&named(&issuer, "a"));
        writer.run("commit");
    }
    assert!(
        database
            .superuser()
            .rows("select from steward.used_tokens")
            .is_empty()
    );
}
