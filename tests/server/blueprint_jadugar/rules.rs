//! Jadugar at work, through a role that only reads and writes rows.

use steward_tests::{Database, Session, tests};

use super::{application, migrated, seeded};

tests![
    a_cycle_is_refused,
    without_the_rule_it_is_not,
    a_dependency_is_stated_once,
    checks_refuse_what_cannot_be,
    labels_that_the_enums_have_are_taken,
    what_is_unique,
    an_update_is_stamped_in_every_table,
    deletions,
    words_are_found_by_the_index,
    a_long_description_is_no_error,
    the_seeded_story_is_whole,
];

/// The clusters come first: the runbook waits for them, through other tasks.
const BACK: &str = "insert into task_dependencies (task_id, depends_on)
     select clusters.id, runbook.id from tasks as clusters, tasks as runbook
     where clusters.title = 'Set up the clusters for staging and production'
         and runbook.title = 'Write the runbook for an outage'";

fn a_cycle_is_refused(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let path = writer.value(
        "select steward.dependency_path('task_dependencies',
             (select id from tasks where title = 'Write the runbook for an outage'),
             (select id from tasks where title = 'Set up the clusters for staging and production'))",
    );
    let nodes: Vec<_> = path.trim_matches(['{', '}']).split(',').collect();
    assert!(nodes.len() > 2, "through other tasks: {path}");

    let refusal = writer.refusal(BACK);
    assert_eq!(refusal.sqlstate(), "23514");
    let detail = refusal.detail().expect("the way round");
    let (first, last) = (nodes[0], nodes[nodes.len() - 1]);
    assert!(
        detail.starts_with(&format!("Each waits for the next: {last} -> {first} -> "))
            && detail.ends_with(&format!(" -> {last}.")),
        "{detail}"
    );
    assert!(
        refusal.to_string().ends_with(
            "SCHEMA: jadugar\nTABLE: task_dependencies\nCONSTRAINT: task_dependencies_acyclic"
        ),
        "{refusal}"
    );
    assert!(
        writer.holds(
            "select steward.would_cycle('task_dependencies', task => clusters.id, depends_on => runbook.id)
             from tasks as clusters, tasks as runbook
             where clusters.title = 'Set up the clusters for staging and production'
                 and runbook.title = 'Write the runbook for an outage'"
        ),
        "asking beforehand gives the same answer"
    );
    assert_eq!(
        writer.sqlstate(
            "insert into task_dependencies (task_id, depends_on) select id, id from tasks limit 1"
        ),
        "23514",
        "a task that waits for itself"
    );
}

fn without_the_rule_it_is_not(database: &Database) {
    let mut owner = seeded(database);
    owner.run("select steward.detach('task_dependencies', 'dependencies')");
    owner.run(BACK);
}

fn a_dependency_is_stated_once(database: &Database) {
    let mut owner = seeded(database);
    let refusal = owner
        .refusal("insert into task_dependencies (task_id, depends_on) select task_id, depends_on from task_dependencies limit 1")
        .to_string();
    assert!(
        refusal.starts_with("23505: ")
            && refusal.ends_with("\nCONSTRAINT: task_dependencies_task_id_depends_on_key"),
        "{refusal}"
    );
}

fn checks_refuse_what_cannot_be(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (change, constraint) in [
        ("users set role = 'developer'", "users_role_check"),
        ("users set role = ''", "users_role_check"),
        ("milestones set status = 'DONE'", "milestones_status_check"),
        ("milestones set progress = 101", "milestones_progress_check"),
        ("milestones set progress = -1", "milestones_progress_check"),
        (
            "milestones set end_date = start_date - interval '1 day'",
            "milestones_end_date_check",
        ),
        ("tasks set status = 'HEALTHY'", "tasks_status_check"),
        ("tasks set priority = 'URGENT'", "tasks_priority_check"),
        ("services set status = 'COMPLETED'", "services_status_check"),
    ] {
        let refusal = writer.refusal(&format!("update {change}")).to_string();
        assert!(
            refusal.starts_with("23514: ")
                && refusal.ends_with(&format!("\nCONSTRAINT: {constraint}")),
            "{refusal}"
        );
    }
}

/// A driver binds text, and the enum gives the order.
fn labels_that_the_enums_have_are_taken(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (table, column, enum_type) in [
        ("users", "role", "role_type"),
        ("milestones", "status", "status_type"),
        ("tasks", "status", "status_type"),
        ("tasks", "priority", "priority_type"),
    ] {
        for label in writer.rows(&format!("select unnest(enum_range(null::{enum_type}))")) {
            let changed = writer
                .client()
                .execute(&format!("update {table} set {column} = $1"), &[&label])
                .expect("a label of the enum");
            assert!(changed > 0, "{table}.{column}");
        }
    }
    assert_eq!(
        writer.rows("select distinct priority::priority_type from tasks order by 1 desc"),
        ["HIGH"]
    );
}

fn what_is_unique(database: &Database) {
    let mut owner = migrated(database);
    for (insert, constraint) in [
        (
            "users (email, name, password_hash, role) values ('a@example.com', 'A', '!', 'VIEWER')",
            "users_email_key",
        ),
        (
            "api_keys (key_hash, name) values ('hash', 'name')",
            "api_keys_key_hash_key",
        ),
        (
            "services (name, url, status) values ('search', 'http://search', 'UNKNOWN')",
            "services_name_key",
        ),
        (
            "service_configs (service_id, key, value) select id, 'limit', '1' from services",
            "service_configs_service_id_key_key",
        ),
        (
            "service_configs (key, value) values ('limit', '1')",
            "service_configs_service_id_key_key",
        ),
    ] {
        let insert = format!("insert into {insert}");
        owner.run(&insert);
        let refusal = owner.refusal(&insert).to_string();
        assert!(
            refusal.starts_with("23505: ")
                && refusal.ends_with(&format!("\nCONSTRAINT: {constraint}")),
            "{refusal}"
        );
    }
}

fn an_update_is_stamped_in_every_table(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let tables = writer.rows(
        "select attrelid::regclass from pg_attribute join pg_class as c on c.oid = attrelid
         where relnamespace = 'jadugar'::regnamespace and relkind = 'r' and attname = 'updated_at' order by 1",
    );
    assert_eq!(tables.len(), 7);
    for table in tables {
        writer.run("begin");
        let stamps = writer.rows(&format!(
            "update {table} set updated_at = '2001-01-01' returning updated_at = now()"
        ));
        assert!(
            !stamps.is_empty() && stamps.iter().all(|stamp| stamp == "t"),
            "{table}"
        );
        writer.run("rollback");
    }
}

fn deletions(database: &Database) {
    let mut owner = seeded(database);
    // Who asked for the work stays known.
    let refusal = owner.sqlstate("delete from users where email = 'viktor.hahn@example.com'");
    // PostgreSQL 18 tells RESTRICT from other refusals.
    assert!(["23503", "23001"].contains(&refusal.as_str()), "{refusal}");
    // An account that asked for nothing takes its keys and notifications along, and leaves its work.
    owner.run(
        "update tasks set created_by = null; update milestones set created_by = null; update webhooks set created_by = null",
    );
    let refusal = owner.refusal("delete from users").to_string();
    assert!(
        refusal.ends_with("\nCONSTRAINT: audit_logs_user_id_fkey"),
        "who did something stays known: {refusal}"
    );
    owner.run("update audit_logs set user_id = null; delete from users");
    assert_eq!(
        owner.value("select (select count(*) from api_keys), (select count(*) from notifications where user_id is not null),
            (select count(*) from tasks), (select count(assignee_id) from tasks)"),
        "0|0|43|0"
    );
    owner.run("delete from services");
    assert_eq!(
        owner.value("select count(service_id) from service_configs"),
        "0"
    );
    owner.run("delete from milestones");
    assert_eq!(
        owner.value("select count(*), count(milestone_id) from tasks"),
        "43|0"
    );
    owner.run("delete from tasks");
    assert_eq!(owner.value("select count(*) from task_dependencies"), "0");
}

fn words_are_found_by_the_index(database: &Database) {
    let mut owner = seeded(database);
    let plan = |session: &mut Session, table: &str| {
        session
            .rows(&format!(
                "explain (costs off) select t.title from {table} as t, websearch_to_tsquery('english', 'payment provider') as words
                 where t.search_vector @@ words order by ts_rank(t.search_vector, words) desc"
            ))
            .join("\n")
    };
    owner.run(
        "insert into tasks (title, description, status, priority)
             select 'Task ' || n, 'Something that nobody looks for, number ' || n, 'NOT_STARTED', 'LOW'
             from generate_series(1, 5000) as n;
         insert into milestones (title, description, start_date, end_date, status)
             select 'Milestone ' || n, 'Far away, number ' || n, now(), now(), 'NOT_STARTED'
             from generate_series(1, 5000) as n",
    );
    // A session of its own may not analyze in the middle of the inserts.
    owner.run("analyze tasks");
    owner.run("analyze milestones");
    for (table, index) in [
        ("tasks", "idx_tasks_search"),
        ("milestones", "idx_milestones_search"),
    ] {
        let with_index = plan(&mut owner, table);
        assert!(with_index.contains(index), "{with_index}");
        owner.run(&format!("begin; drop index {index}"));
        assert!(plan(&mut owner, table).contains("Seq Scan"));
        owner.run("rollback");
    }
    // Other forms of a word, in the title or in the description; titles first.
    assert_eq!(
        owner.rows(
            "select title from tasks, websearch_to_tsquery('english', 'providers of payments') as words
             where search_vector @@ words order by ts_rank(search_vector, words) desc, title limit 1"
        ),
        ["Choose the payment provider"]
    );
}

fn a_long_description_is_no_error(database: &Database) {
    let mut owner = migrated(database);
    owner.run(
        "insert into tasks (title, status, priority, description)
         select 'Long', 'NOT_STARTED', 'LOW', string_agg('word' || n, ' ') from generate_series(1, 200000) as n",
    );
    assert_eq!(
        owner
            .rows("select title from tasks where search_vector @@ to_tsquery('english', 'word17')"),
        ["Long"]
    );
}

fn the_seeded_story_is_whole(database: &Database) {
    let mut owner = seeded(database);
    assert_eq!(
        owner.rows("select * from steward.verify_dependencies('task_dependencies')"),
        [""; 0]
    );
    for verify in ["verify_tasks", "verify_progress"] {
        assert_eq!(
            owner.rows(&format!("select * from steward.{verify}('tasks')")),
            [""; 0]
        );
    }
    assert_eq!(
        owner.value(
            "select count(*), max(depth) > 5 from steward.topological_order('task_dependencies')"
        ),
        "43|t"
    );
    let started_too_early = owner.rows(
        "select t.title from tasks as t join task_dependencies on task_id = t.id join tasks as d on d.id = depends_on
         where t.status in ('IN_PROGRESS', 'COMPLETED') and d.status <> 'COMPLETED'",
    );
    assert_eq!(started_too_early, [""; 0]);
    assert!(
        owner.holds(
            "select bool_and(progress = (
                 select round(100.0 * count(*) filter (where status = 'COMPLETED') / count(*)) from tasks where milestone_id = m.id
             )) from milestones as m"
        ),
        "the share of the tasks that are done"
    );
    assert_eq!(
        owner.value(
            "select count(distinct role), (select count(distinct status) from tasks), (select count(distinct priority) from tasks) from users"
        ),
        "4|4|3"
    );
}
