//! What New Fuse's document asks for, as data, compared with the catalogs.

use steward_tests::{Database, Session, tests};

use super::migrated;

tests![
    tables_and_columns,
    keys_and_foreign_keys,
    indexes,
    triggers_and_functions,
    every_foreign_key_is_indexed,
    everything_has_a_comment,
    what_a_deletion_does_is_written_down,
];

/// Each table's columns in order: name, type, then `not null` and the default where there are any. What
/// the document does not have is below, apart.
const COLUMNS: &[(&str, &[&str])] = &[
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
const ADDED_COLUMNS: &[(&str, &[&str])] = &[
    ("tasks", &["feature_id uuid"]),
    (
        "feature_dependencies",
        &[
            "feature_id uuid not null",
            "depends_on uuid not null",
            "created_at timestamp with time zone CURRENT_TIMESTAMP",
        ],
    ),
];

fn columns_of(session: &mut Session, table: &str) -> Vec<String> {
    session.rows(&format!(
        "select concat_ws(' ', attname, format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
             pg_get_expr(adbin, adrelid))
         from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
         where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
    ))
}

fn tables_and_columns(database: &Database) {
    let mut session = migrated(database);
    let added = |table: &str| {
        ADDED_COLUMNS
            .iter()
            .find(|(added_to, _)| *added_to == table)
            .map_or(&[][..], |(_, columns)| *columns)
    };
    let mut tables = vec!["feature_dependencies"];
    assert_eq!(
        columns_of(&mut session, "feature_dependencies"),
        added("feature_dependencies")
    );
    for (table, columns) in COLUMNS {
        assert_eq!(
            columns_of(&mut session, table),
            [columns, added(table)].concat(),
            "{table}"
        );
        tables.push(table);
    }
    tables.sort_unstable();
    assert_eq!(
        session.rows("select relname from pg_class where relnamespace = 'fuse'::regnamespace and relkind not in ('i', 'c') order by 1"),
        tables
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
    "users|PRIMARY KEY (id)",
    "users|UNIQUE (email)",
    "users|UNIQUE (username)",
];

fn keys_and_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(
        session.rows(
            "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
             where connamespace = 'fuse'::regnamespace and contype in ('p', 'u', 'f') order by 1, 2"
        ),
        KEYS
    );
    // PostgreSQL's own names, as a plain CREATE TABLE would have given them.
    let odd = session.rows(
        "select conname from pg_constraint where connamespace = 'fuse'::regnamespace and contype <> 't'
             and conname !~ ('^' || conrelid::regclass || '_([a-z_]+_)?(pkey|key|fkey|check)$')",
    );
    assert!(odd.is_empty(), "{odd:?}");
}

/// The document's indexes, and those that it lacks for its foreign keys.
const INDEXES: &[(&str, &str)] = &[
    ("idx_attachments_message", "attachments (message_id)"),
    ("idx_attachments_task", "attachments (task_id)"),
    ("idx_attachments_uploaded_by", "attachments (uploaded_by)"),
    (
        "idx_feature_dependencies_depends_on",
        "feature_dependencies (depends_on, feature_id)",
    ),
    ("idx_messages_created_at", "messages (created_at)"),
    ("idx_messages_sender", "messages (sender_id)"),
    ("idx_messages_task", "messages (task_id)"),
    (
        "idx_stage_transitions_feature_timestamp",
        "stage_transitions (feature_id, \"timestamp\")",
    ),
    ("idx_tasks_assigned_to", "tasks (assigned_to)"),
    ("idx_tasks_created_by", "tasks (created_by)"),
    ("idx_tasks_due_date", "tasks (due_date)"),
    ("idx_tasks_feature", "tasks (feature_id)"),
    ("idx_tasks_status", "tasks (status)"),
    ("idx_users_email", "users (email)"),
    ("idx_users_status", "users (status)"),
    ("idx_users_username", "users (username)"),
];

fn indexes(database: &Database) {
    let mut session = migrated(database);
    let expected: Vec<_> = INDEXES
        .iter()
        .map(|(name, on)| {
            let on = on.replacen(" (", " USING btree (", 1);
            format!("CREATE INDEX {name} ON fuse.{on}")
        })
        .collect();
    assert_eq!(
        session.rows(
            "select pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indexrelid
             where relnamespace = 'fuse'::regnamespace
                 and not exists (select from pg_constraint where conindid = indexrelid) order by relname"
        ),
        expected
    );
}

fn triggers_and_functions(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(
        session.rows("select target::text, capability, name, arguments, bound_table, enabled from steward.attachments order by 1, 2"),
        [
            "features|stages|steward_current_stage|{id,current_stage,feature_id,from_stage,to_stage,timestamp,duration}|stage_transitions|origin",
            "features|timestamps|update_features_last_updated|{last_updated}|NULL|origin",
            "messages|timestamps|update_messages_updated_at|{updated_at}|NULL|origin",
            "tasks|timestamps|update_tasks_updated_at|{updated_at}|NULL|origin",
            "users|timestamps|update_users_updated_at|{updated_at}|NULL|origin",
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

/// Foreign keys whose columns are not the first of a whole index.
fn without_index(session: &mut Session) -> Vec<String> {
    session.rows(
        "select conname from pg_constraint where connamespace = 'fuse'::regnamespace and contype = 'f'
             and not exists (
                 select from pg_index where indrelid = conrelid and indpred is null and indisvalid
                     and (indkey::smallint[])[0:cardinality(conkey) - 1] operator(pg_catalog.@>) conkey
             )
         order by 1",
    )
}

fn every_foreign_key_is_indexed(database: &Database) {
    let mut session = migrated(database);
    assert!(without_index(&mut session).is_empty());
    session.run("drop index idx_tasks_feature, idx_attachments_task");
    assert_eq!(
        without_index(&mut session),
        ["attachments_task_id_fkey", "tasks_feature_id_fkey"]
    );
}

/// Tables, columns, functions and checks that say nothing.
fn without_comment(session: &mut Session) -> Vec<String> {
    session.rows(
        "select 'table ' || c.oid::regclass from pg_class as c
         where relnamespace = 'fuse'::regnamespace and relkind in ('r', 'p', 'v')
             and coalesce(length(obj_description(c.oid, 'pg_class')), 0) < 20
         union all
         select 'column ' || attrelid::regclass || '.' || attname from pg_attribute join pg_class as c on c.oid = attrelid
         where relnamespace = 'fuse'::regnamespace and relkind in ('r', 'p', 'v') and attnum > 0 and not attisdropped
             and coalesce(length(col_description(attrelid, attnum)), 0) < 10
         union all
         select 'function ' || p.oid::regprocedure from pg_proc as p
         where pronamespace = 'fuse'::regnamespace and obj_description(p.oid, 'pg_proc') is null
         union all
         select 'constraint ' || conname from pg_constraint as n
         where connamespace = 'fuse'::regnamespace and contype = 'c' and obj_description(n.oid, 'pg_constraint') is null
         order by 1",
    )
}

fn everything_has_a_comment(database: &Database) {
    let mut session = migrated(database);
    let nothing: [&str; 0] = [];
    assert_eq!(without_comment(&mut session), nothing);
    session.run("comment on table tasks is null; comment on column tasks.title is ''");
    assert_eq!(
        without_comment(&mut session),
        ["column tasks.title", "table tasks"]
    );
}

/// Every foreign key says in a comment of its column or its table what happens on a deletion.
fn what_a_deletion_does_is_written_down(database: &Database) {
    let mut session = migrated(database);
    let silent = session.rows(
        "select conname from pg_constraint
         where connamespace = 'fuse'::regnamespace and contype = 'f'
             and coalesce(col_description(conrelid, conkey[1]), '') !~* 'delete'
             and coalesce(obj_description(conrelid, 'pg_class'), '') !~* 'delet'",
    );
    assert!(silent.is_empty(), "{silent:?}");
}
