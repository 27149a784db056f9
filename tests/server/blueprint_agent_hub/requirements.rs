//! What Agent Hub's document asks for, as data, compared with the catalogs.

use steward_tests::{Database, Session, catalog, tests};

use super::columns::{ADDED, DOCUMENTED, KEPT};
use super::migrated;
use crate::blueprints::requirements::{assert_columns, columns_of, constraints, indexes};

tests![
    tables_and_columns,
    keys_and_foreign_keys,
    checks,
    types_of_agents_are_the_same_list,
    the_documents_indexes_and_those_of_foreign_keys,
    one_memory_a_key,
    triggers,
    what_runs_with_the_owners_rights,
    what_is_attached,
    a_dump_and_restore_changes_nothing,
];

fn tables_and_columns(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(DOCUMENTED.len(), 14);
    assert_columns(
        &mut session,
        DOCUMENTED,
        &[ADDED, KEPT].concat(),
        &["audit_log_sequence_seq", "tasks_readiness_claim_token_seq"],
    );
    // The control: a column of another type is a difference.
    session.run("alter table users alter username type text");
    assert_ne!(columns_of(&mut session, "users"), DOCUMENTED[0].1);
}

/// Primary keys, unique constraints and foreign keys, as the document has them.
const KEYS: &[&str] = &[
    "agent_memory|FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE CASCADE",
    "agent_memory|PRIMARY KEY (id)",
    "agent_memory|UNIQUE (agent_id, project_id, category, key)",
    "agents|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "agents|PRIMARY KEY (id)",
    "budget_limits|PRIMARY KEY (id)",
    "conversation_participants|FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE CASCADE",
    "conversation_participants|FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE",
    "conversation_participants|PRIMARY KEY (conversation_id, agent_id)",
    "conversations|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "conversations|PRIMARY KEY (id)",
    "github_issues|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "github_issues|PRIMARY KEY (id)",
    "github_issues|UNIQUE (github_id)",
    "github_issues|UNIQUE (project_id, number)",
    "messages|FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE SET NULL",
    "messages|FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE",
    "messages|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL",
    "messages|PRIMARY KEY (id)",
    "notifications|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "notifications|PRIMARY KEY (id)",
    "projects|FOREIGN KEY (owner_id) REFERENCES users(id) ON DELETE CASCADE",
    "projects|PRIMARY KEY (id)",
    "pull_requests|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "pull_requests|PRIMARY KEY (id)",
    "pull_requests|UNIQUE (github_id)",
    "pull_requests|UNIQUE (project_id, number)",
    "tasks|FOREIGN KEY (assigned_to_agent_id) REFERENCES agents(id) ON DELETE SET NULL",
    "tasks|FOREIGN KEY (issue_id) REFERENCES github_issues(id) ON DELETE SET NULL",
    "tasks|FOREIGN KEY (pr_id) REFERENCES pull_requests(id) ON DELETE SET NULL",
    "tasks|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "tasks|PRIMARY KEY (id)",
    "token_usage|FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE SET NULL",
    "token_usage|FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE SET NULL",
    "token_usage|FOREIGN KEY (message_id) REFERENCES messages(id) ON DELETE SET NULL",
    "token_usage|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE SET NULL",
    "token_usage|FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE SET NULL",
    "token_usage|FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL",
    "token_usage|PRIMARY KEY (id)",
    "users|PRIMARY KEY (id)",
    "users|UNIQUE (email)",
    "users|UNIQUE (username)",
    "webhooks|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "webhooks|PRIMARY KEY (id)",
];

/// Foreign keys of which the document does not say what a deletion does.
const SILENT: &[&str] = &[
    "agent_memory|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "conversations|FOREIGN KEY (created_by_agent_id) REFERENCES agents(id) ON DELETE SET NULL",
    "conversations|FOREIGN KEY (created_by_user_id) REFERENCES users(id) ON DELETE SET NULL",
    "github_issues|FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE SET NULL",
    "messages|FOREIGN KEY (reply_to_id) REFERENCES messages(id) ON DELETE SET NULL",
    "notifications|FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE SET NULL",
    "notifications|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    "pull_requests|FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE SET NULL",
    "pull_requests|FOREIGN KEY (created_by_agent_id) REFERENCES agents(id) ON DELETE SET NULL",
    "pull_requests|FOREIGN KEY (issue_id) REFERENCES github_issues(id) ON DELETE SET NULL",
];

/// The foreign keys of what was added, and the keys of the rules' own tables.
const ADDED_KEYS: &[&str] = &[
    "budget_limits|FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE SET NULL",
    "budget_limits|FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE SET NULL",
    "budget_limits_alerts|PRIMARY KEY (window_id, severity)",
    "budget_limits_counters|PRIMARY KEY (window_id, slot)",
    "budget_limits_holds|PRIMARY KEY (reservation, budget)",
    "budget_limits_reservations|PRIMARY KEY (reservation)",
    "budget_limits_reservations|UNIQUE (idempotency_key)",
    "tasks_readiness|PRIMARY KEY (task)",
    "token_usage|FOREIGN KEY (pr_id) REFERENCES pull_requests(id) ON DELETE SET NULL",
];

const DOCUMENTED_INDEXES: &[&str] = &[
    "idx_agent_memory_agent|agent_memory (agent_id)",
    "idx_agent_memory_expires|agent_memory (expires_at)",
    "idx_agent_memory_project|agent_memory (project_id)",
    "idx_agents_project|agents (project_id)",
    "idx_agents_type|agents (type)",
    "idx_budget_agent_type|budget_limits (scope_type, scope_agent_type)",
    "idx_budget_scope|budget_limits (scope_type, scope_id)",
    "idx_conversations_project|conversations (project_id)",
    "idx_conversations_status|conversations (status)",
    "idx_issues_conversation|github_issues (conversation_id)",
    "idx_issues_project|github_issues (project_id)",
    "idx_issues_state|github_issues (state)",
    "idx_messages_agent|messages (agent_id)",
    "idx_messages_conversation_created|messages (conversation_id, created_at)",
    "idx_notifications_created|notifications (created_at)",
    "idx_notifications_read|notifications (user_id, is_read)",
    "idx_notifications_user|notifications (user_id)",
    "idx_projects_github|projects (github_repo)",
    "idx_projects_owner|projects (owner_id)",
    "idx_prs_agent|pull_requests (created_by_agent_id)",
    "idx_prs_issue|pull_requests (issue_id)",
    "idx_prs_project|pull_requests (project_id)",
    "idx_prs_state|pull_requests (state)",
    "idx_tasks_agent|tasks (assigned_to_agent_id)",
    "idx_tasks_issue|tasks (issue_id)",
    "idx_tasks_project|tasks (project_id)",
    "idx_tasks_status_priority|tasks (status, priority)",
    "idx_token_usage_agent|token_usage (agent_id)",
    "idx_token_usage_conversation|token_usage (conversation_id)",
    "idx_token_usage_date|token_usage (usage_date)",
    "idx_token_usage_project|token_usage (project_id)",
    "idx_token_usage_timestamp|token_usage (\"timestamp\")",
    "idx_webhooks_created|webhooks (created_at)",
    "idx_webhooks_processed|webhooks (processed)",
    "idx_webhooks_project|webhooks (project_id)",
];

/// For foreign keys, for one memory a key, for the queue, and those of the rules' own tables.
const ADDED_INDEXES: &[&str] = &[
    "budget_limits_counters_budget_starts_at_idx|budget_limits_counters (budget, starts_at)",
    "budget_limits_holds_expires_at_idx|budget_limits_holds (expires_at)",
    "budget_limits_holds_window_id_idx|budget_limits_holds (window_id)",
    "idx_agent_memory_without_project|agent_memory (agent_id, category, key) WHERE (project_id IS NULL)",
    "idx_budget_agent|budget_limits (agent_id)",
    "idx_budget_project|budget_limits (project_id)",
    "idx_conversation_participants_agent|conversation_participants (agent_id)",
    "idx_conversations_created_by_agent|conversations (created_by_agent_id)",
    "idx_conversations_created_by_user|conversations (created_by_user_id)",
    "idx_messages_reply_to|messages (reply_to_id)",
    "idx_messages_user|messages (user_id)",
    "idx_notifications_agent|notifications (agent_id)",
    "idx_notifications_project|notifications (project_id)",
    "idx_prs_conversation|pull_requests (conversation_id)",
    "idx_tasks_pr|tasks (pr_id)",
    "idx_token_usage_message|token_usage (message_id) INCLUDE (tokens_in, tokens_out, cost_usd)",
    "idx_token_usage_pr|token_usage (pr_id)",
    "idx_token_usage_task|token_usage (task_id) INCLUDE (tokens_in, tokens_out, cost_usd)",
    "idx_token_usage_user|token_usage (user_id)",
    "idx_webhooks_last_attempt|webhooks (next_attempt_at) WHERE ((processed IS NOT TRUE) AND (dead_at IS NULL) AND (claimed_by IS NOT NULL) AND (retry_count >= max_retries))",
    "idx_webhooks_queue|webhooks (next_attempt_at, created_at) WHERE ((processed IS NOT TRUE) AND (dead_at IS NULL))",
    "tasks_readiness_leases|tasks_readiness (claimed_until)",
    "tasks_readiness_ready|tasks_readiness (is_ready, priority, task)",
];

fn keys_and_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    let mut found = constraints(&mut session, "'p', 'u', 'f'");
    let mut expected = [KEYS, SILENT, ADDED_KEYS].concat();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    session.run("alter table messages drop constraint messages_reply_to_id_fkey");
    assert_ne!(
        constraints(&mut session, "'p', 'u', 'f'").len(),
        expected.len()
    );
}

/// The document's, as a CREATE TABLE would have named them.
const CHECKS: &[&str] = &[
    "agent_memory_importance_check",
    "agents_type_check",
    "budget_limits_action_on_exceed_check",
    "budget_limits_alert_threshold_check",
    "budget_limits_period_check",
    "budget_limits_scope_type_check",
    "conversations_status_check",
    "conversations_type_check",
    "messages_author_type_check",
    "notifications_severity_check",
    "tasks_priority_check",
    "tasks_status_check",
];
/// JSON that is of a kind, authors, scopes and usage that fit their types, and what the queue holds.
const ADDED_CHECKS: &[&str] = &[
    "agent_memory_value_check",
    "agents_model_config_check",
    "budget_limits_scope_agent_type_check",
    "budget_limits_scope_check",
    "budget_limits_target_check",
    "github_issues_labels_check",
    "messages_author_check",
    "notifications_metadata_check",
    "token_usage_agent_type_check",
    "token_usage_metadata_check",
    "webhooks_claimed_by_check",
    "webhooks_dead_at_check",
    "webhooks_payload_check",
    "webhooks_processed_at_check",
    "webhooks_retry_count_check",
];

fn checks(database: &Database) {
    let mut session = migrated(database);
    let mut expected = [CHECKS, ADDED_CHECKS].concat();
    expected.sort_unstable();
    let query = "select conname from pg_constraint
         where connamespace = 'hub'::regnamespace and contype = 'c' order by conname collate \"C\"";
    assert_eq!(session.rows(query), expected);
    session.run("alter table tasks drop constraint tasks_priority_check");
    assert_ne!(session.rows(query), expected);
}

/// The labels that a check lists.
fn labels(session: &mut Session, check: &str) -> Vec<String> {
    session.rows(&format!(
        "select l[1] from pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''([^'']*)''', 'g') as l
         where connamespace = 'hub'::regnamespace and conname = '{check}'"
    ))
}

fn types_of_agents_are_the_same_list(database: &Database) {
    let mut session = migrated(database);
    let types = ["orchestrator", "architect", "coder", "tester", "reviewer"];
    for check in ["agents_type_check", "budget_limits_scope_agent_type_check"] {
        assert_eq!(labels(&mut session, check), types);
    }
}

fn the_documents_indexes_and_those_of_foreign_keys(database: &Database) {
    let mut session = migrated(database);
    let mut expected = [DOCUMENTED_INDEXES, ADDED_INDEXES].concat();
    expected.sort_unstable_by_key(|index| index.split('|').next());
    assert_eq!(indexes(&mut session), expected);
    session.run("drop index idx_agents_type");
    assert_ne!(indexes(&mut session), expected);
}

fn one_memory_a_key(database: &Database) {
    let mut session = migrated(database);
    let unique = "select indisunique from pg_index where indexrelid = 'idx_agent_memory_without_project'::regclass";
    assert!(session.holds(unique));
}

/// Of the blueprint's own functions, but for those of the queue, the memory and the participants.
const TRIGGERS: &[&str] = &[
    "budget_limits|hold_budget_target|hold_budget_target|O",
    "conversations|name_who_began|name_who_began|O",
    "messages|join_conversation|join_conversation|O",
    "messages|keep_message_totals|keep_message_totals|O",
    "messages|stamp_edit|stamp_edit|O",
    "tasks|keep_task_totals|keep_task_totals|O",
    "tasks|stamp_start|stamp_start|O",
    "token_usage|add_up_messages_after_delete|add_up_messages|O",
    "token_usage|add_up_messages_after_insert|add_up_messages|O",
    "token_usage|add_up_messages_after_truncate|add_up_messages|O",
    "token_usage|add_up_messages_after_update|add_up_messages|O",
    "token_usage|add_up_tasks_after_delete|add_up_tasks|O",
    "token_usage|add_up_tasks_after_insert|add_up_tasks|O",
    "token_usage|add_up_tasks_after_truncate|add_up_tasks|O",
    "token_usage|add_up_tasks_after_update|add_up_tasks|O",
    "token_usage|derive_usage|derive_usage|O",
    "webhooks|announce_webhooks|announce_webhooks|O",
    "webhooks|stamp_webhooks|stamp_webhooks|O",
];

fn triggers(database: &Database) {
    let mut session = migrated(database);
    let query = "select tgrelid::regclass::text, tgname, tgfoid::regproc, tgenabled
         from pg_trigger join pg_class as c on c.oid = tgrelid
         where relnamespace = 'hub'::regnamespace and not tgisinternal and tgname !~ '^steward_'
         order by 1, tgname collate \"C\"";
    assert_eq!(session.rows(query), TRIGGERS);
    session.run("alter table tasks disable trigger stamp_start");
    assert_ne!(session.rows(query), TRIGGERS);
}

fn what_runs_with_the_owners_rights(database: &Database) {
    let mut session = migrated(database);
    assert_eq!(
        session.rows(
            "select proname from pg_proc where pronamespace = 'hub'::regnamespace and prosecdef
                 and not has_function_privilege('writer', oid, 'execute') order by 1"
        ),
        [
            "add_up_messages",
            "add_up_tasks",
            "derive_usage",
            "join_conversation",
            "keep_message_totals",
            "keep_task_totals",
        ]
    );
    // That is nobody else's to attach, and what a path could redirect has its own.
    let unpinned = "select proname from pg_proc where pronamespace = 'hub'::regnamespace and (
             prosqlbody is null and proconfig @> '{\"search_path=pg_catalog, pg_temp\"}' is not true
             or prosecdef and has_function_privilege('writer', oid, 'execute')
         ) order by 1";
    assert_eq!(session.rows(unpinned), [""; 0]);
    session.run(
        "grant execute on function derive_usage() to public; alter function stamp_edit() reset all",
    );
    assert_eq!(session.rows(unpinned), ["derive_usage", "stamp_edit"]);
}

const TASKS: &str = "{id,status,done=completed,cancelled=failed,completed_at=completed_at,priority=priority,\
     title=title,assignee=assigned_to_agent_id,priorities=urgent,priorities=high,priorities=medium,priorities=low}";

fn what_is_attached(database: &Database) {
    let mut session = migrated(database);
    let attached =
        "select target::text, capability, name, arguments, bound_table from steward.attachments
         where arguments <> '{}' and capability = any ('{CAPABILITIES}') order by 1, 2, 3";
    let mut stamped: Vec<_> = DOCUMENTED
        .iter()
        .filter(|(_, columns)| {
            columns
                .iter()
                .any(|column| column.starts_with("updated_at "))
        })
        .map(|(table, _)| format!("{table}|timestamps|steward_updated_at|{{updated_at}}|NULL"))
        .collect();
    stamped.sort_unstable();
    assert_eq!(stamped.len(), 10);
    let timestamps = attached.replace("CAPABILITIES", "timestamps");
    assert_eq!(session.rows(&timestamps), stamped);
    let others = attached.replace("CAPABILITIES", "tasks,audit,budgets");
    assert_eq!(
        session.rows(&others),
        [
            "budget_limits|audit|steward_audit|{ignore=updated_at}|audit_log",
            "budget_limits|audit|steward_audit_truncate|{ignore=updated_at}|NULL",
            "budget_limits|budgets|steward_budgets|{counters,time_zone=UTC,notify=hub.tell_of_budget,role=key,column=id,\
             role=name,column=name,role=scope_type,column=scope_type,role=scope_id,column=scope_id,\
             role=amount,column=amount_usd,role=period,column=period,role=alert_threshold,column=alert_threshold,\
             role=action,column=action_on_exceed,role=active,column=is_active}|budget_limits_counters",
            "budget_limits|budgets|steward_budgets_alerts|{alerts}|budget_limits_alerts",
            "budget_limits|budgets|steward_budgets_holds|{holds}|budget_limits_holds",
            "budget_limits|budgets|steward_budgets_reservations|{reservations}|budget_limits_reservations",
            &format!("tasks|tasks|steward_completion|{TASKS}|NULL"),
            &format!("tasks|tasks|steward_readiness|{TASKS}|tasks_readiness"),
            "token_usage|budgets|steward_usage|{cost_usd,timestamp,max_clock_skew=3600000000,scope=agent,column=agent_id,\
             scope=agent_type,column=agent_type,scope=project,column=project_id}|budget_limits",
        ]
    );
    session.run("select steward.detach('agents', 'timestamps')");
    assert_ne!(session.rows(&timestamps), stamped);
}

/// What is written in another way once it was restored makes two databases look different that are the same.
fn a_dump_and_restore_changes_nothing(database: &Database) {
    let mut session = migrated(database);
    let restored = facts_of(&database.restored());
    assert_eq!(restored, catalog::snapshot(&mut session, "hub"));
    // The control.
    session.run("alter table tasks add constraint odd check (priority in ('low', 'medium', 'high', 'urgent'))");
    let restored = facts_of(&database.restored());
    assert_ne!(restored, catalog::snapshot(&mut session, "hub"));
}

fn facts_of(database: &Database) -> Vec<String> {
    let mut session = database.owner();
    session.run("set search_path = hub");
    catalog::snapshot(&mut session, "hub")
}
