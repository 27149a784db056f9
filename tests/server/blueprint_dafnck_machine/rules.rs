//! DafnckMachine at work, through a role that only reads and writes rows.

use steward_tests::{Database, Session, tests};

use super::{application, seeded};

tests![
    what_waits_does_not_wait_in_a_circle,
    without_the_rule_it_does,
    links_order_nothing,
    a_subtask_comes_before_the_whole,
    no_task_is_a_part_of_itself,
    without_the_rule_for_parents_it_is,
    checks_refuse_what_cannot_be,
    what_is_unique,
    a_task_is_completed_once,
    deletions,
    settings_are_found_by_their_indexes,
    the_seeded_story_is_whole,
];

/// States how two tasks have to do with each other.
fn link(task: &str, other: &str, kind: &str) -> String {
    format!(
        "insert into task_dependencies (task_id, depends_on_task_id, dependency_type)
         select t.id, o.id, {kind} from tasks as t, tasks as o where t.title = '{task}' and o.title = '{other}'"
    )
}

/// The other way round it is a chain of the seeds: 'Open it to everybody' waits for the trial, that for 'Sell a ticket'.
fn back() -> String {
    link("Sell a ticket", "Open it to everybody", "'blocks'")
}

#[track_caller]
fn is_refused_by(session: &mut Session, statement: &str, constraint: &str) {
    let refusal = session.refusal(statement).to_string();
    assert!(
        refusal.starts_with("23514: ") && refusal.ends_with(&format!("\nCONSTRAINT: {constraint}")),
        "{refusal}"
    );
}

fn what_waits_does_not_wait_in_a_circle(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    is_refused_by(&mut writer, &back(), "task_dependencies_acyclic");
    let itself = link("Sell a ticket", "Sell a ticket", "'relates_to'");
    is_refused_by(&mut writer, &itself, "chk_no_self_dependency");
    assert!(writer.holds(
        "select steward.would_cycle('task_dependencies', task => t.id, depends_on => o.id)
         from tasks as t, tasks as o where t.title = 'Sell a ticket' and o.title = 'Open it to everybody'"
    ));
}

fn without_the_rule_it_does(database: &Database) {
    let mut owner = seeded(database);
    owner.run("select steward.detach('task_dependencies', 'dependencies')");
    owner.run(&back());
}

fn links_order_nothing(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for kind in ["'relates_to'", "'duplicates'", "null"] {
        writer.run("begin");
        writer.run(&link("Sell a ticket", "Open it to everybody", kind));
        // What a link becomes is checked.
        is_refused_by(
            &mut writer,
            "update task_dependencies set dependency_type = 'blocks'
             where task_id = (select id from tasks where title = 'Sell a ticket')",
            "task_dependencies_acyclic",
        );
        writer.run("rollback");
    }
}

fn a_subtask_comes_before_the_whole(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    // The seeds say that the hanging purchase is a subtask of the sale, which so waits for it.
    assert!(writer.holds(
        "select exists (select from tasks as t, tasks as o, steward.dependencies('task_dependencies', t.id) as d
         where t.title = 'Sell a ticket' and o.title = 'The purchase hangs when the network goes' and d.dependency = o.id)"
    ));
    is_refused_by(
        &mut writer,
        &link(
            "The purchase hangs when the network goes",
            "Open it to everybody",
            "'blocks'",
        ),
        "task_dependencies_acyclic",
    );
    writer.run(&link(
        "Open it to everybody",
        "The purchase hangs when the network goes",
        "'blocks'",
    ));
}

fn no_task_is_a_part_of_itself(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for part in ["Sell a ticket", "Pay by card"] {
        is_refused_by(
            &mut writer,
            &format!(
                "update tasks set parent_task_id = (select id from tasks where title = '{part}') where title = 'Sell a ticket'"
            ),
            "tasks_acyclic",
        );
    }
    writer.run(
        "update tasks set parent_task_id = (select id from tasks where title = 'Draw the screens') where title = 'Sell a ticket'",
    );
    assert_eq!(
        writer.value(
            "select count(*) from tasks as t, steward.dependents('tasks', t.id, name => 'parents')
             where t.title = 'Draw the screens'"
        ),
        "9",
        "two of its own, the sale, and six of the sale's"
    );
}

fn without_the_rule_for_parents_it_is(database: &Database) {
    let mut owner = seeded(database);
    owner.run(
        "select steward.detach('tasks', 'dependencies', name => 'steward_parents');
         update tasks set parent_task_id = id where title = 'Sell a ticket'",
    );
}

fn checks_refuse_what_cannot_be(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (change, constraint) in [
        ("users set email = 'nobody'", "chk_email_format"),
        (
            "users set email = 'no body@example.com'",
            "chk_email_format",
        ),
        ("users set email = 'a@example'", "chk_email_format"),
        ("users set username = 'ab'", "chk_username_length"),
        (
            "tasks set estimated_hours = 0",
            "chk_estimated_hours_positive",
        ),
        ("tasks set actual_hours = -1", "chk_actual_hours_positive"),
        ("tasks set due_date = created_at", "chk_due_date_future"),
        (
            "file_attachments set file_size = 0",
            "chk_file_size_positive",
        ),
        (
            "file_attachments set filename = ''",
            "chk_filename_not_empty",
        ),
    ] {
        is_refused_by(&mut writer, &format!("update {change}"), constraint);
    }
    assert_eq!(writer.sqlstate("update tasks set status = 'DONE'"), "22P02");
    // An import tells when a task was made that was due long ago.
    writer.run(
        "insert into tasks (project_id, title, creator_id, due_date, created_at)
         select id, 'Old', owner_id, '2020-02-01', '2020-01-01' from projects limit 1;
         update users set email = 'A.b+c_d%e-f@Mail.Example.Org' where username = 'piet.maas'",
    );
}

fn what_is_unique(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (insert, constraint) in [
        (
            "users (email, username, password_hash) select email, 'other', '!' from users",
            "users_email_key",
        ),
        (
            "users (email, username, password_hash) select 'other@example.com', username, '!' from users",
            "users_username_key",
        ),
        (
            "user_sessions (user_id, session_token, expires_at) select user_id, session_token, now() from user_sessions",
            "user_sessions_session_token_key",
        ),
        (
            "user_sessions (user_id, session_token, refresh_token, expires_at) select user_id, 'x', refresh_token, now() from user_sessions where refresh_token is not null",
            "user_sessions_refresh_token_key",
        ),
        (
            "project_members (project_id, user_id) select project_id, user_id from project_members",
            "project_members_project_id_user_id_key",
        ),
        (
            "task_dependencies (task_id, depends_on_task_id, dependency_type) select task_id, depends_on_task_id, 'duplicates' from task_dependencies",
            "task_dependencies_task_id_depends_on_task_id_key",
        ),
    ] {
        let refusal = writer
            .refusal(&format!("insert into {insert} limit 1"))
            .to_string();
        assert!(
            refusal.starts_with("23505: ")
                && refusal.ends_with(&format!("\nCONSTRAINT: {constraint}")),
            "{refusal}"
        );
    }
}

fn a_task_is_completed_once(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let task = "select status, completed_at = now(), updated_at = now() from tasks where title = 'Pay by card'";
    writer.run("begin; select complete_task(id) from tasks where title = 'Pay by card'");
    assert_eq!(writer.value(task), "done|t|t");
    writer.run("commit; begin; select complete_task(id) from tasks where title = 'Pay by card'");
    assert_eq!(
        writer.value(task),
        "done|f|f",
        "the time of the first call stays"
    );
    writer.run("commit; select complete_task(gen_random_uuid())");
}

fn deletions(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let refusal = writer.refusal("delete from users where username = 'piet.maas'");
    assert_eq!(
        refusal.sqlstate(),
        "23503",
        "whom work names stays: {refusal}"
    );
    writer.run(
        "insert into users (email, username, password_hash) values ('new@example.com', 'new', '!');
         insert into user_profiles (user_id) select id from users where username = 'new';
         insert into user_sessions (user_id, session_token, expires_at) select id, 'new', now() from users where username = 'new';
         insert into project_members (project_id, user_id) select p.id, u.id from projects as p, users as u where username = 'new';
         delete from users where username = 'new'",
    );
    assert_eq!(
        writer.sqlstate("delete from tasks where title = 'Sell a ticket'"),
        "23503",
        "it has parts"
    );
    writer.run("delete from projects");
    assert_eq!(
        writer.value(
            "select (select count(*) from project_members), (select count(*) from tasks), (select count(*) from task_dependencies),
                 (select count(*) from documents), (select count(*) from document_versions), (select count(*) from file_attachments)"
        ),
        "0|0|0|0|0|0"
    );
    writer.run("delete from users");
    assert_eq!(
        writer.value(
            "select (select count(*) from user_profiles), (select count(*) from user_sessions)"
        ),
        "0|0"
    );
}

fn settings_are_found_by_their_indexes(database: &Database) {
    let mut owner = seeded(database);
    owner.run("set enable_seqscan = off");
    for (query, index) in [
        (
            "users where metadata @> '{\"program\": true}'",
            "idx_users_metadata_gin",
        ),
        (
            "projects where settings @> '{\"hours_a_day\": 6}'",
            "idx_projects_settings_gin",
        ),
        (
            "projects where settings -> 'theme' @> '{\"dark\": true}'",
            "idx_project_settings_theme",
        ),
        ("tasks where metadata ? 'run'", "idx_tasks_metadata_gin"),
        (
            "documents where metadata @> '{\"a\": 1}'",
            "idx_documents_metadata_gin",
        ),
        (
            "user_profiles where preferences @> '{\"theme\": \"dark\"}'",
            "idx_user_preferences",
        ),
    ] {
        let plan = owner
            .rows(&format!("explain (costs off) select * from {query}"))
            .join("\n");
        assert!(plan.contains(index), "{plan}");
    }
}

fn the_seeded_story_is_whole(database: &Database) {
    let mut owner = seeded(database);
    for (table, name) in [("task_dependencies", "null"), ("tasks", "'parents'")] {
        let verify = format!("select * from steward.verify_dependencies('{table}', {name})");
        assert_eq!(owner.rows(&verify), [""; 0]);
    }
    for verify in ["verify_tasks", "verify_progress"] {
        let verify = format!("select * from steward.{verify}('tasks')");
        assert_eq!(owner.rows(&verify), [""; 0]);
    }
    assert_eq!(
        owner.value("select (select count(*) from projects), (select count(*) from tasks), (select count(distinct status) from tasks)"),
        "2|30|6"
    );
    let started_too_early = "select t.title from tasks as t join task_dependencies on task_id = t.id join tasks as d on d.id = depends_on_task_id
         where dependency_type = 'blocks' and t.status in ('in_progress', 'review', 'done') and d.status <> 'done'";
    assert_eq!(owner.rows(started_too_early), [""; 0]);
    // Neither in fact nor in time: what a rule that comes after the rows would not have refused.
    let done_before_its_parts =
        "select p.title from tasks as p join tasks as t on t.parent_task_id = p.id
         where p.status = 'done' and t.status <> 'cancelled' and p.completed_at >= t.completed_at is not true";
    assert_eq!(owner.rows(done_before_its_parts), [""; 0]);
    let done_before_a_blocker =
        "select t.title from tasks as t join task_dependencies on task_id = t.id join tasks as d on d.id = depends_on_task_id
         where dependency_type = 'blocks' and t.status = 'done' and t.completed_at >= d.completed_at is not true";
    assert_eq!(owner.rows(done_before_a_blocker), [""; 0]);
    assert!(
        owner.holds("select bool_and((status = 'done') = (completed_at is not null)) from tasks")
    );
    assert!(owner.holds(
        "select bool_and(d.version = v.count and d.version = v.max and coalesce(d.content, '') = v.newest)
         from documents as d, lateral (
             select count(*), max(version_number), (array_agg(content order by version_number desc))[1] as newest
             from document_versions where document_id = d.id
         ) as v"
    ));
    assert!(owner.holds(
        "select bool_and(last_login_at is not distinct from (select max(created_at) from user_sessions where user_id = u.id)) from users as u"
    ));
}
