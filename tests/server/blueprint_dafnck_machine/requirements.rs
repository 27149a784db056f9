//! What DafnckMachine's document asks for, as data, compared with the catalogs.

use steward_tests::{Database, Session, tests};

use super::columns::{ADDED, DOCUMENTED};
use super::migrated;
use crate::blueprints::requirements::{assert_columns, columns_of, constraints, indexes};

tests![
    tables_and_columns,
    keys_and_foreign_keys,
    constraints_have_the_names_of_the_document,
    no_constraint_is_there_twice,
    the_documents_indexes_and_those_of_foreign_keys,
    enums,
    functions,
    triggers,
    what_is_attached,
];

fn tables_and_columns(database: &Database) {
    let mut session = migrated(database);
    assert_columns(
        &mut session,
        DOCUMENTED,
        ADDED,
        &[
            "audit_log_sequence_seq",
            "task_dependencies_rank_rank_seq",
            "tasks_parents_rank_rank_seq",
            "tasks_readiness_claim_token_seq",
        ],
    );
    // The control: a column of another type is a difference.
    session.run("alter table tasks alter actual_hours type bigint");
    assert_ne!(columns_of(&mut session, "tasks"), DOCUMENTED[5].1);
}

/// Table and definition of every primary key, unique constraint and foreign key.
const KEYS: &[&str] = &[
    "document_versions|FOREIGN KEY (author_id) REFERENCES users(id)",
    "document_versions|FOREIGN KEY (document_id) REFERENCES documents(id) ON DELETE CASCADE",
    "document_versions|PRIMARY KEY (id)",
    "document_versions|UNIQUE (document_id, version_number)",
    "documents|FOREIGN KEY (author_id) REFERENCES users(id)",
    "documents|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "documents|PRIMARY KEY (id)",
    // The page's deviation 2.
    "file_attachments|FOREIGN KEY (document_id) REFERENCES documents(id) ON DELETE CASCADE",
    "file_attachments|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "file_attachments|FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE",
    "file_attachments|FOREIGN KEY (uploader_id) REFERENCES users(id)",
    "file_attachments|PRIMARY KEY (id)",
    "project_members|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "project_members|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "project_members|PRIMARY KEY (id)",
    "project_members|UNIQUE (project_id, user_id)",
    "projects|FOREIGN KEY (owner_id) REFERENCES users(id)",
    "projects|PRIMARY KEY (id)",
    "task_dependencies|FOREIGN KEY (depends_on_task_id) REFERENCES tasks(id) ON DELETE CASCADE",
    "task_dependencies|FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE",
    "task_dependencies|PRIMARY KEY (id)",
    "task_dependencies|UNIQUE (task_id, depends_on_task_id)",
    "task_dependencies_rank|PRIMARY KEY (node)",
    "tasks|FOREIGN KEY (assignee_id) REFERENCES users(id)",
    "tasks|FOREIGN KEY (creator_id) REFERENCES users(id)",
    "tasks|FOREIGN KEY (parent_task_id) REFERENCES tasks(id)",
    "tasks|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "tasks|PRIMARY KEY (id)",
    "tasks_parents_rank|PRIMARY KEY (node)",
    "tasks_progress|PRIMARY KEY (parent)",
    "tasks_readiness|PRIMARY KEY (task)",
    "user_profiles|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "user_profiles|PRIMARY KEY (id)",
    "user_sessions|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "user_sessions|PRIMARY KEY (id)",
    "user_sessions|UNIQUE (refresh_token)",
    "user_sessions|UNIQUE (session_token)",
    "users|PRIMARY KEY (id)",
    "users|UNIQUE (email)",
    "users|UNIQUE (username)",
];

fn keys_and_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    let mut found = constraints(&mut session, "'p', 'u', 'f'");
    let mut expected = KEYS.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// What the document adds with ALTER TABLE, as the server writes it.
const NAMED: &[&str] = &[
    "chk_actual_hours_positive|tasks|CHECK (((actual_hours IS NULL) OR (actual_hours > 0)))",
    "chk_due_date_future|tasks|CHECK (((due_date IS NULL) OR (due_date > created_at)))",
    r"chk_email_format|users|CHECK (((email)::text ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$'::text))",
    "chk_estimated_hours_positive|tasks|CHECK (((estimated_hours IS NULL) OR (estimated_hours > 0)))",
    "chk_file_size_positive|file_attachments|CHECK ((file_size > 0))",
    "chk_filename_not_empty|file_attachments|CHECK ((char_length((filename)::text) > 0))",
    "chk_no_self_dependency|task_dependencies|CHECK ((task_id <> depends_on_task_id))",
    "chk_username_length|users|CHECK (((char_length((username)::text) >= 3) AND (char_length((username)::text) <= 50)))",
    // The list in the comment beside the column.
    "file_attachments_entity_type_check|file_attachments|CHECK (((entity_type)::text = ANY (ARRAY['task'::text, 'document'::text, 'project'::text])))",
    "fk_project_members_project_id|project_members|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "fk_project_members_user_id|project_members|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "fk_user_profiles_user_id|user_profiles|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    // The page's deviation 13.
    "projects_progress_check|projects|CHECK (((progress >= 0) AND (progress <= 100)))",
];

fn constraints_have_the_names_of_the_document(database: &Database) {
    assert_eq!(
        migrated(database).rows(
            "select conname, conrelid::regclass, pg_get_constraintdef(oid) from pg_constraint
             where connamespace = current_schema()::regnamespace and (contype = 'c' or conname ~ '^(chk|fk)_')
             order by conname collate \"C\""
        ),
        NAMED
    );
}

/// The document's second statement of a foreign key makes no second one.
fn no_constraint_is_there_twice(database: &Database) {
    let mut session = migrated(database);
    let twice = "select conrelid::regclass, pg_get_constraintdef(oid) from pg_constraint
         where connamespace = current_schema()::regnamespace and contype <> 't' and conparentid = 0
         group by 1, 2 having count(*) > 1";
    assert_eq!(session.rows(twice), [""; 0]);
    session.run(
        "alter table user_profiles add foreign key (user_id) references users (id) on delete cascade",
    );
    assert_eq!(session.rows(twice).len(), 1);
}

const DOCUMENTED_INDEXES: &[&str] = &[
    "idx_documents_author_id|documents (author_id)",
    "idx_documents_created_at|documents (created_at)",
    "idx_documents_metadata_gin|documents USING gin (metadata)",
    "idx_documents_project_id|documents (project_id)",
    "idx_documents_project_status|documents (project_id, status)",
    "idx_documents_status|documents (status)",
    "idx_project_members_project_role|project_members (project_id, role)",
    "idx_project_settings_theme|projects USING gin (((settings -> 'theme'::text)))",
    "idx_projects_created_at|projects (created_at)",
    "idx_projects_owner_id|projects (owner_id)",
    "idx_projects_settings_gin|projects USING gin (settings)",
    "idx_projects_status|projects (status)",
    "idx_tasks_assignee_id|tasks (assignee_id)",
    "idx_tasks_assignee_status|tasks (assignee_id, status)",
    "idx_tasks_due_date|tasks (due_date)",
    "idx_tasks_metadata_gin|tasks USING gin (metadata)",
    "idx_tasks_parent_task_id|tasks (parent_task_id)",
    "idx_tasks_priority|tasks (priority)",
    "idx_tasks_project_id|tasks (project_id)",
    "idx_tasks_project_priority|tasks (project_id, priority)",
    "idx_tasks_project_status|tasks (project_id, status)",
    "idx_tasks_status|tasks (status)",
    "idx_user_preferences|user_profiles USING gin (preferences)",
    "idx_user_sessions_expires_at|user_sessions (expires_at)",
    "idx_user_sessions_token|user_sessions (session_token)",
    "idx_user_sessions_user_active|user_sessions (user_id, is_active)",
    "idx_user_sessions_user_id|user_sessions (user_id)",
    "idx_users_created_at|users (created_at)",
    "idx_users_email|users (email)",
    "idx_users_metadata_gin|users USING gin (metadata)",
    "idx_users_status|users (status)",
    "idx_users_username|users (username)",
];

/// For foreign keys, the search for an entity's attachments, that for what is ready, and a policy.
const ADDED_INDEXES: &[&str] = &[
    "idx_document_versions_author_id|document_versions (author_id)",
    "idx_file_attachments_document_id|file_attachments (document_id)",
    "idx_file_attachments_entity|file_attachments (entity_type, entity_id)",
    "idx_file_attachments_project_id|file_attachments (project_id)",
    "idx_file_attachments_task_id|file_attachments (task_id)",
    "idx_file_attachments_uploader_id|file_attachments (uploader_id)",
    "idx_project_members_user_id|project_members (user_id)",
    "idx_projects_visibility|projects (visibility)",
    "idx_task_dependencies_depends_on_task_id|task_dependencies (depends_on_task_id)",
    "idx_tasks_creator_id|tasks (creator_id)",
    "idx_user_profiles_user_id|user_profiles (user_id)",
    "tasks_readiness_leases|tasks_readiness (claimed_until)",
    "tasks_readiness_ready|tasks_readiness (is_ready, priority, due, task)",
];

fn the_documents_indexes_and_those_of_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    let mut expected = [DOCUMENTED_INDEXES, ADDED_INDEXES].concat();
    expected.sort_unstable();
    let mut found = indexes(&mut session);
    found.sort_unstable();
    assert_eq!(found, expected);
    session.run("drop index idx_project_settings_theme");
    assert_ne!(indexes(&mut session).len(), expected.len());
}

fn enums(database: &Database) {
    assert_eq!(
        migrated(database).rows(
            "select enumtypid::regtype, string_agg(enumlabel, ', ' order by enumsortorder)
             from pg_enum group by enumtypid order by enumtypid::regtype::text"
        ),
        [
            "dependency_type|blocks, relates_to, duplicates, subtask_of",
            "document_status|draft, review, published, archived",
            "project_role|owner, admin, member, viewer",
            "project_status|active, completed, archived, cancelled",
            "project_visibility|private, internal, public",
            "task_priority|low, medium, high, urgent",
            "task_status|pending, in_progress, review, done, cancelled, blocked",
            "user_status|active, inactive, suspended, deleted",
        ]
    );
}

/// Name, result, whether it runs with its owner's rights, whether PUBLIC may call it, and its path.
const FUNCTIONS: &[&str] = &[
    "active_user_id()|uuid|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "audit_trigger_function()|trigger|f|t|{\"search_path=pg_catalog, pg_temp\"}",
    "change_password(text,text)|boolean|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    // With the rights of whoever writes a task.
    "check_parent_task()|trigger|f|t|{\"search_path=pg_catalog, pg_temp\"}",
    // Bound to the table when it was made.
    "complete_task(uuid)|void|f|t|NULL",
    "hand_over_project(uuid,uuid)|boolean|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "is_deleted_later(bigint,bigint,text)|boolean|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "number_document_version()|trigger|f|t|{\"search_path=pg_catalog, pg_temp\"}",
    "password_salt(text)|text|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "projects_of_current_user(project_role)|uuid|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "projects_readable_by_current_user()|uuid|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "record_document_version()|trigger|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "renew_session(text,text,text,interval)|uuid|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "resume_session(text)|uuid|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "sign_in(text,text,text,text,interval,inet,text)|uuid|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "sign_up(text,text,text,text,text)|uuid|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "stamp_archived_at()|trigger|f|t|{\"search_path=pg_catalog, pg_temp\"}",
    "stamp_last_login_at()|trigger|t|f|{\"search_path=pg_catalog, pg_temp\"}",
    "stamp_published_at()|trigger|f|t|{\"search_path=pg_catalog, pg_temp\"}",
    "state_subtask()|trigger|t|f|{\"search_path=pg_catalog, pg_temp\"}",
];

fn functions(database: &Database) {
    let mut session = migrated(database);
    let query = "select oid::regprocedure, prorettype::regtype, prosecdef,
             has_function_privilege('stranger', oid, 'execute'), proconfig from pg_proc
         where pronamespace = current_schema()::regnamespace order by proname";
    assert_eq!(session.rows(query), FUNCTIONS);
    assert_eq!(
        session.rows(
            "select proname from pg_proc where pronamespace = current_schema()::regnamespace
                 and proconfig is null and prosqlbody is null"
        ),
        [""; 0],
        "a body that is looked up anew has a path of its own"
    );
}

/// Those of the blueprint's own functions.
fn triggers(database: &Database) {
    assert_eq!(
        migrated(database).rows(
            "select tgrelid::regclass, tgname, tgfoid::regproc, tgenabled from pg_trigger join pg_proc on pg_proc.oid = tgfoid
             where pronamespace = current_schema()::regnamespace order by tgname"
        ),
        [
            "documents|documents_published_at_trigger|stamp_published_at|O",
            "documents|documents_record_version_trigger|record_document_version|O",
            "documents|documents_version_trigger|number_document_version|O",
            "projects|projects_archived_at_trigger|stamp_archived_at|O",
            "tasks|tasks_parent_access_insert_trigger|check_parent_task|O",
            "tasks|tasks_parent_access_update_trigger|check_parent_task|O",
            "user_sessions|user_sessions_last_login_at_trigger|stamp_last_login_at|O",
        ]
    );
}

/// What is audited, with the choices made for it.
const AUDITED: &[(&str, &str)] = &[
    (
        "users",
        "{ignore=updated_at,ignore=last_login_at,redact=password_hash}",
    ),
    ("projects", "{ignore=updated_at,ignore=progress}"),
    ("project_members", "{}"),
    ("tasks", "{ignore=updated_at}"),
    ("documents", "{ignore=updated_at}"),
];

/// What keeps the completion of tasks, and the progress of projects.
const TRACKED: &[&str] = &[
    "task_dependencies|tasks|steward_readiness_begin|{}|NULL|origin",
    "task_dependencies|tasks|steward_readiness_edges|{task_id,depends_on_task_id,kind=dependency_type,blocking=blocks,reversed=subtask_of}|tasks_readiness|origin",
    "task_dependencies|tasks|steward_readiness_end|{}|NULL|origin",
    "task_dependencies|tasks|steward_readiness_truncate|{}|NULL|origin",
    "tasks|progress|steward_roll_up_begin|{}|NULL|origin",
    "tasks|progress|steward_roll_up_flush|{}|NULL|origin",
    "tasks|progress|steward_roll_up_into|{parent=project_id,key=id,progress=progress,status=status,done=done,cancelled=cancelled,empty=0}|projects|origin",
    "tasks|progress|steward_roll_up_truncate|{}|NULL|origin",
    "tasks|progress|steward_roll_up|{parent=project_id,key=id,progress=progress,status=status,done=done,cancelled=cancelled,empty=0}|tasks_progress|origin",
    "tasks|tasks|steward_completion|{id,status,done=done,cancelled=cancelled,completed_at=completed_at,priority=priority,due=due_date,title=title,priorities=urgent,priorities=high,priorities=medium,priorities=low}|NULL|origin",
    "tasks|tasks|steward_readiness_begin|{}|NULL|origin",
    "tasks|tasks|steward_readiness_end|{}|NULL|origin",
    "tasks|tasks|steward_readiness_truncate|{}|NULL|origin",
    "tasks|tasks|steward_readiness|{id,status,done=done,cancelled=cancelled,completed_at=completed_at,priority=priority,due=due_date,title=title,priorities=urgent,priorities=high,priorities=medium,priorities=low}|tasks_readiness|origin",
];

fn attached(session: &mut Session) -> Vec<String> {
    let mut found =
        session.rows("select target::text, capability, name, arguments, bound_table, enabled from steward.attachments");
    found.sort_unstable();
    found
}

fn what_is_attached(database: &Database) {
    let mut session = migrated(database);
    let mut expected: Vec<_> = DOCUMENTED
        .iter()
        .filter(|(_, columns)| {
            columns
                .iter()
                .any(|column| column.starts_with("updated_at "))
        })
        .map(|(table, _)| {
            format!("{table}|timestamps|{table}_updated_at_trigger|{{updated_at}}|NULL|origin")
        })
        .collect();
    assert_eq!(expected.len(), 5);
    expected.push("task_dependencies|dependencies|steward_dependencies|{task_id,depends_on_task_id,kind=dependency_type,blocking=blocks,reversed=subtask_of}|task_dependencies_rank|origin".to_owned());
    expected.push(
        "tasks|dependencies|steward_parents|{id,parent_task_id}|tasks_parents_rank|origin"
            .to_owned(),
    );
    expected.extend(TRACKED.iter().map(|&attached| attached.to_owned()));
    for (table, choice) in AUDITED {
        expected.push(format!(
            "{table}|audit|steward_audit|{choice}|audit_log|origin"
        ));
        expected.push(format!(
            "{table}|audit|steward_audit_truncate|{choice}|NULL|origin"
        ));
    }
    expected.sort_unstable();
    assert_eq!(attached(&mut session), expected);
}
