//! Who sees and writes what, through the roles that the document names.
//!
//! Everything is run as a role that is neither the owner nor a superuser and has no BYPASSRLS, which is looked at first:
//! for others the policies do not count, and every test of them would pass.

use steward_tests::{Database, Session, Test, tests};

use super::{TABLES, migrated, seeded};

mod columns;
mod identity;
mod matrix;
mod people;
mod plans;
mod roles;
mod work;

/// Every test of it.
pub(super) fn all() -> Vec<Test> {
    [
        tests(),
        columns::tests(),
        identity::tests(),
        matrix::tests(),
        people::tests(),
        plans::tests(),
        roles::tests(),
        work::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

tests![
    the_documents_policies,
    the_linter_finds_what_is_explained,
    the_owner_is_not_restricted,
];

/// A session of that role in the schema of the blueprint.
fn plain(database: &Database, role: &str) -> Session {
    let mut session = database.superuser();
    session.run(&format!(
        "set search_path = scrum; set session authorization {role}"
    ));
    assert!(is_plain(&mut session), "{role}");
    session
}

/// Whether the policies hold for the role that the session has now.
fn is_plain(session: &mut Session) -> bool {
    session.holds(
        "select current_user = session_user and not (rolsuper or rolbypassrls or rolcreaterole)
             and not exists (
                 select from pg_class where relnamespace = 'scrum'::regnamespace and pg_has_role(relowner, 'member')
             )
             and (select bool_and(row_security_active(oid)) from pg_class where relname = any ('{users,tasks,notifications}'))
         from pg_roles where rolname = current_user",
    )
}

/// The application, in a transaction for nobody.
fn application(database: &Database) -> Session {
    let mut session = plain(database, "application_user");
    session.run("begin");
    session
}

/// The application, in a transaction for that user in that role.
fn acting(database: &Database, user: i32, role: &str) -> Session {
    let mut session = application(database);
    session.run(&format!("select steward.act_as({user}, '{role}')"));
    session
}

const DEVELOPER: (i32, &str) = (1, "developer");
const MANAGER: (i32, &str) = (2, "project_manager");
const ADMIN: (i32, &str) = (3, "admin");
const TESTER: (i32, &str) = (6, "tester");

/// The same for one of the development data.
fn as_user(database: &Database, (user, role): (i32, &str)) -> Session {
    acting(database, user, role)
}

/// What the statement is refused with, in a transaction that goes on.
#[track_caller]
fn refused(session: &mut Session, statement: &str) -> String {
    session.run("savepoint attempt");
    let sqlstate = session.sqlstate(statement);
    session.run("rollback to attempt");
    sqlstate
}

/// How many rows the statement reaches, which ends with RETURNING.
#[track_caller]
fn changed(session: &mut Session, statement: &str) -> usize {
    session.rows(statement).len()
}

fn the_documents_policies(database: &Database) {
    let mut owner = migrated(database);
    let policies = "select tablename || '.' || policyname, cmd, roles, permissive from pg_policies
         where schemaname = 'scrum' and policyname in ('user_access_policy', 'task_access_policy', 'notification_access_policy')
         order by 1";
    assert_eq!(
        owner.rows(policies),
        [
            "notifications.notification_access_policy|ALL|{application_user}|PERMISSIVE",
            "tasks.task_access_policy|SELECT|{application_user}|PERMISSIVE",
            "users.user_access_policy|ALL|{application_user}|PERMISSIVE",
        ]
    );
    assert_eq!(
        owner.rows(
            "select relname from pg_class where relnamespace = 'scrum'::regnamespace and relrowsecurity order by 1"
        ),
        TABLES
    );
    let silent = "select tablename || '.' || policyname from pg_policies, pg_policy
         where schemaname = 'scrum' and polname = policyname and polrelid = format('%I.%I', schemaname, tablename)::regclass
             and obj_description(pg_policy.oid, 'pg_policy') is null";
    assert_eq!(owner.rows(silent), [""; 0]);
    owner.run("comment on policy user_access_policy on users is null");
    assert_eq!(owner.rows(silent), ["users.user_access_policy"]);
}

/// Notes are all that it has: the page says why each is there.
fn the_linter_finds_what_is_explained(database: &Database) {
    let mut owner = seeded(database);
    let findings = "select level, rule, array_agg(distinct split_part(object, ' on ', 1))
         from steward.lint_access('scrum') group by 1, 2 order by 1, 2";
    let notes = [
        "note|owner_without_force|{scrum.chat_message_edits,scrum.chat_messages,scrum.notifications,scrum.tasks,\
         scrum.triage_items,scrum.users}",
        "note|policy_always_true|{reporting_policy}",
        "note|rls_disabled_unused|{scrum.tasks_readiness,scrum.triage_items_readiness}",
    ];
    assert_eq!(owner.rows(findings), notes);
    // The document's own form of the first policy.
    owner.run(
        "drop policy user_access_policy on users;
         create policy user_access_policy on users for all to application_user using (id = current_setting('app.user_id')::integer)",
    );
    let found = owner.rows(findings);
    assert_eq!(found[..3], notes);
    assert_eq!(
        found[3..],
        [
            "warning|identity_fails|{user_access_policy}",
            "warning|policy_calls_per_row|{user_access_policy}"
        ]
    );
}

/// Seeds, dumps and the rules are the owner's.
fn the_owner_is_not_restricted(database: &Database) {
    let mut owner = seeded(database);
    assert!(!is_plain(&mut owner));
    assert_eq!(owner.value("select count(*) from users"), "9");
    assert_eq!(
        as_user(database, DEVELOPER).value("select count(*) from users"),
        "1"
    );
}
