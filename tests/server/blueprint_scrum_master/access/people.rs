//! Accounts beyond one's own: signing in, the names of others, and whom work is given to.

use steward_tests::{Database, Role, tests};

use super::{ADMIN, DEVELOPER, MANAGER, TESTER, application, as_user, plain, refused, seeded};

tests![
    signing_in_gives_what_it_needs_and_nothing_else,
    everybody_knows_the_names,
    nobody_retired_is_assigned,
    without_the_rule_they_are,
    what_was_theirs_stays_theirs,
    the_owner_brings_in_what_is_old,
    who_is_being_retired_is_not_assigned,
];

fn signing_in_gives_what_it_needs_and_nothing_else(database: &Database) {
    let mut owner = seeded(database);
    // Nobody has been named yet.
    let mut session = application(database);
    for (github_id, expected) in [
        ("'dev1'", &["1|developer"][..]),
        ("'admin1'", &["3|admin"]),
        // Retired.
        ("'dev4'", &[]),
        ("'nobody'", &[]),
        ("'%'", &[]),
        ("''", &[]),
        ("null", &[]),
    ] {
        let found = session.rows(&format!("select * from sign_in({github_id})"));
        assert_eq!(found, expected, "{github_id}");
    }
    // Names that are found first elsewhere are not those that are meant.
    session.run(
        "create temporary table users (id integer, github_id text, role text, is_active boolean);
         insert into users values (3, 'me', 'admin', true); set local search_path = pg_temp, scrum",
    );
    assert_eq!(session.rows("select * from scrum.sign_in('me')"), [""; 0]);
    session.run("select steward.act_as(user_id, user_role) from scrum.sign_in('test1')");
    assert_eq!(
        session.value("select id, email from scrum.users"),
        "6|test1@example.com"
    );
    owner.run("update users set is_active = null where id = 1");
    assert_eq!(
        session.value("select * from scrum.sign_in('dev1')"),
        "1|developer"
    );
    let mut writer = database.session(Role::Writer);
    database
        .owner()
        .run("grant usage on schema scrum to writer");
    assert_eq!(
        writer.sqlstate("select * from scrum.sign_in('dev1')"),
        "42501"
    );
}

fn everybody_knows_the_names(database: &Database) {
    let mut owner = seeded(database);
    let mut tester = as_user(database, TESTER);
    assert_eq!(
        tester.rows("select * from user_names where id in (1, 9) order by id"),
        [
            "1|developer1|https://avatars.example.com/dev1.png|developer|t",
            "9|Sofia Brandt|NULL|developer|f",
        ]
    );
    assert_eq!(
        tester.value("select u.username from chat_messages as m join user_names as u on u.id = m.sender_id where m.id = 16"),
        "Owen Pryce"
    );
    assert_eq!(
        refused(&mut tester, "update user_names set username = 'x'"),
        "42501"
    );
    for user in [(9, "developer"), (4711, "admin")] {
        assert_eq!(
            as_user(database, user).rows("select * from user_names"),
            [""; 0]
        );
    }
    assert_eq!(
        application(database).rows("select * from user_names"),
        [""; 0]
    );
    // Both views read as the owner, and say so.
    assert_eq!(
        owner.rows("select relname, reloptions from pg_class where relnamespace = 'scrum'::regnamespace and relkind = 'v' order by 1"),
        [
            "user_accounts|{security_invoker=false,security_barrier=true}",
            "user_names|{security_invoker=false,security_barrier=true}",
        ]
    );
}

const NEW_TASK: &str =
    "insert into tasks (title, description, assigned_role, start_date, end_date, assigned_user_id, created_at)
         values ('t', 'd', 'developer', '2025-01-01', '2025-01-02'";

fn nobody_retired_is_assigned(database: &Database) {
    let mut owner = seeded(database);
    owner.run(
        "update tasks set assigned_user_id = null where status <> 'done' and assigned_user_id = 9",
    );
    let mut manager = as_user(database, MANAGER);
    for statement in [
        "update tasks set assigned_user_id = 9",
        "update tasks set assigned_user_id = 9, status = 'done' where status = 'in_progress'",
        "update triage_items set assigned_to = 9",
        "insert into triage_items (reporter_id, title, description, assigned_to) values (2, 't', 'd', 9)",
        "insert into triage_items (reporter_id, title, description, assigned_to, created_at) values (2, 't', 'd', 9, '2025-01-01')",
        &format!("{NEW_TASK}, 9, now())"),
        &format!("{NEW_TASK}, 9, '2025-01-01')"),
    ] {
        assert_eq!(refused(&mut manager, statement), "23514", "{statement}");
    }
    manager.run(&format!("{NEW_TASK}, 1, now())"));
    manager.run("update tasks set assigned_user_id = 4 where id = 1; update tasks set assigned_user_id = null where id = 2");
    manager.run("rollback");
    // Whoever writes, and with what a program can act on.
    let refusal = owner.refusal("update scrum.tasks set assigned_user_id = 9 where id = 3");
    assert_eq!(refusal.constraint(), Some("tasks_active_assignee"));
    assert_eq!(
        refusal.message(),
        "user 9 is retired and cannot be assigned"
    );
    assert!(refusal.hint().is_some());
    let refusal = owner.refusal("update scrum.triage_items set assigned_to = 9");
    assert_eq!(refusal.constraint(), Some("triage_items_active_assignee"));
    // Who is not there at all is the foreign key's business.
    assert_eq!(
        owner.sqlstate("update tasks set assigned_user_id = 4711"),
        "23503"
    );
}

/// The control.
fn without_the_rule_they_are(database: &Database) {
    let mut owner = seeded(database);
    owner.run("drop trigger refuse_retired_new_assignee on tasks");
    as_user(database, MANAGER).run("update tasks set assigned_user_id = 9 where id = 1");
}

fn what_was_theirs_stays_theirs(database: &Database) {
    let mut owner = seeded(database);
    let theirs = "select count(*) from tasks where assigned_user_id = 9 and status <> 'done'";
    let before = owner.value(theirs);
    assert_ne!(before, "0");
    // Other columns of such a task can be written, and the task given to somebody else.
    let mut manager = as_user(database, MANAGER);
    manager.run("update tasks set priority = 5, assigned_user_id = assigned_user_id where assigned_user_id = 9");
    manager.run("update tasks set assigned_user_id = 4 where assigned_user_id = 9; rollback");
    // Another id is no other user.
    owner.run("update users set id = 909 where id = 9");
    assert_eq!(owner.value(&theirs.replace('9', "909")), before);
}

/// As a dump, the seeds, or a former system have it; the application does not.
fn the_owner_brings_in_what_is_old(database: &Database) {
    let mut owner = seeded(database);
    owner.run(&format!("{NEW_TASK}, 9, '2025-01-01')"));
    assert_eq!(owner.sqlstate(&format!("{NEW_TASK}, 9, now())")), "23514");
    assert_eq!(owner.sqlstate(&format!("{NEW_TASK}, 9, null)")), "23514");
}

fn who_is_being_retired_is_not_assigned(database: &Database) {
    drop(seeded(database));
    for (level, expected) in [("read committed", "23514"), ("repeatable read", "40001")] {
        let mut admin = as_user(database, ADMIN);
        admin.run("update user_accounts set is_active = false where id = 8");
        let mut manager = plain(database, "application_user");
        manager.run(&format!(
            "begin isolation level {level}; select steward.act_as(2, 'project_manager'); select from tasks"
        ));
        let waiting = manager.start("update tasks set assigned_user_id = 8 where id = 1");
        waiting.until_blocked(&mut database.superuser());
        admin.run("commit");
        let refusal = waiting.finish().1.expect_err("a user who has left");
        assert_eq!(refusal.sqlstate(), expected, "{level}");
        let mut admin = as_user(database, ADMIN);
        admin.run("update user_accounts set is_active = true where id = 8; commit");
    }
    // The other way round: who is being assigned is retired after that.
    let mut manager = as_user(database, MANAGER);
    manager.run("update tasks set assigned_user_id = 8 where id = 1");
    let waiting =
        as_user(database, ADMIN).start("update user_accounts set is_active = false where id = 8");
    waiting.until_blocked(&mut database.superuser());
    manager.run("commit");
    waiting.finish().1.expect("a retirement");
    // Others are not in each other's way.
    let mut manager = as_user(database, MANAGER);
    manager.run("update tasks set assigned_user_id = 4 where id = 1");
    as_user(database, MANAGER).run("update tasks set assigned_user_id = 4 where id = 2");
    let mut developer = as_user(database, DEVELOPER);
    developer.run("update users set username = 'dev' where id = 1");
}
