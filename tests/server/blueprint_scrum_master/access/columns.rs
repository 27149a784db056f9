//! What may be written at all: the columns that say who somebody is, and whose something is, are nobody's to change.

use steward_tests::{Database, tests};

use super::{ADMIN, DEVELOPER, MANAGER, TESTER, acting, as_user, changed, plain, refused, seeded};

tests![
    rights_are_these_and_no_others,
    columns_are_these_and_no_others,
    nobody_changes_their_own_role,
    with_a_grant_of_the_column_they_would,
    nobody_changes_whose_it_is,
    admins_decide_about_the_accounts_of_others,
];

fn rights_are_these_and_no_others(database: &Database) {
    let mut owner = seeded(database);
    assert_eq!(
        owner.rows(
            "select grantee::regrole, string_agg(relname, ' ' order by relname), rights from (
                 select g.grantee, c.relname, string_agg(lower(g.privilege_type), ' ' order by g.privilege_type) as rights
                 from pg_class as c, aclexplode(c.relacl) as g
                 where c.relnamespace = 'scrum'::regnamespace and g.grantee <> c.relowner group by 1, 2
             ) as granted group by 1, 3 order by 1, 3"
        ),
        [
            "application_user|chat_messages tasks triage_items users|delete insert select",
            "application_user|notifications|delete select",
            "application_user|chat_message_edits user_accounts user_names|select",
            "application_user|chat_messages_id_seq notifications_id_seq tasks_id_seq triage_items_id_seq users_id_seq|select usage",
            "read_only_user|chat_message_edits chat_messages notifications tasks triage_items users|select",
        ]
    );
    assert_eq!(
        owner.rows(
            "select g.grantee::regrole, string_agg(p.oid::regprocedure::text, ' ' order by p.proname) from pg_proc as p,
                 aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
             where p.pronamespace = 'scrum'::regnamespace and p.prosecdef and g.grantee <> p.proowner group by 1"
        ),
        ["application_user|is_current_user_active() role_of_current_user() sign_in(text)"]
    );
}

fn columns_are_these_and_no_others(database: &Database) {
    let mut owner = seeded(database);
    let columns = |right: &str| {
        format!(
            "select c.relname, string_agg(a.attname, ' ' order by a.attnum)
             from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             where c.relnamespace = 'scrum'::regnamespace and c.relkind in ('r', 'v')
                 and has_column_privilege('application_user', c.oid, a.attnum, '{right}')
                 and not has_table_privilege('application_user', c.oid, '{right}')
             group by 1 order by 1"
        )
    };
    assert_eq!(
        owner.rows(&columns("update")),
        [
            "chat_messages|message is_edited edited_at",
            "notifications|is_read read_at",
            "tasks|title description status assigned_role assigned_user_id start_date end_date completed_at is_delayed \
             epic_id story_id priority updated_at",
            "triage_items|title description status assigned_to priority category resolution resolved_at updated_at",
            "user_accounts|github_id role is_active",
            "users|username email avatar_url updated_at",
        ]
    );
    assert_eq!(
        owner.rows(&columns("insert")),
        ["notifications|user_id type title message is_read created_at read_at"]
    );
}

const PROMOTION: &str = "update users set role = 'admin' where id = steward.current_user_bigint()";

fn nobody_changes_their_own_role(database: &Database) {
    let mut owner = seeded(database);
    owner.run("delete from notifications; delete from chat_messages where reply_to_id is not null; delete from chat_messages; \
         delete from triage_items; delete from tasks");
    for user in [DEVELOPER, TESTER, MANAGER, ADMIN] {
        let mut session = as_user(database, user);
        assert_eq!(refused(&mut session, PROMOTION), "42501");
        let own = "where id = steward.current_user_bigint() returning id";
        assert_eq!(
            changed(
                &mut session,
                &format!("update user_accounts set role = 'admin' {own}")
            ),
            0
        );
        assert_eq!(
            refused(&mut session, "update users set is_active = true"),
            "42501"
        );
        assert_eq!(
            refused(&mut session, "update users set github_id = 'x'"),
            "42501"
        );
        assert_eq!(refused(&mut session, "update users set id = 3"), "42501");
        // Nor by another row in the place of their own.
        let again = "insert into users (id, github_id, username, role) values (steward.current_user_bigint(), 'x', 'x', 'admin')
             on conflict (id) do update set role = excluded.role";
        assert_eq!(refused(&mut session, again), "42501");
        // Nor by going and coming back, where nothing refers to them.
        let returning = "with gone as (delete from users where id = steward.current_user_bigint() returning *)
             insert into users (id, github_id, username, role) select id, github_id, username, 'admin' from gone";
        assert_eq!(refused(&mut session, returning), "42501");
        assert_eq!(
            changed(
                &mut session,
                &format!("update users set username = 'Renamed' {own}")
            ),
            1
        );
    }
}

/// The controls: the grant, and the policy that keeps an account from coming back with another role.
fn with_a_grant_of_the_column_they_would(database: &Database) {
    let mut owner = seeded(database);
    owner.run("grant update (role) on users to application_user");
    let mut developer = as_user(database, DEVELOPER);
    developer.run(PROMOTION);
    developer.run("select steward.act_as(1, 'admin')");
    assert_eq!(developer.value("select count(*) from users"), "9");
    drop(developer);
    owner.run(
        "drop policy user_creation_policy on users;
         insert into users (id, github_id, username, role) values (99, 'new', 'New', 'tester')",
    );
    acting(database, 99, "tester").run(
        "with gone as (delete from users where id = 99 returning *)
         insert into users (id, github_id, username, role) select id, github_id, username, 'admin' from gone",
    );
}

fn nobody_changes_whose_it_is(database: &Database) {
    drop(seeded(database));
    for user in [DEVELOPER, ADMIN] {
        let mut session = as_user(database, user);
        for (table, column, value) in [
            ("tasks", "created_by", "1"),
            ("tasks", "created_at", "now()"),
            ("tasks", "id", "999"),
            ("notifications", "user_id", "2"),
            ("notifications", "title", "'Assigned to you'"),
            ("notifications", "related_task_id", "null"),
            ("chat_messages", "sender_id", "2"),
            ("chat_messages", "recipient_id", "2"),
            ("chat_messages", "channel", "'general'"),
            ("chat_messages", "reply_to_id", "null"),
            ("chat_messages", "created_at", "now()"),
            ("chat_message_edits", "old_message", "''"),
            ("triage_items", "reporter_id", "2"),
            ("triage_items", "created_at", "now()"),
        ] {
            let update = format!("update {table} set {column} = {value}");
            assert_eq!(refused(&mut session, &update), "42501", "{update}");
        }
        for table in super::TABLES {
            assert_eq!(
                refused(&mut session, &format!("truncate {table} cascade")),
                "42501"
            );
        }
        // What the rules keep shows all tasks, so it is nobody's.
        for table in ["tasks_readiness", "triage_items_readiness"] {
            assert_eq!(
                refused(&mut session, &format!("select from {table}")),
                "42501"
            );
        }
    }
    let mut report = plain(database, "read_only_user");
    for statement in [
        "update users set username = ''",
        "delete from tasks",
        "insert into chat_messages (sender_id, message) values (1, 'm')",
        "select from user_names",
        "select nextval('tasks_id_seq')",
        "select sign_in('dev1')",
    ] {
        assert_eq!(report.sqlstate(statement), "42501", "{statement}");
    }
}

fn admins_decide_about_the_accounts_of_others(database: &Database) {
    let mut owner = seeded(database);
    for (user, seen) in [
        (DEVELOPER, "0"),
        (MANAGER, "0"),
        ((1, "admin"), "0"),
        (ADMIN, "8"),
    ] {
        let mut session = as_user(database, user);
        assert_eq!(
            session.value("select count(*) from user_accounts"),
            seen,
            "{user:?}"
        );
        let retirement = "update user_accounts set is_active = false where id = 4 returning id";
        assert_eq!(changed(&mut session, retirement), usize::from(seen != "0"));
        assert_eq!(refused(&mut session, "delete from user_accounts"), "42501");
        assert_eq!(
            refused(&mut session, "update user_accounts set id = 77"),
            "42501"
        );
    }
    let mut admin = as_user(database, ADMIN);
    admin.run(
        "update user_accounts set role = 'tester', is_active = null where id = 4;
         insert into users (github_id, username, role) values ('new1', 'New', 'designer')",
    );
    // As for everybody, and as the owner would be told.
    assert_eq!(
        refused(
            &mut admin,
            "update user_accounts set role = 'king' where id = 4"
        ),
        "23514"
    );
    assert_eq!(
        refused(&mut admin, "delete from users where id = 1"),
        "23503"
    );
    admin.run("delete from users where github_id = 'new1'; commit");
    assert_eq!(
        owner.value("select role, is_active, updated_at > '2025-12-01' from users where id = 4"),
        "tester|NULL|t"
    );
}
