//! What New Fuse's document asks for, as data, compared with the catalogs.

use steward_tests::{Database, tests};

use super::migrated;
use crate::blueprints::requirements::{Columns, assert_columns, columns_of, constraints, indexes};

tests![
    tables_and_columns,
    keys_and_foreign_keys,
    the_documents_indexes_and_those_of_foreign_keys,
    triggers_and_functions,
];

/// What the document does not have is below, apart.
const COLUMNS: &[Columns<'_>] = &[
    (
        "users",
        &[
            "id uuid not null gen_random_uuid()",
            "username character varying(255) not null",
            "email character varying(255) not null",
            "password_hash character varying(255) not null",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
            "last_login timestamp with time zone",
            "status character varying(50) 'active'::character varying",
            "role character varying(50) 'user'::character varying",
        ],
    ),
    (
        "tasks",
        &[
            "id uuid not null gen_random_uuid()",
            "title character varying(255) not null",
            "description text",
            "status character varying(50) 'pending'::character varying",
            "priority integer 0",
            "created_by uuid",
            "assigned_to uuid",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
            "completed_at timestamp with time zone",
            "due_date timestamp with time zone",
        ],
    ),
    (
        "messages",
        &[
            "id uuid not null gen_random_uuid()",
            "content text not null",
            "sender_id uuid",
            "task_id uuid",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
            "type character varying(50) 'text'::character varying",
            "status character varying(50) 'sent'::character varying",
        ],
    ),
    (
        "attachments",
        &[
            "id uuid not null gen_random_uuid()",
            "filename character varying(255) not null",
            "file_path character varying(512) not null",
            "mime_type character varying(255)",
            "size_bytes bigint",
            "message_id uuid",
            "task_id uuid",
            "uploaded_by uuid",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "features",
        &[
            "id uuid not null gen_random_uuid()",
            "name character varying(255) not null",
            "description text not null",
            "current_stage character varying(50) not null",
            "start_time timestamp with time zone now()",
            "last_updated timestamp with time zone now()",
            "completion_percentage double precision 0",
            "estimated_completion timestamp with time zone",
        ],
    ),
    (
        "code_metrics",
        &[
            "id uuid not null gen_random_uuid()",
            "feature_id uuid",
            "lines_of_code integer 0",
            "tokens_used integer 0",
            "test_coverage double precision",
            "modified_files text[]",
            "new_files text[]",
        ],
    ),
    (
        "stage_transitions",
        &[
            "id uuid not null gen_random_uuid()",
            "feature_id uuid",
            "from_stage character varying(50)",
            "to_stage character varying(50) not null",
            "timestamp timestamp with time zone now()",
            "duration bigint",
        ],
    ),
];

/// The deviations that the blueprint's page gives reasons for.
const ADDED_COLUMNS: &[Columns<'_>] = &[
    ("tasks", &["feature_id uuid"]),
    (
        "feature_dependencies",
        &[
            "feature_id uuid not null",
            "depends_on uuid not null",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "feature_dependencies_rank",
        &["node uuid not null", "rank bigint not null"],
    ),
    (
        "tasks_readiness",
        &[
            "task uuid not null",
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
        "tasks_progress",
        &[
            "parent uuid not null",
            "done bigint not null",
            "total bigint not null",
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
            "feature_dependencies_rank_rank_seq",
            "tasks_readiness_claim_token_seq",
        ],
    );
    // The control: a column of another type is a difference.
    session.run("alter table messages alter type type text");
    assert_ne!(columns_of(&mut session, "messages"), COLUMNS[2].1);
}

/// Table and definition of every primary key, unique constraint and foreign key.
const KEYS: &[&str] = &[
    "attachments|FOREIGN KEY (message_id) REFERENCES messages(id) ON DELETE CASCADE",
    "attachments|FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE",
    "attachments|FOREIGN KEY (uploaded_by) REFERENCES users(id) ON DELETE RESTRICT",
    "attachments|PRIMARY KEY (id)",
    "code_metrics|FOREIGN KEY (feature_id) REFERENCES features(id) ON DELETE CASCADE",
    "code_metrics|PRIMARY KEY (id)",
    "code_metrics|UNIQUE (feature_id)",
    "feature_dependencies|FOREIGN KEY (depends_on) REFERENCES features(id) ON DELETE CASCADE",
    "feature_dependencies|FOREIGN KEY (feature_id) REFERENCES features(id) ON DELETE CASCADE",
    "feature_dependencies|PRIMARY KEY (feature_id, depends_on)",
    "feature_dependencies_rank|PRIMARY KEY (node)",
    "features|PRIMARY KEY (id)",
    "messages|FOREIGN KEY (sender_id) REFERENCES users(id) ON DELETE RESTRICT",
    "messages|FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE",
    "messages|PRIMARY KEY (id)",
    "stage_transitions|FOREIGN KEY (feature_id) REFERENCES features(id) ON DELETE CASCADE",
    "stage_transitions|PRIMARY KEY (id)",
    "tasks|FOREIGN KEY (assigned_to) REFERENCES users(id) ON DELETE SET NULL",
    "tasks|FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE RESTRICT",
    "tasks|FOREIGN KEY (feature_id) REFERENCES features(id) ON DELETE SET NULL",
    "tasks|PRIMARY KEY (id)",
    "tasks_progress|PRIMARY KEY (parent)",
    "tasks_readiness|PRIMARY KEY (task)",
    "users|PRIMARY KEY (id)",
    "users|UNIQUE (email)",
    "users|UNIQUE (username)",
];

fn keys_and_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(constraints(&mut session, "'p', 'u', 'f'"), KEYS);
}

/// The document's indexes, and those that it lacks for its foreign keys.
const INDEXES: &[&str] = &[
    "idx_attachments_message|attachments (message_id)",
    "idx_attachments_task|attachments (task_id)",
    "idx_attachments_uploaded_by|attachments (uploaded_by)",
    "idx_feature_dependencies_depends_on|feature_dependencies (depends_on, feature_id)",
    "idx_messages_created_at|messages (created_at)",
    "idx_messages_sender|messages (sender_id)",
    "idx_messages_task|messages (task_id)",
    "idx_stage_transitions_feature_timestamp|stage_transitions (feature_id, \"timestamp\")",
    "idx_tasks_assigned_to|tasks (assigned_to)",
    "idx_tasks_created_by|tasks (created_by)",
    "idx_tasks_due_date|tasks (due_date)",
    "idx_tasks_feature|tasks (feature_id)",
    "idx_tasks_status|tasks (status)",
    "idx_users_email|users (email)",
    "idx_users_status|users (status)",
    "idx_users_username|users (username)",
    // Of the table in which a rule keeps which tasks are ready.
    "tasks_readiness_leases|tasks_readiness (claimed_until)",
    "tasks_readiness_ready|tasks_readiness (is_ready, priority, due, task)",
];

fn the_documents_indexes_and_those_of_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(indexes(&mut session), INDEXES);
}

fn triggers_and_functions(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(
        session.rows("select target::text, capability, name, arguments, bound_table, enabled from steward.attachments
             where arguments <> '{}' order by 1, 2, 3"),
        [
            "feature_dependencies|dependencies|steward_dependencies|{feature_id,depends_on}|feature_dependencies_rank|origin",
            "features|stages|steward_current_stage|{id,current_stage,feature_id,from_stage,to_stage,timestamp,duration}|stage_transitions|origin",
            "features|timestamps|update_features_last_updated|{last_updated}|NULL|origin",
            "messages|timestamps|update_messages_updated_at|{updated_at}|NULL|origin",
            "tasks|progress|steward_roll_up|{parent=feature_id,key=id,progress=completion_percentage,status=status,done=completed,cancelled=cancelled,empty=0}|tasks_progress|origin",
            "tasks|progress|steward_roll_up_into|{parent=feature_id,key=id,progress=completion_percentage,status=status,done=completed,cancelled=cancelled,empty=0}|features|origin",
            "tasks|tasks|steward_completion|{id,status,done=completed,cancelled=cancelled,completed_at=completed_at,priority=priority,due=due_date,title=title,highest_first}|NULL|origin",
            "tasks|tasks|steward_readiness|{id,status,done=completed,cancelled=cancelled,completed_at=completed_at,priority=priority,due=due_date,title=title,highest_first}|tasks_readiness|origin",
            "tasks|timestamps|update_tasks_updated_at|{updated_at}|NULL|origin",
            "users|timestamps|update_users_updated_at|{updated_at}|NULL|origin",
        ]
    );
    // What works off a statement, before and after it.
    assert_eq!(
        session.rows("select target::text, capability, name from steward.attachments where arguments = '{}' order by 1, 2, 3"),
        [
            "tasks|progress|steward_roll_up_begin",
            "tasks|progress|steward_roll_up_flush",
            "tasks|progress|steward_roll_up_truncate",
            "tasks|tasks|steward_readiness_begin",
            "tasks|tasks|steward_readiness_end",
            "tasks|tasks|steward_readiness_truncate",
        ]
    );
    assert!(session.rows(
        "select tgname from pg_trigger join pg_class on pg_class.oid = tgrelid where relnamespace = 'fuse'::regnamespace
             and not tgisinternal and tgname not in (select name from steward.attachments)"
    ).is_empty());
    // The document's own function works for a table that the user adds.
    session.run(
        "create table own (id integer, updated_at timestamptz); insert into own values (1);
         create trigger stamp before update on own for each row execute function update_updated_at_column()",
    );
    assert!(session.holds("update own set id = 2 returning updated_at = now()"));
}
