//! New Fuse at work, through roles that only read and write rows.

use steward_tests::{Database, tests};

use super::{application, migrated, seeded};

tests![
    an_application_is_stamped_and_recorded,
    without_the_rule_nothing_is_recorded,
    checks_refuse_what_cannot_be,
    deletions,
    a_feature_cannot_wait_for_itself,
    seeded_histories_are_whole,
];

fn an_application_is_stamped_and_recorded(database: &Database) {
    let mut writer = application(database);
    writer.run(
        "insert into users (username, email, password_hash, updated_at) values ('a', 'a@example.com', '!', '2001-01-01');
         insert into tasks (title, updated_at) values ('t', '2001-01-01');
         insert into messages (content, updated_at) values ('m', '2001-01-01');
         insert into features (name, description, current_stage, last_updated) values ('f', 'd', 'planning', '2001-01-01')",
    );
    writer.run("begin");
    for (change, column) in [
        ("users set role = 'admin'", "updated_at"),
        ("tasks set priority = 1", "updated_at"),
        ("messages set status = 'read'", "updated_at"),
        ("features set current_stage = 'design'", "last_updated"),
    ] {
        assert!(
            writer.holds(&format!("update {change} returning {column} = now()")),
            "{change}"
        );
    }
    writer.run("commit");
    assert_eq!(
        writer.rows("select from_stage, to_stage, duration is null from stage_transitions order by timestamp"),
        ["NULL|planning|t", "planning|design|f"]
    );
    assert_eq!(writer.sqlstate("delete from stage_transitions"), "42501");
}

fn without_the_rule_nothing_is_recorded(database: &Database) {
    let mut owner = migrated(database);
    owner.run(
        "select steward.detach('features', 'stages');
         insert into features (name, description, current_stage) values ('f', 'd', 'planning')",
    );
    assert!(owner.rows("select from stage_transitions").is_empty());
}

fn checks_refuse_what_cannot_be(database: &Database) {
    let mut owner = migrated(database);
    for (statement, constraint) in [
        (
            "insert into features (name, description, current_stage, completion_percentage) values ('f', 'd', 's', 101)",
            "features_completion_percentage_check",
        ),
        (
            "insert into features (name, description, current_stage, completion_percentage) values ('f', 'd', 's', 'NaN')",
            "features_completion_percentage_check",
        ),
        (
            "insert into code_metrics (lines_of_code) values (-1)",
            "code_metrics_lines_of_code_check",
        ),
        (
            "insert into code_metrics (tokens_used) values (-1)",
            "code_metrics_tokens_used_check",
        ),
        (
            "insert into code_metrics (test_coverage) values (-0.1)",
            "code_metrics_test_coverage_check",
        ),
        (
            "insert into code_metrics (test_coverage) values ('Infinity')",
            "code_metrics_test_coverage_check",
        ),
        (
            "insert into attachments (filename, file_path, size_bytes) values ('f', 'p', -1)",
            "attachments_size_bytes_check",
        ),
    ] {
        let refusal = owner.refusal(statement).to_string();
        assert!(
            refusal.starts_with("23514: ")
                && refusal.ends_with(&format!("\nCONSTRAINT: {constraint}")),
            "{refusal}"
        );
    }
    owner.run(
        "insert into features (name, description, current_stage, completion_percentage) values ('f', 'd', 's', 100);
         insert into code_metrics (test_coverage, lines_of_code) values (null, null)",
    );
}

fn deletions(database: &Database) {
    let mut owner = seeded(database);
    // Who asked, said or uploaded stays known.
    let refusal = owner.sqlstate("delete from users where username = 'mara.lindqvist'");
    // PostgreSQL 18 tells RESTRICT from other refusals.
    assert!(["23503", "23001"].contains(&refusal.as_str()), "{refusal}");
    owner.run(
        "insert into users (username, email, password_hash) values ('temp', 'temp@example.com', '!');
         update tasks set assigned_to = (select id from users where username = 'temp') where id = (select min(id::text)::uuid from tasks);
         delete from users where username = 'temp'",
    );
    assert!(owner.holds(
        "select assigned_to is null from tasks where id = (select min(id::text)::uuid from tasks)"
    ));
    // A feature takes its history, metrics and dependencies along, and leaves its tasks.
    let tasks = owner.value("select count(*) from tasks");
    owner.run("delete from features");
    assert_eq!(
        owner.value("select (select count(*) from stage_transitions) + (select count(*) from code_metrics where feature_id is not null) + (select count(*) from feature_dependencies)"),
        "0"
    );
    assert_eq!(
        owner.value("select count(*), count(feature_id) from tasks"),
        format!("{tasks}|0")
    );
    // A task takes its conversation along, and that its files.
    owner.run("delete from tasks");
    assert_eq!(owner.value("select (select count(*) from messages where task_id is not null) + (select count(*) from attachments)"), "0");
}

fn a_feature_cannot_wait_for_itself(database: &Database) {
    let mut writer = application(database);
    writer.run(
        "insert into features (id, name, description, current_stage) values
             ('00000000-0000-0000-0000-00000000000a', 'a', 'd', 's'),
             ('00000000-0000-0000-0000-00000000000b', 'b', 'd', 's');
         insert into feature_dependencies (feature_id, depends_on)
             select a.id, b.id from features as a, features as b where a.name = 'a' and b.name = 'b'",
    );
    let back = "insert into feature_dependencies (feature_id, depends_on)
         select b.id, a.id from features as a, features as b where a.name = 'a' and b.name = 'b'";
    assert_eq!(
        writer.refusal(back).to_string(),
        "23514: a dependency in fuse.feature_dependencies would close a cycle\n\
         DETAIL: Each waits for the next: 00000000-0000-0000-0000-00000000000b -> \
         00000000-0000-0000-0000-00000000000a -> 00000000-0000-0000-0000-00000000000b.\n\
         HINT: Nothing can wait for itself, not even through others: leave this dependency out, or remove another one \
         of the cycle first.\n\
         SCHEMA: fuse\n\
         TABLE: feature_dependencies\n\
         CONSTRAINT: feature_dependencies_acyclic"
    );
    assert_eq!(
        writer.sqlstate("insert into feature_dependencies (feature_id, depends_on) select id, id from features where name = 'a'"),
        "23514"
    );
    // Without the rule nothing would refuse it.
    let mut owner = database.owner();
    owner.run(
        "set search_path = fuse; select steward.detach('feature_dependencies', 'dependencies')",
    );
    writer.run(back);
}

fn seeded_histories_are_whole(database: &Database) {
    let mut owner = seeded(database);
    assert_eq!(
        owner.value(
            "select count(*) from (
                 select *, lag(to_stage) over earlier as before, lag(timestamp) over earlier as previous
                 from stage_transitions window earlier as (partition by feature_id order by timestamp)
             ) as t
             where from_stage is distinct from before or timestamp <= previous
                 or duration is distinct from floor(extract(epoch from timestamp - previous) * 1000)"
        ),
        "0"
    );
    assert!(owner.holds(
        "select bool_and(current_stage = (
             select to_stage from stage_transitions where feature_id = features.id order by timestamp desc limit 1
         )) from features"
    ));
    for verify in ["verify_tasks", "verify_progress"] {
        assert_eq!(
            owner.rows(&format!("select * from steward.{verify}('tasks')")),
            [""; 0]
        );
    }
    assert!(owner.holds(
        "select bool_and(completion_percentage = coalesce((
             select 100.0 * count(*) filter (where status = 'completed') / nullif(count(*), 0) from tasks where feature_id = features.id
         ), completion_percentage)) from features"
    ), "the share of the tasks that are done");
}
