//! Who sees and writes what, through the role of the document.
//!
//! Everything is run as a role that is neither the owner nor a superuser and has no BYPASSRLS, which is looked at first:
//! for others the policies do not count, and every test of them would pass.

use steward_tests::{Database, Session, Test, tests};

use super::{TABLES, migrated, seeded};

mod accounts;
mod columns;
mod identity;
mod matrix;
mod plans;
mod projects;
mod roles;
mod work;
mod world;

/// Every test of it.
pub(super) fn all() -> Vec<Test> {
    [
        tests(),
        accounts::tests(),
        columns::tests(),
        identity::tests(),
        matrix::tests(),
        plans::tests(),
        projects::tests(),
        roles::tests(),
        work::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

tests![
    the_documents_policy,
    every_table_with_a_right_has_policies,
    the_linter_finds_what_is_explained,
    the_owner_is_not_restricted,
    a_dump_carries_all_of_it,
];

/// The owner and the admin of "Tickets on the phone", one of its members, and its viewer.
const NOOR: &str = "08506aea-6d48-56f8-b6cf-b53bd949c60e";
const EMIL: &str = "4bbf66a3-1145-5c11-85a1-4088e9fb7717";
const YUKI: &str = "55742b87-9bf8-539d-a2bd-fac4ad079764";
const CARLOS: &str = "b25f5cf6-bd76-5e1c-ab3e-186286ef7133";

/// A session of what applications act as, for nobody.
fn plain(database: &Database) -> Session {
    let mut session = database.superuser();
    session.run("set search_path = dafnck; set session authorization application_role");
    assert_plain(&mut session);
    session
}

/// The same for a user.
fn acting(database: &Database, user: &str) -> Session {
    let mut session = plain(database);
    act(&mut session, user);
    session
}

/// From now on the session is that user's.
fn act(session: &mut Session, user: &str) {
    session.run(&format!("set app.current_user_id = '{user}'"));
}

/// Policies hold for the role that the session has now.
#[track_caller]
fn assert_plain(session: &mut Session) {
    assert!(is_plain(session));
}

fn is_plain(session: &mut Session) -> bool {
    session.holds(&format!(
        "select current_user = session_user and not (rolsuper or rolbypassrls or rolcreaterole)
             and not exists (
                 select from pg_class where relnamespace = 'dafnck'::regnamespace and pg_has_role(relowner, 'member')
             )
             and (
                 select bool_and(row_security_active(c.oid)) and count(*) = {} from pg_class as c
                 where c.relnamespace = 'dafnck'::regnamespace and c.relname = any ('{{{}}}')
             )
         from pg_roles where rolname = current_user",
        TABLES.len(),
        TABLES.join(",")
    ))
}

/// Its name, its command, its role and its condition, but for two things: who asks is asked once a statement, and never an
/// error.
fn the_documents_policy(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(
        session.value(
            "select policyname, permissive, roles, cmd, qual, with_check from pg_policies
             where tablename = 'projects' and policyname = 'project_access_policy'"
        ),
        "project_access_policy|PERMISSIVE|{application_role}|ALL|\
         ((owner_id = ( SELECT active_user_id() AS active_user_id)) OR \
         (id = ANY (ARRAY( SELECT projects_of_current_user('viewer'::project_role) AS projects_of_current_user))))|NULL"
    );
}

fn every_table_with_a_right_has_policies(database: &Database) {
    let mut session = migrated(database);
    let open = "select relname from pg_class as c
         where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relrowsecurity
             and (
                 has_table_privilege('application_role', c.oid, 'select,insert,update,delete,truncate,references,trigger')
                 or has_any_column_privilege('application_role', c.oid, 'select,insert,update,references')
             )";
    assert_eq!(session.rows(open), [""; 0]);
    assert_eq!(
        session.rows(
            "select relname from pg_class
             where relnamespace = current_schema()::regnamespace and relrowsecurity order by relname collate \"C\""
        ),
        TABLES
    );
    assert_eq!(
        session.rows(
            "select tablename, policyname from pg_policies where roles <> '{application_role}'"
        ),
        [""; 0]
    );
    session.run("grant select on tasks_readiness to application_role");
    assert_eq!(session.rows(open), ["tasks_readiness"]);
}

/// What the page explains: rows that are found by a key, one by one or all at once, as the planner has it; and tables
/// that nobody has a right on.
fn the_linter_finds_what_is_explained(database: &Database) {
    let mut session = migrated(database);
    let findings = "select level, rule, object from steward.lint_access('dafnck') where rule <> 'owner_without_force'";
    assert_eq!(
        session.rows(findings),
        [
            "warning|policy_calls_per_row|audit_log_select_policy on dafnck.audit_log",
            "warning|policy_column_without_index|audit_log_select_policy on dafnck.audit_log",
            "warning|policy_column_without_index|audit_log_select_policy on dafnck.audit_log",
            "warning|policy_query_per_row|audit_log_select_policy on dafnck.audit_log",
            "warning|policy_query_per_row|document_versions_select_policy on dafnck.document_versions",
            "warning|policy_query_per_row|file_attachments_delete_policy on dafnck.file_attachments",
            "warning|policy_query_per_row|file_attachments_insert_policy on dafnck.file_attachments",
            "warning|policy_query_per_row|file_attachments_select_policy on dafnck.file_attachments",
            "warning|policy_query_per_row|file_attachments_update_policy on dafnck.file_attachments",
            "warning|policy_query_per_row|task_dependencies_delete_policy on dafnck.task_dependencies",
            "warning|policy_query_per_row|task_dependencies_insert_policy on dafnck.task_dependencies",
            "warning|policy_query_per_row|task_dependencies_select_policy on dafnck.task_dependencies",
            "warning|policy_query_per_row|task_dependencies_update_policy on dafnck.task_dependencies",
            "note|rls_disabled_unused|dafnck.audit_log_seals",
            "note|rls_disabled_unused|dafnck.task_dependencies_rank",
            "note|rls_disabled_unused|dafnck.tasks_parents_rank",
            "note|rls_disabled_unused|dafnck.tasks_progress",
            "note|rls_disabled_unused|dafnck.tasks_readiness",
        ]
    );
    session.run("alter table tasks disable row level security");
    assert!(
        session
            .rows(findings)
            .contains(&"error|rls_disabled|dafnck.tasks".to_owned())
    );
}

/// What somebody reaches, and what they may not.
fn a_dump_carries_all_of_it(database: &Database) {
    drop(seeded(database));
    let restored = database.restored();
    for database in [database, &restored] {
        let mut session = acting(database, EMIL);
        assert_eq!(
            session.value(
                "select count(*), (select count(*) from accounts), (select count(*) from user_names) from tasks"
            ),
            "30|1|7"
        );
        assert_eq!(
            session.rows("update projects set description = 'x' returning name"),
            ["Tickets on the phone"]
        );
        assert_eq!(session.sqlstate("select * from users"), "42501");
        assert_eq!(
            session.sqlstate("update projects set owner_id = owner_id"),
            "42501"
        );
        assert_eq!(
            session.value("select sign_in('emil.strand', '!', 'token')"),
            EMIL
        );
    }
}

/// Seeds, dumps and maintenance run as the owner.
fn the_owner_is_not_restricted(database: &Database) {
    let mut owner = seeded(database);
    assert_eq!(owner.value("select count(*) from tasks"), "30");
    assert!(!is_plain(&mut owner));
}
