//! Who somebody says to be: unset, empty, malformed and forged, in a pool, under prepared statements, and sealed by a token.

use serde_json::json;
use steward_tests::token::Issuer;
use steward_tests::{Database, tests};

use super::world::{Kind, id, world};
use super::{act, acting, plain};

tests![
    without_an_identity_there_is_what_is_public,
    an_identity_ends_with_its_transaction,
    a_suspended_account_is_nobody_at_once,
    a_sealed_identity_is_not_forged,
    a_version_is_by_whom_the_token_names,
    no_search_path_fools_anybody,
];

/// Rows of each table that is for readers of projects, and of those that are for oneself.
const SEEN: &str = "select (select count(*) from projects), (select count(*) from tasks), (select count(*) from task_dependencies),
    (select count(*) from documents), (select count(*) from document_versions), (select count(*) from file_attachments),
    (select count(*) from audit_log), (select count(*) from users), (select count(*) from user_profiles),
    (select count(*) from user_sessions), (select count(*) from accounts)";

const NOBODY: &str = "1|2|2|1|1|3|0|0|0|0|0";

fn without_an_identity_there_is_what_is_public(database: &Database) {
    drop(world(database));
    let mut session = plain(database);
    assert_eq!(session.value(SEEN), NOBODY);
    for setting in [
        "set app.current_user_id = ''",
        "set app.current_user_id = '   '",
        "set app.current_user_id = 'null'",
        "set app.current_user_id = '00000000-0000-4000-8000-00000000000'",
        "set app.current_user_id = '%'",
        "set app.current_user_id = '00000000-0000-4000-8000-0000000000ff'",
        "reset app.current_user_id; set app.user_role = 'owner'",
        "set app.user_id = '1'",
        "set request.jwt.claims = 'no json'",
        "set request.jwt.claims = '{\"sub\": 7}'",
    ] {
        session.run(setting);
        assert_eq!(session.value(SEEN), NOBODY, "{setting}");
        session.run("reset all; set search_path = dafnck");
    }
    act(&mut session, Kind::Outsider.identity());
    assert_eq!(session.value(SEEN), "2|4|4|2|2|6|0|1|1|2|1");
}

/// As behind PgBouncer in transaction mode.
fn an_identity_ends_with_its_transaction(database: &Database) {
    drop(world(database));
    let mut session = plain(database);
    for end in ["commit", "rollback"] {
        session.run(&format!(
            "begin; select steward.act_as('{}'::uuid)",
            Kind::Member.identity()
        ));
        assert_eq!(session.value("select count(*) from tasks"), "8");
        session.run(end);
        assert_eq!(session.value(SEEN), NOBODY, "{end}");
    }
    assert_eq!(
        session.sqlstate(&format!(
            "select steward.act_as('{}'::uuid)",
            Kind::Member.identity()
        )),
        "25P01"
    );
}

fn a_suspended_account_is_nobody_at_once(database: &Database) {
    let mut owner = world(database);
    let mut member = acting(database, Kind::Member.identity());
    let projects = "select count(*) from projects";
    assert_eq!(member.value(projects), "4");
    for status in ["'suspended'", "'inactive'", "'deleted'", "null"] {
        owner.run(&format!(
            "update users set status = {status} where username = 'member'"
        ));
        assert_eq!(member.value(projects), "1", "{status}");
        assert_eq!(
            member.rows("update tasks set title = 'x' returning 1"),
            [""; 0],
            "{status}"
        );
        owner.run("update users set status = 'active' where username = 'member'");
        assert_eq!(member.value(projects), "4");
    }
}

/// The issuer whose tokens the database believes; it believes nothing else.
fn sealed(database: &Database) -> Issuer {
    let issuer = Issuer::new("first");
    let keys = json!({ "keys": [issuer.public_key()] }).to_string();
    let name = database.name();
    database.superuser().run(&format!(
        "alter database {name} set steward.jwt_keys = '{keys}'; alter database {name} set steward.require_sealed_identity = 'on'"
    ));
    issuer
}

fn a_sealed_identity_is_not_forged(database: &Database) {
    drop(world(database));
    let issuer = sealed(database);
    let mut session = plain(database);
    let member = Kind::Member.identity();
    for forgery in [
        format!("set app.current_user_id = '{member}'"),
        format!("set app.user_id = '{member}'"),
        format!("set request.jwt.claims = '{{\"sub\": \"{member}\"}}'"),
    ] {
        session.run(&forgery);
        assert_eq!(session.value(SEEN), NOBODY, "{forgery}");
    }
    assert_eq!(
        session.sqlstate(&format!("begin; select steward.act_as('{member}'::uuid)")),
        "55000"
    );
    session.run("rollback");
    session.run(&format!(
        "begin; select steward.authenticate('{}')",
        issuer.token_of(member)
    ));
    assert_eq!(session.value("select count(*) from projects"), "4");
    session.run(&format!(
        "set local app.current_user_id = '{}'",
        Kind::Outsider.identity()
    ));
    assert_eq!(session.value("select count(*) from projects"), "4");
    session.run("commit");
    assert_eq!(session.value(SEEN), NOBODY);
}

/// Not by whom a setting names that everybody can set.
fn a_version_is_by_whom_the_token_names(database: &Database) {
    let mut owner = world(database);
    let issuer = sealed(database);
    let mut session = plain(database);
    session.run(&format!(
        "begin; select steward.authenticate('{}'); set local app.current_user_id = '{}';
         update documents set content = 'forged?' where id = {}; commit",
        issuer.token_of(Kind::Member.identity()),
        Kind::Admin.identity(),
        id("document", "private")
    ));
    assert_eq!(
        owner.value("select author_id from document_versions where content = 'forged?'"),
        Kind::Member.identity()
    );
    assert_eq!(
        owner.value(
            "select actor from audit_log where action = 'UPDATE' order by sequence desc limit 1"
        ),
        Kind::Member.identity()
    );
}

/// Functions with their owner's rights find their tables where they were made.
fn no_search_path_fools_anybody(database: &Database) {
    drop(world(database));
    let mut session = plain(database);
    act(&mut session, Kind::Outsider.identity());
    session.run(&format!(
        "create temporary table users (id uuid, email text, username text, password_hash text, status text);
         create temporary table project_members (project_id uuid, user_id uuid, role text);
         create temporary table projects (id uuid, owner_id uuid, visibility text);
         insert into pg_temp.users values ('{0}', 'a', 'a', 'a', 'active');
         insert into pg_temp.project_members select {1}, '{0}', 'owner';
         insert into pg_temp.projects select {1}, '{0}', 'public';
         create function pg_temp.active_user_id() returns uuid language sql as $$ select '{2}'::uuid $$;
         set search_path = pg_temp, dafnck",
        Kind::Outsider.identity(),
        id("project", "private"),
        Kind::Owner.identity()
    ));
    assert_eq!(session.value("select count(*) from dafnck.projects"), "2");
    assert_eq!(session.value("select count(*) from dafnck.tasks"), "4");
    assert_eq!(
        session.value(&format!(
            "select dafnck.hand_over_project({}, '{}')",
            id("project", "private"),
            Kind::Outsider.identity()
        )),
        "f"
    );
    assert_eq!(
        session.value("select dafnck.sign_in('a', 'a', 't') is null"),
        "t"
    );
}
