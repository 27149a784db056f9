//! Signing up, in and out, and what one sees of others: through functions that are for that alone.

use steward_tests::{Database, Session, tests};

use super::world::{Kind, world};
use super::{CARLOS, act, acting, plain, seeded};

tests![
    from_signing_up_to_signing_out,
    a_wrong_hash_opens_nothing,
    the_salt_is_what_precedes_the_digest,
    an_address_comes_before_a_name,
    a_session_ends,
    a_session_is_renewed_once,
    a_password_is_changed_by_whoever_knows_it,
    profiles_are_ones_own,
    names_of_those_whose_projects_one_reads,
    nobody_else_may_call_them,
];

const BCRYPT: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

fn sign_in(session: &mut Session, login: &str, hash: &str, token: &str) -> String {
    session.value(&format!(
        "select sign_in('{login}', '{hash}', '{token}', '{token} again', ip_address => '192.0.2.1')"
    ))
}

fn from_signing_up_to_signing_out(database: &Database) {
    let mut owner = seeded(database);
    let mut session = plain(database);
    let user = session.value(&format!(
        "select sign_up('mei.lin@example.com', 'mei.lin', '{BCRYPT}', last_name => 'Lin')"
    ));
    assert_eq!(
        owner.value("select status, email_verified, metadata, first_name, last_name from users where username = 'mei.lin'"),
        "active|f|{}|NULL|Lin"
    );
    assert_eq!(
        sign_in(&mut session, "mei.lin", BCRYPT, "hash of a token"),
        user
    );
    assert_eq!(
        session.value("select resume_session('hash of a token')"),
        user
    );
    session.run("begin; select steward.act_as(resume_session('hash of a token'))");
    assert_eq!(
        session.value("select username, last_login_at is not null, (select count(*) from account_sessions) from accounts"),
        "mei.lin|t|1"
    );
    session.run("update account_sessions set is_active = false; commit");
    assert_eq!(
        session.value("select resume_session('hash of a token')"),
        "NULL"
    );
    // The log says who signed up, and keeps the hash to itself.
    assert_eq!(
        owner.value("select count(*) filter (where after ->> 'username' = 'mei.lin'), count(*) filter (where audit_log::text like '%R9h/cIPz0gi%') from audit_log"),
        "1|0"
    );
    for taken in [
        "'mei.lin@example.com', 'other'",
        "'other@example.com', 'mei.lin'",
    ] {
        assert_eq!(
            session.sqlstate(&format!("select sign_up({taken}, 'x')")),
            "23505"
        );
    }
    assert_eq!(
        session.sqlstate("select sign_up('no address', 'other', 'x')"),
        "23514"
    );
}

fn a_wrong_hash_opens_nothing(database: &Database) {
    let mut owner = world(database);
    let mut session = plain(database);
    let before = owner.value("select count(*) from user_sessions");
    for (login, hash) in [
        ("member", "hash of admin"),
        ("member", ""),
        ("nobody", "hash of member"),
        ("", ""),
        ("MEMBER", "hash of member"),
        ("suspended", "hash of suspended"),
    ] {
        assert_eq!(
            sign_in(&mut session, login, hash, "new"),
            "NULL",
            "{login}, {hash}"
        );
    }
    assert_eq!(
        session.value(
            "select sign_in('member', null, 'new') is null and sign_in(null, 'x', 'new') is null"
        ),
        "t"
    );
    assert_eq!(owner.value("select count(*) from user_sessions"), before);
    assert_eq!(
        sign_in(&mut session, "member", "hash of member", "new"),
        Kind::Member.identity()
    );
    // A token stands for one session.
    assert_eq!(
        session.sqlstate("select sign_in('admin', 'hash of admin', 'new')"),
        "23505"
    );
}

fn the_salt_is_what_precedes_the_digest(database: &Database) {
    let mut owner = world(database);
    let mut session = plain(database);
    for (hash, salt) in [
        (BCRYPT, "$2b$12$R9h/cIPz0gi.URNNX3kh2O"),
        (
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$ZGlnZXN0",
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ",
        ),
        ("$6$rounds=5000$salt$digest", "$6$rounds=5000$salt"),
        ("$1$salt$digest", "$1$salt"),
        ("$2b$12$short", "NULL"),
        ("$digest", "NULL"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "NULL"),
        ("salt:digest", "NULL"),
        ("!", "NULL"),
        ("", "NULL"),
    ] {
        owner.run(&format!(
            "update users set password_hash = '{hash}' where username = 'member'"
        ));
        assert_eq!(
            session.value("select password_salt('member')"),
            salt,
            "{hash}"
        );
        assert_eq!(
            session.value("select password_salt('member@example.com')"),
            salt,
            "{hash}"
        );
    }
    assert_eq!(
        session.rows("select password_salt('nobody at all')"),
        ["NULL"]
    );
}

/// Somebody who takes the address of another for a name signs in as neither.
fn an_address_comes_before_a_name(database: &Database) {
    let mut owner = world(database);
    let mut session = plain(database);
    session.run("select sign_up('thief@example.com', 'member@example.com', 'hash of a thief')");
    owner.run("update users set password_hash = '$6$mine$digest' where username = 'member'");
    assert_eq!(
        session.value("select password_salt('member@example.com')"),
        "$6$mine"
    );
    assert_eq!(
        sign_in(&mut session, "member@example.com", "hash of a thief", "t"),
        "NULL"
    );
    assert_eq!(
        sign_in(&mut session, "member@example.com", "$6$mine$digest", "t"),
        Kind::Member.identity()
    );
}

fn a_session_ends(database: &Database) {
    let mut owner = world(database);
    let mut session = plain(database);
    let resume = "select resume_session('member')";
    assert_eq!(session.value(resume), Kind::Member.identity());
    for (change, back) in [
        (
            "update user_sessions set expires_at = now()",
            "update user_sessions set expires_at = now() + interval '1 hour'",
        ),
        (
            "update users set status = 'suspended'",
            "update users set status = 'active'",
        ),
        (
            "update user_sessions set is_active = null",
            "update user_sessions set is_active = true",
        ),
    ] {
        owner.run(change);
        assert_eq!(session.value(resume), "NULL", "{change}");
        owner.run(back);
        assert_eq!(session.value(resume), Kind::Member.identity(), "{back}");
    }
    assert_eq!(
        session.value("select resume_session('nothing') is null and resume_session(null) is null"),
        "t"
    );
    act(&mut session, Kind::Member.identity());
    session.run("update account_sessions set is_active = false");
    // Nobody opens it again.
    assert_eq!(
        session.rows("update user_sessions set is_active = true returning 1"),
        [""; 0]
    );
    assert_eq!(
        session.rows("update user_sessions set is_active = false returning 1"),
        [""; 0]
    );
    assert_eq!(session.value(resume), "NULL");
    assert_eq!(
        session.value("select renew_session('member again', 'a', 'b') is null"),
        "t"
    );
}

fn a_session_is_renewed_once(database: &Database) {
    drop(world(database));
    let mut session = plain(database);
    let renew =
        "select renew_session('member again', 'member anew', 'member once more', '2 hours')";
    assert_eq!(session.value(renew), Kind::Member.identity());
    assert_eq!(session.value(renew), "NULL");
    assert_eq!(
        session.value("select resume_session('member') is null"),
        "t"
    );
    assert_eq!(
        session.value("select resume_session('member anew')"),
        Kind::Member.identity()
    );
    act(&mut session, Kind::Member.identity());
    assert_eq!(
        session.value("select expires_at > now() + interval '1 hour 59 minutes' from account_sessions where is_active"),
        "t"
    );
}

fn a_password_is_changed_by_whoever_knows_it(database: &Database) {
    let mut owner = world(database);
    let mut session = acting(database, Kind::Member.identity());
    let hash = "select password_hash from users where username = 'member'";
    assert_eq!(
        session.value("select change_password('hash of admin', 'mine')"),
        "f"
    );
    assert_eq!(session.value("select change_password(null, 'mine')"), "f");
    assert_eq!(owner.value(hash), "hash of member");
    assert_eq!(
        session.value("select change_password('hash of member', 'mine')"),
        "t"
    );
    assert_eq!(owner.value(hash), "mine");
    assert_eq!(
        session.value("select count(*) from account_sessions where is_active"),
        "0"
    );
    assert_eq!(
        owner.value("select count(*) from user_sessions where is_active"),
        "6",
        "those of others"
    );
    act(&mut session, Kind::Suspended.identity());
    assert_eq!(
        session.value("select change_password('hash of suspended', 'mine')"),
        "f"
    );
    act(&mut session, "");
    assert_eq!(
        session.value("select change_password('hash of owner', 'mine')"),
        "f"
    );
}

fn profiles_are_ones_own(database: &Database) {
    drop(world(database));
    let mut session = acting(database, Kind::Viewer.identity());
    session.run(
        "update user_profiles set preferences = '{\"theme\": \"dark\"}'; delete from user_profiles",
    );
    session.run(&format!(
        "insert into user_profiles (user_id, bio) values ('{}', 'New')",
        Kind::Viewer.identity()
    ));
    assert_eq!(
        session.rows("select bio, preferences from user_profiles"),
        ["New|{}"]
    );
    act(&mut session, Kind::Admin.identity());
    assert_eq!(
        session.rows("select bio, preferences from user_profiles"),
        ["NULL|{}"]
    );
}

fn names_of_those_whose_projects_one_reads(database: &Database) {
    let mut owner = seeded(database);
    owner.run("update projects set visibility = 'private'; select sign_up('hermit@example.com', 'hermit', 'x')");
    let names = "select username from user_names order by 1";
    let mut carlos = acting(database, CARLOS);
    assert_eq!(
        carlos.rows(names),
        [
            "carlos.vega",
            "emil.strand",
            "noor.haddad",
            "test_robot",
            "yuki.tanabe"
        ]
    );
    assert_eq!(
        carlos.rows("select * from user_names where username = 'hermit'"),
        [""; 0]
    );
    assert_eq!(carlos.rows("select username from users"), ["carlos.vega"]);
    owner.run("update projects set visibility = 'public' where name = 'New timetable'");
    assert_eq!(carlos.rows(names).len(), 7);
    let hermit = owner.value("select id from users where username = 'hermit'");
    act(&mut carlos, &hermit);
    assert_eq!(
        carlos.rows(names),
        [
            "emil.strand",
            "greta.olsen",
            "hermit",
            "noor.haddad",
            "piet.maas"
        ]
    );
    owner.run("update projects set visibility = 'private'");
    assert_eq!(carlos.rows(names), ["hermit"]);
    act(&mut carlos, "");
    assert_eq!(carlos.rows(names), [""; 0]);
    assert_eq!(
        carlos.sqlstate("update user_names set username = 'x'"),
        "42501"
    );
}

fn nobody_else_may_call_them(database: &Database) {
    drop(world(database));
    let mut stranger = database.session(steward_tests::Role::Stranger);
    database
        .owner()
        .run("grant usage on schema dafnck to stranger");
    for call in [
        "active_user_id()",
        "is_deleted_later(1, 1, 'tasks')",
        "projects_of_current_user('viewer')",
        "projects_readable_by_current_user()",
        "hand_over_project(gen_random_uuid(), gen_random_uuid())",
        "sign_up('s@example.com', 'sss', 'x')",
        "password_salt('member')",
        "sign_in('member', 'hash of member', 't')",
        "resume_session('member')",
        "renew_session('member again', 'a', 'b')",
        "change_password('a', 'b')",
    ] {
        assert_eq!(
            stranger.sqlstate(&format!("select dafnck.{call}")),
            "42501",
            "{call}"
        );
    }
    assert_eq!(
        stranger.sqlstate("select * from dafnck.user_names"),
        "42501"
    );
}
