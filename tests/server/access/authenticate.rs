//! `authenticate`: which tokens are believed, and what they establish.

use serde_json::{Value, json};
use steward_tests::token::{Issuer, base64url, in_seconds, signed, with_secret};
use steward_tests::{Database, Role, Session, tests};

use super::{ASHA, VIKTOR, WHO, authenticate, authenticated, configure, issuer_of};

tests![
    a_token_establishes_who_asks,
    it_needs_a_transaction_and_a_key,
    times,
    audience_and_issuer,
    keys_are_rotated,
    a_key_in_pem,
    a_secret_in_a_file,
    secrets_that_others_can_read_are_refused,
    a_public_key_is_no_secret,
    settings_that_cannot_be_used,
    ten_thousand_malformed_tokens,
    the_audit_records_it,
];

const REFUSED: &str = "28000: the token is refused\nDETAIL: ";

fn refusal(session: &mut Session, token: &str) -> String {
    session.run("begin");
    let refusal = session.refusal(&authenticate(token)).to_string();
    session.run("rollback");
    refusal
}

fn is_accepted(session: &mut Session, token: &str) -> bool {
    session.run("begin");
    let accepted = session.try_run(&authenticate(token)).is_ok();
    session.run("rollback");
    accepted
}

fn a_token_establishes_who_asks(database: &Database) {
    let issuer = issuer_of(database);
    let mut writer = database.session(Role::Writer);
    let token = issuer
        .token(&json!({ "sub": ASHA, "role": "admin", "email": "a@b.c", "exp": in_seconds(60) }));
    writer.run(&format!(
        "set app.current_user_id = '{VIKTOR}'; set app.user_role = 'none'; begin"
    ));
    assert_eq!(writer.value(&authenticate(&token)), ASHA);
    assert_eq!(
        writer.value("select steward.current_user_uuid(), steward.current_user_role(), steward.current_claims() ->> 'email'"),
        format!("{ASHA}|admin|a@b.c")
    );
    // A token without a role: not the role of the setting.
    writer.run(&authenticate(&issuer.token_of("42")));
    assert_eq!(
        writer.value("select steward.current_user_bigint(), steward.current_user_role()"),
        "42|NULL"
    );
    writer.run("commit");
    assert_eq!(writer.value("select steward.current_user_uuid()"), VIKTOR);
}

fn it_needs_a_transaction_and_a_key(database: &Database) {
    let mut writer = database.session(Role::Writer);
    let nobody = Issuer::new("nobody");
    let call = authenticate(&nobody.token_of("1"));
    assert_eq!(writer.sqlstate(&call), "25P01");
    assert_eq!(
        writer.refusal(&format!("begin; {call}")).to_string(),
        "55000: there is no key to verify tokens with\n\
         HINT: As a superuser: alter database ... set steward.jwt_keys = '{\"keys\": [...]}'; for HS256 \
         steward.jwt_secrets_file. It counts from the next connection on."
    );
    writer.run("rollback");
    assert_eq!(
        writer.sqlstate("begin; select steward.authenticate(null)"),
        "22023"
    );
}

fn times(database: &Database) {
    let issuer = issuer_of(database);
    let mut writer = database.session(Role::Writer);
    let with = |exp: i64, nbf: i64| {
        issuer.token(&json!({ "sub": "1", "exp": in_seconds(exp), "nbf": in_seconds(nbf) }))
    };
    assert!(
        is_accepted(&mut writer, &with(-10, 10)),
        "the default leeway is 30 seconds"
    );
    assert_eq!(
        refusal(&mut writer, &with(-60, -70)),
        format!("{REFUSED}It has expired.\nHINT: Get a new one.")
    );
    assert_eq!(
        refusal(&mut writer, &with(120, 60)),
        format!("{REFUSED}It is not valid yet.\nHINT: Compare the clocks of issuer and server.")
    );
    assert_eq!(
        refusal(&mut writer, &issuer.token(&json!({ "sub": "1" }))),
        format!("{REFUSED}It has no claim \"exp\".")
    );
    configure(database, "steward.jwt_leeway", "0");
    let mut writer = database.session(Role::Writer);
    assert!(!is_accepted(&mut writer, &with(-10, -20)));
    assert!(!is_accepted(&mut writer, &with(60, 10)));
}

fn audience_and_issuer(database: &Database) {
    let issuer = issuer_of(database);
    let token = |iss: Value, aud: Value| {
        issuer.token(&json!({ "sub": "1", "exp": in_seconds(60), "iss": iss, "aud": aud }))
    };
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        refusal(&mut writer, &token(json!("i"), json!("mine"))),
        format!(
            "{REFUSED}It is meant for an audience, and none is set here.\nHINT: Set steward.jwt_audience."
        )
    );
    configure(database, "steward.jwt_audience", "mine, ours");
    configure(database, "steward.jwt_issuer", "https://a, https://b");
    let mut writer = database.session(Role::Writer);
    for (iss, aud, accepted) in [
        (json!("https://a"), json!("mine"), true),
        (json!("https://b"), json!(["x", "ours"]), true),
        (json!("https://b"), json!("theirs"), false),
        (json!("https://b"), json!([]), false),
        (json!("https://b"), Value::Null, false),
        (json!("https://c"), json!("mine"), false),
        (Value::Null, json!("mine"), false),
        (json!(7), json!("mine"), false),
    ] {
        assert_eq!(
            is_accepted(&mut writer, &token(iss.clone(), aud.clone())),
            accepted,
            "{iss} {aud}"
        );
    }
}

fn keys_are_rotated(database: &Database) {
    let (old, new, other) = (Issuer::new("old"), Issuer::new("new"), Issuer::new("other"));
    let set = |issuers: &[&Issuer]| {
        let keys: Vec<_> = issuers.iter().map(|issuer| issuer.public_key()).collect();
        configure(
            database,
            "steward.jwt_keys",
            &json!({ "keys": keys }).to_string(),
        );
        database.session(Role::Writer)
    };
    let mut during = set(&[&old, &new]);
    assert!(
        is_accepted(&mut during, &old.token_of("1"))
            && is_accepted(&mut during, &new.token_of("1"))
    );
    let unknown = "It is refused";
    assert_eq!(
        refusal(&mut during, &other.token_of("1")),
        format!(
            "{REFUSED}No key is known for its algorithm and its \"kid\".\nHINT: Was the issuer's new key added to steward.jwt_keys?"
        ),
        "{unknown}"
    );
    // Another key under a name that is known.
    let forger = Issuer::new("new");
    assert_eq!(
        refusal(&mut during, &forger.token_of("1")),
        format!("{REFUSED}Its signature is not right.")
    );
    let mut afterwards = set(&[&new]);
    assert!(!is_accepted(&mut afterwards, &old.token_of("1")));
    assert!(is_accepted(&mut afterwards, &new.token_of("1")));
}

fn a_key_in_pem(database: &Database) {
    let pem = include_str!("../../../extension/rules/src/token/rsa_test_key.pub.pem");
    configure(database, "steward.jwt_keys", pem);
    let mut writer = database.session(Role::Writer);
    let rs256 = signed(&json!({ "alg": "RS256" }), &json!({ "sub": "1" }), |_| {
        vec![0; 256]
    });
    assert_eq!(
        refusal(&mut writer, &rs256),
        format!("{REFUSED}Its signature is not right.")
    );
    // What everybody can read, taken for a secret.
    for secret in [pem, pem.trim()] {
        let forged = with_secret(
            secret.as_bytes(),
            &json!({ "sub": "1", "exp": in_seconds(60) }),
        );
        assert!(refusal(&mut writer, &forged).contains("No key is known"));
    }
}

/// A file that the server's own account has written, and only it may read.
fn server_file(database: &Database, name: &str, content: &str, mask: &str) -> String {
    let mut superuser = database.superuser();
    let folder = superuser.value("select current_setting('data_directory')");
    let path = format!("{folder}/{}_{name}", database.name());
    superuser.run(&format!(
        "copy (select '{content}') to program 'umask {mask}; cat > {path}'"
    ));
    path
}

const SECRET: &str = "a secret of at least thirty-two bytes";

fn a_secret_in_a_file(database: &Database) {
    let path = server_file(database, "secret", SECRET, "077");
    configure(database, "steward.jwt_secrets_file", &path);
    let mut writer = database.session(Role::Writer);
    let claims = json!({ "sub": "1", "exp": in_seconds(60) });
    assert!(is_accepted(
        &mut writer,
        &with_secret(SECRET.as_bytes(), &claims)
    ));
    assert!(!is_accepted(
        &mut writer,
        &with_secret(b"another secret of thirty-two bytes", &claims)
    ));
    assert_eq!(
        writer.sqlstate("show steward.jwt_secrets_file"),
        "42501",
        "where the secrets are is nobody's business"
    );
    // A secret that changes counts at once, and several have names.
    let key = |id: &str, secret: &str| json!({ "kty": "oct", "kid": id, "k": base64url(secret.as_bytes()) });
    let new = "the next secret of at least 32 bytes";
    let keys = json!({ "keys": [key("a", SECRET), key("b", new)] });
    server_file(database, "secret", &keys.to_string(), "077");
    for secret in [SECRET, new] {
        assert!(
            is_accepted(&mut writer, &with_secret(secret.as_bytes(), &claims)),
            "{secret}"
        );
    }
}

fn secrets_that_others_can_read_are_refused(database: &Database) {
    for (mask, is_good) in [
        ("077", true),
        ("037", false),
        ("033", false),
        ("022", false),
    ] {
        let path = server_file(database, mask, SECRET, mask);
        configure(database, "steward.jwt_secrets_file", &path);
        let mut writer = database.session(Role::Writer);
        let token = with_secret(
            SECRET.as_bytes(),
            &json!({ "sub": "1", "exp": in_seconds(60) }),
        );
        if is_good {
            assert!(is_accepted(&mut writer, &token));
        } else {
            assert_eq!(
                refusal(&mut writer, &token),
                "F0000: tokens cannot be verified with the setting steward.jwt_secrets_file\n\
                 DETAIL: others than the server may read the file."
            );
        }
    }
}

fn a_public_key_is_no_secret(database: &Database) {
    let issuer = issuer_of(database);
    let path = server_file(database, "secret", SECRET, "077");
    configure(database, "steward.jwt_secrets_file", &path);
    let mut writer = database.session(Role::Writer);
    let claims = json!({ "sub": "1", "exp": in_seconds(60) });
    let key = issuer.public_key();
    for secret in [
        key.to_string(),
        key["x"].as_str().expect("a key").to_owned(),
    ] {
        assert!(!is_accepted(
            &mut writer,
            &with_secret(secret.as_bytes(), &claims)
        ));
    }
    for algorithm in ["none", "NONE", "", "HS384", "RS256"] {
        let token = signed(
            &json!({ "alg": algorithm, "kid": "first" }),
            &claims,
            |_| Vec::new(),
        );
        assert!(!is_accepted(&mut writer, &token), "{algorithm}");
    }
    assert!(
        is_accepted(&mut writer, &with_secret(SECRET.as_bytes(), &claims)),
        "the control"
    );
}

fn settings_that_cannot_be_used(database: &Database) {
    let secret = json!({ "kty": "oct", "k": base64url(SECRET.as_bytes()) }).to_string();
    for (setting, value, detail) in [
        (
            "steward.jwt_keys",
            "no key",
            "it holds no key in PEM or JSON (JWKS).",
        ),
        (
            "steward.jwt_keys",
            secret.as_str(),
            "key 1 is a secret or private key.",
        ),
        (
            "steward.jwt_secrets_file",
            "/no/such/file",
            "the file cannot be read: entity not found.",
        ),
        (
            "steward.jwt_secrets_file",
            "/tmp",
            "it is no ordinary file.",
        ),
    ] {
        configure(database, setting, value);
        let mut writer = database.session(Role::Writer);
        let refusal = writer.refusal("begin; select steward.authenticate('x')");
        assert_eq!(
            (refusal.sqlstate(), refusal.detail()),
            ("F0000", Some(detail)),
            "{value}"
        );
        database.superuser().run(&format!(
            "alter database {} reset {setting}",
            database.name()
        ));
    }
    let _issuer = issuer_of(database);
    for leeway in ["soon", "-1", "601"] {
        configure(database, "steward.jwt_leeway", leeway);
        let mut writer = database.session(Role::Writer);
        assert_eq!(
            writer.sqlstate("begin; select steward.authenticate('x')"),
            "F0000",
            "{leeway}"
        );
    }
}

/// Tokens that are cut, joined, changed in a byte, or nothing of the kind: all refused, none with another
/// error than that, and the session goes on.
fn ten_thousand_malformed_tokens(database: &Database) {
    let issuer = issuer_of(database);
    let mut owner = database.owner();
    let good = issuer.token_of("1");
    owner.run(&format!(
        "create function tries(token text) returns text language plpgsql as $$ begin
             perform steward.authenticate(token); return 'accepted';
         exception when invalid_authorization_specification then return null; end $$;
         create function mutant(token text, seed integer) returns text language sql as $$
             select case seed % 5
                 when 0 then left(token, seed / 5 % length(token))
                 when 1 then overlay(token placing chr(33 + seed % 90) from 1 + seed / 5 % length(token))
                 when 2 then overlay(token placing '' from 1 + seed / 5 % length(token) for 1 + seed % 3)
                 when 3 then left(token, seed / 5 % length(token)) || chr(33 + seed % 90) || substr(token, 1 + seed / 5 % length(token))
                 else translate(md5(seed::text) || '.' || md5((seed + 1)::text) || '.' || md5((seed + 2)::text), 'abc', '-_.') end $$;
         begin; select steward.authenticate('{good}')"
    ));
    let outcome = owner.value(&format!(
        "select count(*), count(tries(mutant)) from (select mutant('{good}', seed) from generate_series(0, 10999) as seed) as m (mutant)
         where mutant <> '{good}'"
    ));
    let (tried, accepted) = outcome.split_once('|').expect("two counts");
    assert!(tried.parse::<i32>().expect("a count") >= 10_000, "{tried}");
    assert_eq!(accepted, "0");
    // Each refusal took back nothing of what held before.
    assert_eq!(owner.value("select steward.current_user_id()"), "1");
    owner.run("commit");
    assert_eq!(owner.value(WHO), "NULL|NULL|NULL|NULL|NULL");
    for hostile in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "\u{1F600}.\u{1F600}.\u{1F600}",
    ] {
        assert!(!is_accepted(&mut owner, hostile), "{hostile}");
    }
    assert!(!is_accepted(&mut owner, &"a".repeat(1_000_000)));
}

fn the_audit_records_it(database: &Database) {
    let issuer = issuer_of(database);
    let mut owner = database.owner();
    owner.run(
        "create schema audit; select steward.create_audit_log('audit.log'); create table t (id integer primary key);
         select steward.audit('t', 'audit.log'); grant all on t to writer; grant usage on schema audit to writer; grant insert on audit.log to writer",
    );
    let mut writer = authenticated(database, &issuer, "asha");
    writer.run("set app.current_user_id = 'forged'; insert into t values (1); commit; insert into t values (2)");
    assert_eq!(
        owner.rows("select actor, actor_source from audit.log order by sequence"),
        ["asha|access", "forged|app.current_user_id"]
    );
}
