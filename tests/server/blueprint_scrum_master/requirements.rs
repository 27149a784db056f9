//! What Scrum Master's document asks for, as data, compared with the catalogs.

use steward_tests::{Database, Session, tests};

use super::migrated;
use crate::blueprints::requirements::{Columns, assert_columns, columns_of, constraints, indexes};

tests![
    tables_and_columns,
    keys_and_foreign_keys,
    checks_exist_once,
    roles_are_the_same_list,
    the_documents_indexes_and_those_of_its_queries,
    triggers_and_functions,
];

/// What the document does not have is below, apart.
const COLUMNS: &[Columns<'_>] = &[
    (
        "users",
        &[
            "id integer not null nextval('users_id_seq'::regclass)",
            "github_id character varying(50) not null",
            "username character varying(100) not null",
            "email character varying(255)",
            "avatar_url character varying(500)",
            "role character varying(50) not null",
            "is_active boolean true",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
        ],
    ),
    (
        "tasks",
        &[
            "id integer not null nextval('tasks_id_seq'::regclass)",
            "title character varying(200) not null",
            "description text not null",
            "status character varying(20) not null 'todo'::character varying",
            "assigned_role character varying(50) not null",
            "assigned_user_id integer",
            "start_date timestamp with time zone not null",
            "end_date timestamp with time zone not null",
            "completed_at timestamp with time zone",
            "is_delayed boolean false",
            "epic_id character varying(50)",
            "story_id character varying(50)",
            "priority integer 0",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
        ],
    ),
    (
        "notifications",
        &[
            "id integer not null nextval('notifications_id_seq'::regclass)",
            "user_id integer not null",
            "type character varying(50) not null",
            "title character varying(200) not null",
            "message text not null",
            "related_task_id integer",
            "is_read boolean false",
            "created_at timestamp with time zone now()",
            "read_at timestamp with time zone",
        ],
    ),
    (
        "chat_messages",
        &[
            "id integer not null nextval('chat_messages_id_seq'::regclass)",
            "sender_id integer not null",
            "recipient_id integer",
            "message text not null",
            "message_type character varying(20) 'text'::character varying",
            "channel character varying(50) 'general'::character varying",
            "is_edited boolean false",
            "edited_at timestamp with time zone",
            "created_at timestamp with time zone now()",
        ],
    ),
    (
        "triage_items",
        &[
            "id integer not null nextval('triage_items_id_seq'::regclass)",
            "reporter_id integer not null",
            "title character varying(200) not null",
            "description text not null",
            "status character varying(20) 'pending'::character varying",
            "assigned_to integer",
            "priority character varying(10) 'medium'::character varying",
            "category character varying(50) 'issue'::character varying",
            "resolution text",
            "resolved_at timestamp with time zone",
            "created_at timestamp with time zone now()",
            "updated_at timestamp with time zone now()",
        ],
    ),
];

/// The deviations that the blueprint's page gives reasons for.
const ADDED_COLUMNS: &[Columns<'_>] = &[
    (
        "tasks",
        &[
            "created_by integer \nCASE\n    WHEN ((steward.current_user_bigint() >= 1) AND \
             (steward.current_user_bigint() <= 2147483647)) THEN steward.current_user_bigint()\n    ELSE NULL::bigint\nEND",
        ],
    ),
    ("chat_messages", &["reply_to_id integer"]),
    (
        "chat_message_edits",
        &[
            "id integer not null nextval('chat_message_edits_id_seq'::regclass)",
            "message_id integer not null",
            "old_message text not null",
            "edited_at timestamp with time zone not null now()",
        ],
    ),
    (
        "tasks_readiness",
        &[
            "task integer not null",
            "state smallint not null",
            "open_blockers integer not null",
            "is_ready boolean not null",
            "claimed_by text",
            "claim_token bigint not null",
            "claimed_until timestamp with time zone",
            "priority integer",
            "due timestamp with time zone",
        ],
    ),
    (
        "user_accounts",
        &[
            "id integer",
            "github_id character varying(50)",
            "role character varying(50)",
            "is_active boolean",
        ],
    ),
    (
        "user_names",
        &[
            "id integer",
            "username character varying(100)",
            "avatar_url character varying(500)",
            "role character varying(50)",
            "is_active boolean",
        ],
    ),
    (
        "triage_items_readiness",
        &[
            "task integer not null",
            "state smallint not null",
            "open_blockers integer not null",
            "is_ready boolean not null",
            "claimed_by text",
            "claim_token bigint not null",
            "claimed_until timestamp with time zone",
            "priority character varying(10)",
        ],
    ),
];

fn tables_and_columns(database: &Database) {
    let mut session = migrated(database);
    assert_columns(
        &mut session,
        COLUMNS,
        ADDED_COLUMNS,
        &[
            "chat_message_edits_id_seq",
            "chat_messages_id_seq",
            "notifications_id_seq",
            "tasks_id_seq",
            "tasks_readiness_claim_token_seq",
            "triage_items_id_seq",
            "triage_items_readiness_claim_token_seq",
            "users_id_seq",
        ],
    );
    // The control: a column of another type is a difference.
    session.run("alter table users alter email type text");
    assert_ne!(columns_of(&mut session, "users"), COLUMNS[0].1);
}

/// Table and definition of every primary key, unique constraint and foreign key.
const KEYS: &[&str] = &[
    "chat_message_edits|FOREIGN KEY (message_id) REFERENCES chat_messages(id) ON UPDATE CASCADE ON DELETE CASCADE",
    "chat_message_edits|PRIMARY KEY (id)",
    "chat_messages|FOREIGN KEY (recipient_id) REFERENCES users(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "chat_messages|FOREIGN KEY (reply_to_id) REFERENCES chat_messages(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "chat_messages|FOREIGN KEY (sender_id) REFERENCES users(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "chat_messages|PRIMARY KEY (id)",
    "notifications|FOREIGN KEY (related_task_id) REFERENCES tasks(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "notifications|FOREIGN KEY (user_id) REFERENCES users(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "notifications|PRIMARY KEY (id)",
    "tasks|FOREIGN KEY (assigned_user_id) REFERENCES users(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "tasks|FOREIGN KEY (created_by) REFERENCES users(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "tasks|PRIMARY KEY (id)",
    "tasks_readiness|PRIMARY KEY (task)",
    "triage_items|FOREIGN KEY (assigned_to) REFERENCES users(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "triage_items|FOREIGN KEY (reporter_id) REFERENCES users(id) ON UPDATE CASCADE ON DELETE RESTRICT",
    "triage_items|PRIMARY KEY (id)",
    "triage_items_readiness|PRIMARY KEY (task)",
    "users|PRIMARY KEY (id)",
    "users|UNIQUE (github_id)",
];

fn keys_and_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(constraints(&mut session, "'p', 'u', 'f'"), KEYS);
}

/// The document's, those that it states twice under the names of the second time; then those that were added.
const CHECKS: &[&str] = &[
    "chat_messages_message_type_check",
    "triage_items_priority_check",
    "triage_items_status_check",
    "valid_date_range",
    "valid_notification_type",
    "valid_role",
    "valid_status",
];
const ADDED_CHECKS: &[&str] = &[
    "chat_messages_channel_check",
    "chat_messages_reply_to_id_check",
    "tasks_assigned_role_check",
    "triage_items_resolution_check",
];

fn checks_exist_once(database: &Database) {
    let mut session = migrated(database);
    let mut expected = [CHECKS, ADDED_CHECKS].concat();
    expected.sort_unstable();
    assert_eq!(
        session.rows(
            "select conname from pg_constraint
             where connamespace = 'scrum'::regnamespace and contype = 'c' order by conname collate \"C\""
        ),
        expected
    );
    let twice = "select conrelid::regclass, pg_get_constraintdef(oid) from pg_constraint
         where connamespace = 'scrum'::regnamespace and contype = 'c' group by 1, 2 having count(*) > 1";
    assert_eq!(session.rows(twice), [""; 0]);
    session.run("alter table tasks add constraint tasks_date_order check (end_date > start_date)");
    assert_eq!(session.rows(twice).len(), 1);
}

/// The labels that a check lists.
fn labels(session: &mut Session, check: &str) -> Vec<String> {
    session.rows(&format!(
        "select l[1] from pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''([^'']*)''', 'g') as l
         where connamespace = 'scrum'::regnamespace and conname = '{check}'"
    ))
}

fn roles_are_the_same_list(database: &Database) {
    let mut session = migrated(database);
    let roles = [
        "developer",
        "designer",
        "tester",
        "project_manager",
        "admin",
    ];
    assert_eq!(labels(&mut session, "valid_role"), roles);
    assert_eq!(labels(&mut session, "tasks_assigned_role_check"), roles);
}

const DOCUMENTED_INDEXES: &[&str] = &[
    "idx_chat_channel|chat_messages (channel)",
    "idx_chat_conversation|chat_messages (sender_id, recipient_id, created_at)",
    "idx_chat_created|chat_messages (created_at)",
    "idx_chat_recipient|chat_messages (recipient_id)",
    "idx_chat_sender|chat_messages (sender_id)",
    "idx_notifications_created|notifications (created_at)",
    "idx_notifications_task|notifications (related_task_id)",
    "idx_notifications_type|notifications (type)",
    "idx_notifications_user_unread|notifications (user_id, is_read) WHERE (is_read = false)",
    "idx_tasks_assigned_user|tasks (assigned_user_id)",
    "idx_tasks_dates|tasks (start_date, end_date)",
    "idx_tasks_delayed|tasks (is_delayed) WHERE (is_delayed = true)",
    "idx_tasks_epic|tasks (epic_id)",
    "idx_tasks_role_status|tasks (assigned_role, status)",
    "idx_tasks_status|tasks (status)",
    "idx_triage_assigned|triage_items (assigned_to)",
    "idx_triage_created|triage_items (created_at)",
    "idx_triage_priority|triage_items (priority)",
    "idx_triage_reporter|triage_items (reporter_id)",
    "idx_triage_status|triage_items (status)",
    "idx_users_active|users (is_active) WHERE (is_active = true)",
    "idx_users_github_id|users (github_id)",
    "idx_users_role|users (role)",
];

/// Of the tables in which the rules keep what they have to remember.
const SIDE_INDEXES: &[&str] = &[
    "tasks_readiness_leases|tasks_readiness (claimed_until)",
    "tasks_readiness_ready|tasks_readiness (is_ready, priority, due, task)",
    "triage_items_readiness_leases|triage_items_readiness (claimed_until)",
    "triage_items_readiness_ready|triage_items_readiness (is_ready, priority, task)",
];

/// The one that only its queries name, those of foreign keys and of a policy, and the one that finds what has become late.
const ADDED_INDEXES: &[&str] = &[
    "idx_chat_edited|chat_messages (id) WHERE is_edited",
    "idx_chat_message_edits_message|chat_message_edits (message_id, id)",
    "idx_chat_reply_to|chat_messages (reply_to_id)",
    "idx_notifications_user|notifications (user_id)",
    "idx_tasks_created_by|tasks (created_by)",
    "idx_tasks_due|tasks (end_date) WHERE ((is_delayed IS NOT TRUE) AND ((status)::text <> 'done'::text))",
    "idx_tasks_user_status|tasks (assigned_user_id, status, priority DESC, start_date)",
];

fn the_documents_indexes_and_those_of_its_queries(database: &Database) {
    let mut session = migrated(database);
    let mut expected = [DOCUMENTED_INDEXES, ADDED_INDEXES, SIDE_INDEXES].concat();
    expected.sort_unstable_by_key(|index| index.split('|').next());
    assert_eq!(indexes(&mut session), expected);
}

/// How the completion of tasks and of issues is tracked.
const TASKS: &str = "{id,status,done=done,completed_at=completed_at,priority=priority,due=end_date,title=title,highest_first,transitions,\
     from=done,to=in_progress,from=in_progress,to=todo,to=done,from=todo,to=in_progress}";
const ISSUES: &str = "{id,status,done=resolved,done=rejected,priority=priority,title=title,\
     priorities=critical,priorities=high,priorities=medium,priorities=low,transitions,\
     from=in_review,to=pending,to=resolved,to=rejected,from=pending,to=in_review,to=rejected,\
     from=rejected,to=in_review,from=resolved,to=in_review}";

fn triggers_and_functions(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(
        session.rows(
            "select target::text, capability, name, arguments, bound_table from steward.attachments
             where arguments <> '{}' order by 1, 2, 3"
        ),
        [
            "tasks|notices|steward_tell|{assigned=task_assigned,completed=task_completed,delayed=task_delayed,unblocked=system,\
             key=id,assignee=assigned_user_id,creator=created_by,title=title,status=status,flag=is_delayed,\
             user_column=user_id,type_column=type,title_column=title,message_column=message,task_column=related_task_id,\
             done=done}|notifications",
            &format!("tasks|tasks|steward_completion|{TASKS}|NULL"),
            &format!("tasks|tasks|steward_readiness|{TASKS}|tasks_readiness"),
            "tasks|timestamps|steward_updated_at|{updated_at}|NULL",
            &format!("triage_items|tasks|steward_completion|{ISSUES}|NULL"),
            &format!("triage_items|tasks|steward_readiness|{ISSUES}|triage_items_readiness"),
            "triage_items|timestamps|steward_updated_at|{updated_at}|NULL",
            "users|timestamps|steward_updated_at|{updated_at}|NULL",
        ]
    );
    // What works off a statement, before and after it.
    assert_eq!(
        session.rows("select target::text, capability, name from steward.attachments where arguments = '{}' order by 1, 2, 3"),
        [
            "tasks|notices|steward_tell_begin",
            "tasks|notices|steward_tell_flush",
            "tasks|tasks|steward_readiness_begin",
            "tasks|tasks|steward_readiness_end",
            "tasks|tasks|steward_readiness_truncate",
            "triage_items|tasks|steward_readiness_begin",
            "triage_items|tasks|steward_readiness_end",
            "triage_items|tasks|steward_readiness_truncate",
        ]
    );
    assert_eq!(
        session.rows(
            "select tgrelid::regclass::text, tgname, tgfoid::regproc from pg_trigger join pg_class as c on c.oid = tgrelid
             where relnamespace = 'scrum'::regnamespace and not tgisinternal and tgname !~ '^steward_'
             order by 1, tgname collate \"C\""
        ),
        [
            "chat_messages|keep_old_text|keep_old_text",
            "chat_messages|keep_thread_private|keep_thread_private",
            "chat_messages|leave_channel|leave_channel",
            "chat_messages|stamp_edit|stamp_edit",
            "notifications|stamp_reading|stamp_reading",
            "tasks|refuse_retired_assignee|refuse_retired_assignee",
            "tasks|refuse_retired_new_assignee|refuse_retired_assignee",
            "triage_items|refuse_retired_assignee|refuse_retired_assignee",
            "triage_items|refuse_retired_new_assignee|refuse_retired_assignee",
            "triage_items|report_issue|report_issue",
            "triage_items|report_issue_to_assignee|report_issue",
            "triage_items|stamp_resolution|stamp_resolution",
            "users|0_explain_kept_user|explain_kept_user",
        ]
    );
    // What acts with the owner's rights is nobody else's to attach, and what a path could redirect has its own.
    assert_eq!(
        session.rows(
            "select proname from pg_proc where pronamespace = 'scrum'::regnamespace and prosecdef
                 and not has_function_privilege('writer', oid, 'execute') order by 1"
        ),
        [
            "explain_kept_user",
            "is_current_user_active",
            "keep_old_text",
            "keep_thread_private",
            "refuse_retired_assignee",
            "report_issue",
            "role_of_current_user",
            "sign_in",
        ]
    );
    let unpinned = "select proname from pg_proc where pronamespace = 'scrum'::regnamespace and prosqlbody is null
         and proconfig is distinct from '{\"search_path=pg_catalog, pg_temp\"}' or prosecdef
         and pronamespace = 'scrum'::regnamespace and has_function_privilege('writer', oid, 'execute') order by 1";
    assert_eq!(session.rows(unpinned), [""; 0]);
    session.run(
        "grant execute on function keep_old_text() to public; alter function stamp_edit() reset all",
    );
    assert_eq!(session.rows(unpinned), ["keep_old_text", "stamp_edit"]);
}
