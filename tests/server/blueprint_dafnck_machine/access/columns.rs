//! Rights on columns: what nobody sees, and what nobody writes about themselves.

use steward_tests::{Database, Session, tests};

use super::{EMIL, NOOR, acting, seeded};

tests![
    the_rights_of_each_column,
    no_secret_comes_out,
    views_show_the_rest,
    nobody_raises_their_own_rights,
    what_rules_write_is_theirs,
    a_later_column_is_nobodys,
];

/// Each column that may be written, by table.
const WRITTEN: &[&str] = &[
    "account_sessions|UPDATE|is_active",
    "accounts|UPDATE|username,first_name,last_name,avatar_url,updated_at",
    "documents|INSERT|id,project_id,title,content,content_type,author_id,status,tags,metadata,created_at,updated_at,published_at",
    "documents|UPDATE|title,content,content_type,status,tags,metadata,updated_at,published_at",
    "file_attachments|INSERT|id,entity_type,entity_id,filename,original_filename,file_size,mime_type,storage_path,uploader_id,metadata,created_at",
    "file_attachments|UPDATE|filename,metadata",
    "project_members|INSERT|id,project_id,user_id,role,permissions,joined_at",
    "project_members|UPDATE|role,permissions",
    "projects|INSERT|id,name,description,owner_id,status,visibility,settings,created_at,updated_at,archived_at",
    "projects|UPDATE|name,description,status,visibility,settings,updated_at,archived_at",
    "task_dependencies|INSERT|id,task_id,depends_on_task_id,dependency_type,created_at",
    "task_dependencies|UPDATE|dependency_type",
    "tasks|INSERT|id,project_id,parent_task_id,title,description,status,priority,assignee_id,creator_id,due_date,estimated_hours,actual_hours,tags,metadata,created_at,updated_at,completed_at",
    "tasks|UPDATE|parent_task_id,title,description,status,priority,assignee_id,due_date,estimated_hours,actual_hours,tags,metadata,updated_at,completed_at",
    "user_profiles|INSERT|id,user_id,bio,location,website_url,social_links,preferences,created_at,updated_at",
    "user_profiles|UPDATE|bio,location,website_url,social_links,preferences,updated_at",
    "user_sessions|UPDATE|is_active",
    "users|UPDATE|username,first_name,last_name,avatar_url,updated_at",
];

fn the_rights_of_each_column(database: &Database) {
    let mut owner = seeded(database);
    assert_eq!(
        owner.rows(
            "select table_name, privilege_type, string_agg(column_name, ',' order by ordinal_position)
             from information_schema.column_privileges join information_schema.columns using (table_schema, table_name, column_name)
             where table_schema = 'dafnck' and grantee = 'application_role' and privilege_type <> 'SELECT'
             group by 1, 2 order by 1, 2"
        ),
        WRITTEN
    );
    assert_eq!(
        owner.rows(
            "select table_name || '.' || column_name from information_schema.columns
             where table_schema = 'dafnck' and table_name = any ('{users,user_sessions,user_profiles,accounts,account_sessions,user_names}')
                 and not has_column_privilege('application_role', format('dafnck.%I', table_name), column_name, 'select')
             order by 1"
        ),
        [
            "user_sessions.refresh_token",
            "user_sessions.session_token",
            "users.password_hash"
        ]
    );
    assert_eq!(
        owner.rows(
            "select table_name, string_agg(privilege_type, ',' order by privilege_type)
             from information_schema.table_privileges where table_schema = 'dafnck' and grantee = 'application_role'
             group by 1 order by 1"
        ),
        [
            "account_sessions|DELETE,SELECT",
            "accounts|SELECT",
            "audit_log|SELECT",
            "document_versions|SELECT",
            "documents|DELETE,SELECT",
            "file_attachments|DELETE,SELECT",
            "project_members|DELETE,SELECT",
            "projects|DELETE,SELECT",
            "task_dependencies|DELETE,INSERT,SELECT",
            "tasks|DELETE,SELECT",
            "user_names|SELECT",
            "user_profiles|DELETE,SELECT",
            "user_sessions|DELETE",
        ]
    );
}

/// Not for the owner of the account, either.
fn no_secret_comes_out(database: &Database) {
    let mut owner = seeded(database);
    let mut emil = acting(database, EMIL);
    for query in [
        "select * from users",
        "select users from users",
        "select to_jsonb(u) from users as u",
        "select password_hash from users",
        "select id from users where password_hash = '!'",
        "select id from users order by password_hash",
        "select count(password_hash) from users",
        "update users set first_name = password_hash",
        "update users set first_name = 'E' returning password_hash",
        "select u.* from users as u join project_members as m on m.user_id = u.id",
        "copy users to stdout",
        "copy users (password_hash) to stdout",
        "select * from user_sessions",
        "select session_token from user_sessions",
        "select id from user_sessions where refresh_token like 'n%'",
        "delete from user_sessions where session_token = 'x'",
        "delete from user_sessions returning refresh_token",
        "copy user_sessions to stdout",
        "select * from users for update",
        "truncate user_sessions",
    ] {
        assert_eq!(emil.sqlstate(query), "42501", "{query}");
    }
    // The control: for those columns alone.
    assert_eq!(
        emil.value("select username, email_verified from users"),
        "emil.strand|t"
    );
    owner.run("grant select (password_hash) on users to application_role");
    assert_eq!(emil.value("select password_hash from users"), "!");
}

fn views_show_the_rest(database: &Database) {
    drop(seeded(database));
    let mut emil = acting(database, EMIL);
    let account = emil.value("select * from accounts");
    assert!(
        account.contains("emil.strand@example.com") && !account.contains('!'),
        "{account}"
    );
    let session = emil.value("select * from account_sessions");
    assert!(
        session.contains("Chromium") && !session.contains("not a token"),
        "{session}"
    );
    emil.run(
        "update accounts set first_name = 'E.', updated_at = now(); update account_sessions set is_active = false",
    );
    assert_eq!(
        emil.value("select u.first_name, s.is_active from users as u join user_sessions as s on s.user_id = u.id"),
        "E.|f"
    );
    for statement in [
        "insert into accounts (email, username) values ('n@example.com', 'new')",
        "delete from accounts",
        "update accounts set status = 'deleted'",
        "update account_sessions set expires_at = 'infinity'",
    ] {
        assert_eq!(emil.sqlstate(statement), "42501", "{statement}");
    }
}

fn nobody_raises_their_own_rights(database: &Database) {
    drop(seeded(database));
    // An admin, who manages members and settings.
    let mut emil = acting(database, EMIL);
    for statement in [
        "update users set status = 'active'",
        "update users set email_verified = true",
        "update users set email = 'noor.haddad@example.org'",
        "update users set metadata = '{\"admin\": true}'",
        "update users set last_login_at = now()",
        "update users set id = gen_random_uuid()",
        "update projects set owner_id = steward.current_user_uuid()",
        "update projects set id = gen_random_uuid()",
        "update project_members set user_id = steward.current_user_uuid()",
        "update project_members set project_id = project_id",
        "update tasks set project_id = project_id",
        "update tasks set creator_id = creator_id",
        "update documents set author_id = author_id",
        "update documents set project_id = project_id",
        "update file_attachments set storage_path = 'files/of/others'",
        "update file_attachments set entity_id = entity_id",
        "update file_attachments set uploader_id = uploader_id",
        "update user_sessions set expires_at = 'infinity'",
        "update user_sessions set user_id = user_id",
        "update user_sessions set is_active = true",
        "update user_profiles set user_id = user_id",
        // Nobody is made an owner.
        "update project_members set role = 'owner' where role = 'member'",
        "insert into project_members (project_id, user_id, role)
             select id, 'd7e9323d-634d-5bff-94c5-2ddafe936b46', 'owner' from projects where status = 'active'",
        "insert into project_members (project_id, user_id, role)
             select id, 'd7e9323d-634d-5bff-94c5-2ddafe936b46', null from projects where status = 'active'",
    ] {
        assert_eq!(emil.sqlstate(statement), "42501", "{statement}");
    }
    let roles = "select role, permissions from project_members where user_id = steward.current_user_uuid() order by role";
    let before = emil.rows(roles);
    emil.run(
        "update project_members set role = 'admin', permissions = '{\"everything\": true}'
         where user_id = steward.current_user_uuid()",
    );
    assert_eq!(emil.rows(roles), before);
    // Of others it can be said, and of others alone.
    let changed = |session: &mut Session| {
        session.rows(
            "update project_members set role = 'viewer' where user_id <> steward.current_user_uuid() returning role",
        )
    };
    assert_eq!(changed(&mut emil), ["viewer"; 3]);
    let mut noor = acting(database, NOOR);
    assert_eq!(changed(&mut noor), ["viewer"; 4]);
}

fn what_rules_write_is_theirs(database: &Database) {
    drop(seeded(database));
    let mut noor = acting(database, NOOR);
    for statement in [
        "update projects set progress = 100",
        "insert into projects (name, owner_id, progress) values ('p', steward.current_user_uuid(), 7)",
        "update documents set version = 7",
        "insert into document_versions select * from document_versions",
        "update document_versions set author_id = steward.current_user_uuid()",
        "delete from document_versions",
        "select * from task_dependencies_rank",
        "delete from tasks_readiness",
        "update tasks_progress set done = 7",
        "select * from tasks_parents_rank",
        "delete from audit_log",
        "insert into audit_log select * from audit_log",
        "select * from audit_log_seals",
        "select nextval('audit_log_sequence_seq')",
        "alter table tasks disable row level security",
        "drop policy tasks_select_policy on tasks",
        "create policy mine on tasks using (true)",
        "alter table tasks disable trigger all",
        "select steward.detach('tasks', 'audit')",
        "create table dafnck.mine ()",
        "set row_security = off; select * from tasks",
    ] {
        assert_eq!(noor.sqlstate(statement), "42501", "{statement}");
        noor.run("reset row_security");
    }
}

/// Whoever adds one says who may use it.
fn a_later_column_is_nobodys(database: &Database) {
    let mut owner = seeded(database);
    owner.run("alter table users add column recovery_code text; alter table projects add column budget numeric");
    let mut noor = acting(database, NOOR);
    assert_eq!(noor.sqlstate("select recovery_code from users"), "42501");
    assert_eq!(noor.sqlstate("update projects set budget = 1"), "42501");
}
