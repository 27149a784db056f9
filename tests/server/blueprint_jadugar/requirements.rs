//! What Jadugar's document asks for, as data, compared with the catalogs.

use steward_tests::{Database, Session, tests};

use super::migrated;
use crate::blueprints::requirements::{Columns, assert_columns, columns_of, constraints, indexes};

tests![
    tables_and_columns,
    keys_and_foreign_keys,
    the_documents_indexes_and_those_of_its_prose,
    timestamps_are_indexed,
    enums,
    checks_hold_the_labels_of_the_enums,
    triggers,
];

/// What the document does not have is below, apart.
const COLUMNS: &[Columns<'_>] = &[
    (
        "users",
        &[
            "id uuid not null gen_random_uuid()",
            "email character varying(255) not null",
            "name character varying(255) not null",
            "password_hash character varying(255) not null",
            "role character varying(50) not null",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "api_keys",
        &[
            "id uuid not null gen_random_uuid()",
            "user_id uuid",
            "key_hash character varying(255) not null",
            "name character varying(255) not null",
            "expires_at timestamp with time zone",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "milestones",
        &[
            "id uuid not null gen_random_uuid()",
            "title character varying(255) not null",
            "description text",
            "start_date timestamp with time zone not null",
            "end_date timestamp with time zone not null",
            "status character varying(50) not null",
            "progress integer 0",
            "created_by uuid",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "tasks",
        &[
            "id uuid not null gen_random_uuid()",
            "milestone_id uuid",
            "title character varying(255) not null",
            "description text",
            "status character varying(50) not null",
            "priority character varying(50) not null",
            "assignee_id uuid",
            "due_date timestamp with time zone",
            "created_by uuid",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "task_dependencies",
        &[
            "id uuid not null gen_random_uuid()",
            // Required: the page's deviation 7.
            "task_id uuid not null",
            "depends_on uuid not null",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "services",
        &[
            "id uuid not null gen_random_uuid()",
            "name character varying(255) not null",
            "url character varying(255) not null",
            "health_check character varying(255)",
            "status character varying(50) not null",
            "last_check timestamp with time zone",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "service_configs",
        &[
            "id uuid not null gen_random_uuid()",
            "service_id uuid",
            "key character varying(255) not null",
            "value jsonb not null",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "notifications",
        &[
            "id uuid not null gen_random_uuid()",
            "user_id uuid",
            "type character varying(50) not null",
            "title character varying(255) not null",
            "message text not null",
            "read boolean false",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "webhooks",
        &[
            "id uuid not null gen_random_uuid()",
            "url character varying(255) not null",
            "events text[] not null",
            "active boolean true",
            "created_by uuid",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
            "updated_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
    (
        "audit_logs",
        &[
            "id uuid not null gen_random_uuid()",
            "user_id uuid",
            "action character varying(50) not null",
            "entity_type character varying(50) not null",
            "entity_id uuid not null",
            "changes jsonb",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
];

/// The deviations that the blueprint's page gives reasons for.
const ADDED_COLUMNS: &[Columns<'_>] = &[
    ("milestones", &["search_vector tsvector generated"]),
    ("tasks", &["search_vector tsvector generated"]),
    (
        "task_dependencies_rank",
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
            "priority character varying(50)",
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
            "task_dependencies_rank_rank_seq",
            "tasks_readiness_claim_token_seq",
        ],
    );
    // The control: a column of another type is a difference.
    session.run("alter table notifications alter type type text");
    assert_ne!(columns_of(&mut session, "notifications"), COLUMNS[7].1);
}

/// Table and definition of every primary key, unique constraint and foreign key.
const KEYS: &[&str] = &[
    "api_keys|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "api_keys|PRIMARY KEY (id)",
    "api_keys|UNIQUE (key_hash)",
    "audit_logs|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE RESTRICT",
    "audit_logs|PRIMARY KEY (id)",
    "milestones|FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE RESTRICT",
    "milestones|PRIMARY KEY (id)",
    "notifications|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "notifications|PRIMARY KEY (id)",
    "service_configs|FOREIGN KEY (service_id) REFERENCES services(id) ON DELETE CASCADE",
    "service_configs|PRIMARY KEY (id)",
    "service_configs|UNIQUE NULLS NOT DISTINCT (service_id, key)",
    "services|PRIMARY KEY (id)",
    "services|UNIQUE (name)",
    "task_dependencies|FOREIGN KEY (depends_on) REFERENCES tasks(id) ON DELETE CASCADE",
    "task_dependencies|FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE",
    "task_dependencies|PRIMARY KEY (id)",
    "task_dependencies|UNIQUE (task_id, depends_on)",
    "task_dependencies_rank|PRIMARY KEY (node)",
    "tasks|FOREIGN KEY (assignee_id) REFERENCES users(id) ON DELETE SET NULL",
    "tasks|FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE RESTRICT",
    "tasks|FOREIGN KEY (milestone_id) REFERENCES milestones(id) ON DELETE SET NULL",
    "tasks|PRIMARY KEY (id)",
    "tasks_progress|PRIMARY KEY (parent)",
    "tasks_readiness|PRIMARY KEY (task)",
    "users|PRIMARY KEY (id)",
    "users|UNIQUE (email)",
    "webhooks|FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE RESTRICT",
    "webhooks|PRIMARY KEY (id)",
];

fn keys_and_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(constraints(&mut session, "'p', 'u', 'f'"), KEYS);
}

const DOCUMENTED_INDEXES: &[&str] = &[
    "idx_api_keys_user_id|api_keys (user_id)",
    "idx_audit_logs_entity|audit_logs (entity_type, entity_id)",
    "idx_audit_logs_user_id|audit_logs (user_id)",
    "idx_milestones_created_by|milestones (created_by)",
    "idx_milestones_status|milestones (status)",
    "idx_notifications_read|notifications (read)",
    "idx_notifications_user_id|notifications (user_id)",
    "idx_service_configs_service_id|service_configs (service_id)",
    "idx_services_name|services (name)",
    "idx_services_status|services (status)",
    "idx_task_dependencies_depends_on|task_dependencies (depends_on)",
    "idx_task_dependencies_task_id|task_dependencies (task_id)",
    "idx_tasks_assignee_id|tasks (assignee_id)",
    "idx_tasks_milestone_id|tasks (milestone_id)",
    "idx_tasks_status|tasks (status)",
    "idx_users_email|users (email)",
    "idx_webhooks_active|webhooks (active)",
];

/// For foreign keys, for dates and for full-text search, as the document's prose asks.
const ADDED_INDEXES: &[&str] = &[
    "idx_api_keys_created_at|api_keys (created_at)",
    "idx_api_keys_expires_at|api_keys (expires_at)",
    "idx_audit_logs_created_at|audit_logs (created_at)",
    "idx_milestones_created_at|milestones (created_at)",
    "idx_milestones_end_date|milestones (end_date)",
    "idx_milestones_search|milestones USING gist (search_vector)",
    "idx_milestones_start_date|milestones (start_date)",
    "idx_notifications_created_at|notifications (created_at)",
    "idx_service_configs_created_at|service_configs (created_at)",
    "idx_services_created_at|services (created_at)",
    "idx_services_last_check|services (last_check)",
    "idx_task_dependencies_created_at|task_dependencies (created_at)",
    "idx_tasks_created_at|tasks (created_at)",
    "idx_tasks_created_by|tasks (created_by)",
    "idx_tasks_due_date|tasks (due_date)",
    "idx_tasks_search|tasks USING gist (search_vector)",
    "idx_tasks_updated_at|tasks (updated_at)",
    "idx_users_created_at|users (created_at)",
    "idx_webhooks_created_at|webhooks (created_at)",
    "idx_webhooks_created_by|webhooks (created_by)",
];

/// Of the table in which a rule keeps which tasks are ready.
const SIDE_INDEXES: &[&str] = &[
    "tasks_readiness_leases|tasks_readiness (claimed_until)",
    "tasks_readiness_ready|tasks_readiness (is_ready, priority, due, task)",
];

fn the_documents_indexes_and_those_of_its_prose(database: &Database) {
    let mut session = migrated(database);
    let mut expected = [DOCUMENTED_INDEXES, ADDED_INDEXES, SIDE_INDEXES].concat();
    expected.sort_unstable();
    assert_eq!(indexes(&mut session), expected);
}

/// Timestamps that no index begins with.
fn timestamps_without_index(session: &mut Session) -> Vec<String> {
    session.rows(
        "select c.relname || '.' || attname from pg_attribute join pg_class as c on c.oid = attrelid
         where relnamespace = 'jadugar'::regnamespace and relkind = 'r' and relname <> 'tasks_readiness' and atttypid = 'timestamptz'::regtype
             and not exists (select from pg_index where indrelid = attrelid and indkey[0] = attnum and indpred is null)
         order by 1",
    )
}

fn timestamps_are_indexed(database: &Database) {
    let mut session = migrated(database);
    // The page's deviation 5.
    let left_out = [
        "api_keys.updated_at",
        "milestones.updated_at",
        "service_configs.updated_at",
        "services.updated_at",
        "users.updated_at",
        "webhooks.updated_at",
    ];
    assert_eq!(timestamps_without_index(&mut session), left_out);
    session.run("drop index idx_tasks_due_date");
    assert!(timestamps_without_index(&mut session).contains(&"tasks.due_date".to_owned()));
}

fn enums(database: &Database) {
    assert_eq!(
        migrated(database).rows(
            "select enumtypid::regtype, string_agg(enumlabel, ', ' order by enumsortorder)
             from pg_enum group by enumtypid order by enumtypid::regtype::text"
        ),
        [
            "priority_type|LOW, MEDIUM, HIGH",
            "role_type|ADMIN, MANAGER, DEVELOPER, VIEWER",
            "status_type|NOT_STARTED, IN_PROGRESS, BLOCKED, COMPLETED",
        ]
    );
}

/// The checks whose comment names an enum, and whether they hold exactly its labels, in its order.
fn checks_of_enums(session: &mut Session) -> Vec<String> {
    session.rows(
        "select conname, t.typname,
             array(select label[1] from regexp_matches(pg_get_constraintdef(c.oid), '''([^'']*)''', 'g') as label)
             = array(select enumlabel::text from pg_enum where enumtypid = t.oid order by enumsortorder)
         from pg_constraint as c
         join pg_type as t on obj_description(c.oid, 'pg_constraint') = 'The labels of ' || t.typname || '.'
         where connamespace = 'jadugar'::regnamespace and typnamespace = connamespace order by 1",
    )
}

fn checks_hold_the_labels_of_the_enums(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(
        checks_of_enums(&mut session),
        [
            "milestones_status_check|status_type|t",
            "tasks_priority_check|priority_type|t",
            "tasks_status_check|status_type|t",
            "users_role_check|role_type|t",
        ]
    );
    session.run("alter type role_type add value 'GUEST'");
    assert!(checks_of_enums(&mut session).contains(&"users_role_check|role_type|f".to_owned()));
}

/// What is audited, with the choices made for it.
const AUDITED: &[(&str, &str)] = &[
    ("users", "{ignore=updated_at,redact=password_hash}"),
    ("api_keys", "{ignore=updated_at,redact=key_hash}"),
    (
        "milestones",
        "{ignore=updated_at,ignore=search_vector,ignore=progress}",
    ),
    ("tasks", "{ignore=updated_at,ignore=search_vector}"),
    ("task_dependencies", "{}"),
    ("services", "{ignore=updated_at,ignore=last_check}"),
    ("service_configs", "{ignore=updated_at,redact=value}"),
    ("notifications", "{ignore=read}"),
    ("webhooks", "{ignore=updated_at,redact=url}"),
];

/// How the completion of tasks is tracked, and the progress of their milestones.
const TASKS: &str = "{id,status,done=COMPLETED,priority=priority,due=due_date,title=title,\
     priorities=HIGH,priorities=MEDIUM,priorities=LOW}";
const COMPLETION: &[&str] = &[
    "task_dependencies|tasks|steward_readiness_begin|{}|NULL|origin",
    "task_dependencies|tasks|steward_readiness_edges|{task_id,depends_on}|tasks_readiness|origin",
    "task_dependencies|tasks|steward_readiness_end|{}|NULL|origin",
    "task_dependencies|tasks|steward_readiness_truncate|{}|NULL|origin",
    "tasks|progress|steward_roll_up_begin|{}|NULL|origin",
    "tasks|progress|steward_roll_up_flush|{}|NULL|origin",
    "tasks|progress|steward_roll_up_into|{parent=milestone_id,key=id,progress=progress,status=status,done=COMPLETED,empty=0}|milestones|origin",
    "tasks|progress|steward_roll_up_truncate|{}|NULL|origin",
    "tasks|progress|steward_roll_up|{parent=milestone_id,key=id,progress=progress,status=status,done=COMPLETED,empty=0}|tasks_progress|origin",
    "tasks|tasks|steward_completion|TASKS|NULL|origin",
    "tasks|tasks|steward_readiness_begin|{}|NULL|origin",
    "tasks|tasks|steward_readiness_end|{}|NULL|origin",
    "tasks|tasks|steward_readiness_truncate|{}|NULL|origin",
    "tasks|tasks|steward_readiness|TASKS|tasks_readiness|origin",
];

fn triggers(database: &Database) {
    let mut session = migrated(database);
    let mut expected: Vec<_> = COLUMNS
        .iter()
        .filter(|(_, columns)| {
            columns
                .iter()
                .any(|column| column.starts_with("updated_at "))
        })
        .map(|(table, _)| {
            format!("{table}|timestamps|steward_updated_at|{{updated_at}}|NULL|origin")
        })
        .collect();
    assert_eq!(expected.len(), 7);
    expected.push("task_dependencies|dependencies|steward_dependencies|{task_id,depends_on}|task_dependencies_rank|origin".to_owned());
    expected.extend(COMPLETION.iter().map(|line| line.replace("TASKS", TASKS)));
    // Every table of the document but the log itself.
    assert_eq!(AUDITED.len(), COLUMNS.len() - 1);
    for (table, choice) in AUDITED {
        expected.push(format!(
            "{table}|audit|steward_audit|{choice}|audit_logs|origin"
        ));
        expected.push(format!(
            "{table}|audit|steward_audit_truncate|{choice}|NULL|origin"
        ));
    }
    expected.sort_unstable();
    let mut found =
        session.rows("select target::text, capability, name, arguments, bound_table, enabled from steward.attachments");
    found.sort_unstable();
    assert_eq!(found, expected);
}
