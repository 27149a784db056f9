//! Jadugar's tasks and milestones: what is completed and when, and how far that takes a milestone.

use steward_tests::{Database, Session, tests};

use super::{application, seeded};

tests![
    nothing_is_completed_before_what_it_waits_for,
    without_the_rule_it_is,
    blocked_is_what_people_say,
    what_is_ready_comes_by_priority_and_date,
    progress_follows_the_tasks,
    without_the_rule_it_does_not,
    progress_is_not_in_the_log,
];

/// The id of the task, as a subquery.
fn id(title: &str) -> String {
    format!("(select id from tasks where title = '{title}')")
}

const FIRST: &str = "Measure relevance against the old search";
/// Waits for the first, and is BLOCKED.
const SECOND: &str = "Replace the old search page";

fn complete(title: &str) -> String {
    format!("update tasks set status = 'COMPLETED' where title = '{title}'")
}

fn nothing_is_completed_before_what_it_waits_for(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for change in [
        complete(SECOND),
        format!("select steward.complete_task('tasks', {})", id(SECOND)),
    ] {
        let refusal = writer.refusal(&change);
        assert_eq!(refusal.sqlstate(), "55000");
        assert_eq!(refusal.constraint(), Some("tasks_unblocked"));
        let detail = refusal.detail().unwrap_or_default();
        assert!(detail.contains(FIRST), "{detail}");
    }
    // Both at once, and anything else at any time.
    writer.run(&format!(
        "begin; update tasks set status = 'COMPLETED' where id in (
             select {} union all select task::uuid from steward.blockers('tasks', {}, transitive => true)
         ); rollback",
        id(SECOND),
        id(SECOND)
    ));
    writer.run(&format!(
        "update tasks set status = 'IN_PROGRESS' where title = '{SECOND}'"
    ));
}

fn without_the_rule_it_is(database: &Database) {
    let mut owner = seeded(database);
    owner.run("select steward.detach('tasks', 'tasks')");
    owner.run(&complete(SECOND));
}

/// The rule neither sets the status nor takes it away: it tells what waits for nothing any more.
fn blocked_is_what_people_say(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let ready = writer.rows(&format!(
        "select r::uuid = {} from steward.complete_task('tasks', {}) as r",
        id(SECOND),
        id(FIRST)
    ));
    let blockers = format!(
        "select count(*) from steward.blockers('tasks', {})",
        id(SECOND)
    );
    let waits = writer.value(&blockers);
    assert_eq!(ready == ["t"], waits == "0", "{ready:?}, {waits}");
    assert_eq!(
        writer.value(&format!(
            "select status from tasks where title = '{SECOND}'"
        )),
        "BLOCKED"
    );
    writer
        .run("update tasks set status = 'BLOCKED' where title = 'Plan who is on call in January'");
    assert!(
        writer.holds(&format!(
            "select {} in (select steward.ready_tasks('tasks', null::uuid))",
            id("Plan who is on call in January")
        )),
        "it waits for no other task"
    );
}

fn what_is_ready_comes_by_priority_and_date(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let ready = writer.rows(
        "select t.priority, t.title from steward.ready_tasks('tasks', null::uuid) with ordinality as r (id, place)
         join tasks as t using (id) order by place",
    );
    assert_eq!(
        ready,
        [
            "HIGH|Measure relevance against the old search",
            "HIGH|Take card payments in the sandbox",
            "HIGH|Sign the contract with the payment provider",
            "HIGH|Decide how passwords are moved",
            "MEDIUM|Filter by language and format",
            "LOW|Plan who is on call in January",
        ]
    );
    // The query that one would write without the rule.
    assert_eq!(
        ready,
        writer.rows(
            "select priority, title from tasks as t where status <> 'COMPLETED' and not exists (
                 select from task_dependencies join tasks as d on d.id = depends_on
                 where task_id = t.id and d.status <> 'COMPLETED'
             ) order by priority::priority_type desc, due_date"
        )
    );
}

/// Two milestones, a and b, and three tasks of a.
fn planned(writer: &mut Session) {
    writer.run(
        "insert into milestones (title, start_date, end_date, status)
             select title, now(), now(), 'NOT_STARTED' from unnest('{a,b}'::text[]) as title;
         insert into tasks (milestone_id, title, status, priority)
             select id, 't' || n, 'NOT_STARTED', 'LOW' from milestones, generate_series(1, 3) as n where milestones.title = 'a'",
    );
}

const PROGRESS: &str = "select progress from milestones where title in ('a', 'b') order by title";

fn progress_follows_the_tasks(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    planned(&mut writer);
    assert_eq!(writer.rows(PROGRESS), ["0", "0"]);
    for (change, expected) in [
        (
            "update tasks set status = 'COMPLETED' where title = 't1'",
            ["33", "0"],
        ),
        (
            "update tasks set status = 'BLOCKED' where title = 't2'",
            ["33", "0"],
        ),
        (
            "update tasks set milestone_id = (select id from milestones where title = 'b') where title = 't1'",
            ["0", "100"],
        ),
        (
            "update tasks set status = 'COMPLETED' where title = 't3'",
            ["50", "100"],
        ),
        ("delete from tasks where title = 't2'", ["100", "100"]),
        (
            "update tasks set milestone_id = null where title = 't1'",
            ["100", "0"],
        ),
        (
            "update tasks set status = 'IN_PROGRESS' where title = 't3'",
            ["0", "0"],
        ),
    ] {
        writer.run(change);
        assert_eq!(writer.rows(PROGRESS), expected, "{change}");
    }
    // Nobody needs a right to write milestones for it.
    database
        .owner()
        .run("revoke update on jadugar.milestones from writer");
    writer.run("update tasks set status = 'COMPLETED' where title = 't3'");
    assert_eq!(writer.rows(PROGRESS), ["100", "0"]);
}

fn without_the_rule_it_does_not(database: &Database) {
    let mut owner = seeded(database);
    planned(&mut owner);
    owner.run(
        "select steward.detach('tasks', 'progress');
         update tasks set status = 'COMPLETED' where title = 't1'",
    );
    assert_eq!(owner.rows(PROGRESS), ["0", "0"]);
}

fn progress_is_not_in_the_log(database: &Database) {
    let mut owner = seeded(database);
    planned(&mut owner);
    let recorded = "select entity_type, jsonb_object_keys(changes - '@actor') from audit_logs
         where action = 'UPDATE' and created_at >= now() order by created_at";
    let in_the_log = |owner: &mut Session, title: &str| {
        owner.run(&format!("begin; {}", complete(title)));
        let found = owner.rows(recorded);
        owner.run("commit");
        found
    };
    assert_eq!(in_the_log(&mut owner, "t1"), ["tasks|status"]);
    assert_eq!(owner.rows(PROGRESS), ["33", "0"]);
    // The control: the choice to have it there.
    owner.run(
        "select steward.audit('milestones', 'audit_logs', ignore => '{updated_at,search_vector}')",
    );
    let mut found = in_the_log(&mut owner, "t2");
    found.sort_unstable();
    assert_eq!(found, ["milestones|progress", "tasks|status"]);
}
