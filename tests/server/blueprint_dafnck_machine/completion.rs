//! Which of DafnckMachine's tasks may be done, when they were, and which come next: through a role that only reads and
//! writes rows.

use steward_tests::{Database, Session, tests};

use super::{another_application, application, seeded, without_policies};

tests![
    nothing_is_done_before_what_it_waits_for,
    without_the_rule_it_is,
    a_whole_is_not_done_before_a_subtask,
    what_is_cancelled_still_blocks,
    a_completion_is_stamped_however_it_is_written,
    without_the_rule_nothing_is_stamped,
    what_is_ready_comes_by_urgency,
    a_claimed_task_is_for_its_holder_to_complete,
    a_whole_may_be_made_to_wait_for_its_parts,
    without_the_trigger_it_does_not,
    how_tasks_are_linked_already_stays,
];

fn complete(task: &str) -> String {
    format!("select complete_task(id) from tasks where title = '{task}'")
}

fn set(task: &str, status: &str) -> String {
    format!("update tasks set status = '{status}' where title = '{task}'")
}

#[track_caller]
fn must_wait(session: &mut Session, statement: &str, blockers: &[&str]) {
    let refusal = session.refusal(statement);
    assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
    assert!(
        refusal.message().starts_with("task ")
            && refusal
                .message()
                .ends_with(" of dafnck.tasks cannot be done before its blockers"),
        "{refusal}"
    );
    assert_eq!(refusal.constraint(), Some("tasks_unblocked"));
    let detail = refusal.detail().expect("the blockers");
    let mut named: Vec<_> = detail
        .match_indices('(')
        .map(|(at, _)| detail[at + 1..].split(')').next().expect("a title"))
        .collect();
    named.sort_unstable();
    assert_eq!(named, blockers, "{refusal}");
}

fn nothing_is_done_before_what_it_waits_for(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for statement in [
        complete("Send the receipt"),
        set("Send the receipt", "done"),
    ] {
        must_wait(&mut writer, &statement, &["Pay by card"]);
    }
    must_wait(
        &mut writer,
        &complete("Try it with fifty passengers"),
        &[
            "Check a ticket on board",
            "Sell a ticket",
            "Write what passengers have to know",
        ],
    );
    // Its links with the hanging purchase order nothing.
    writer.run(&complete("Pay by card"));
    writer.run(&complete("Send the receipt"));
    assert!(writer.holds(
        "select bool_and(status = 'done' and completed_at is not null and updated_at > created_at)
         from tasks where title in ('Pay by card', 'Send the receipt')"
    ));
}

/// The control.
fn without_the_rule_it_is(database: &Database) {
    let mut owner = seeded(database);
    owner.run("select steward.detach('tasks', 'tasks')");
    let mut writer = application_without_readiness(database);
    writer.run(&complete("Try it with fifty passengers"));
}

/// The side table has gone with the rule.
fn application_without_readiness(database: &Database) -> Session {
    without_policies(database).run(
        "grant usage on schema dafnck to writer; grant select, update, insert on dafnck.tasks to writer",
    );
    another_application(database)
}

fn a_whole_is_not_done_before_a_subtask(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    must_wait(
        &mut writer,
        &complete("Sell a ticket"),
        &["The purchase hangs when the network goes"],
    );
    writer.run(&complete("The purchase hangs when the network goes"));
    writer.run(&complete("Sell a ticket"));
}

fn what_is_cancelled_still_blocks(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    writer.run(&set("Pay by card", "cancelled"));
    must_wait(&mut writer, &complete("Send the receipt"), &["Pay by card"]);
    writer.run(
        "delete from task_dependencies where depends_on_task_id = (select id from tasks where title = 'Pay by card')",
    );
    writer.run(&complete("Send the receipt"));
}

fn a_completion_is_stamped_however_it_is_written(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let stamp = "select completed_at = now(), completed_at from tasks where title = 'Pay by card'";
    writer.run(&format!("begin; {}", set("Pay by card", "done")));
    assert!(writer.value(stamp).starts_with("t|"));
    let stamped = writer.value("select completed_at from tasks where title = 'Pay by card'");
    writer.run("commit; update tasks set priority = 'low' where title = 'Pay by card'");
    writer.run(&set("Pay by card", "done"));
    assert_eq!(
        writer.value(stamp),
        format!("f|{stamped}"),
        "it was done before"
    );
    // Reopened.
    writer.run(&set("Pay by card", "review"));
    assert_eq!(writer.value(stamp), "NULL|NULL");
    // On INSERT too; and a time that is given is kept.
    assert_eq!(
        writer.rows(
            "insert into tasks (project_id, creator_id, title, status, completed_at)
             select p.id, owner_id, t.title, t.status::task_status, t.given
             from projects as p, (values
                 ('new', 'done', null), ('import', 'done', '2020-01-01'::timestamptz), ('open', 'review', null)
             ) as t (title, status, given) where p.name = 'New timetable'
             returning title, completed_at = now(), completed_at = '2020-01-01'"
        ),
        ["new|t|f", "import|f|t", "open|NULL|NULL"]
    );
}

/// The control: what a plain UPDATE left to the application.
fn without_the_rule_nothing_is_stamped(database: &Database) {
    let mut owner = seeded(database);
    owner.run("select steward.detach('tasks', 'tasks')");
    let mut writer = application_without_readiness(database);
    writer.run(&set("Pay by card", "done"));
    writer.run(&set("Agree on the fares", "review"));
    assert_eq!(
        writer.rows(
            "select completed_at is null from tasks where title in ('Pay by card', 'Agree on the fares') order by title"
        ),
        ["f", "t"]
    );
}

fn ready(session: &mut Session, priorities: &str) -> Vec<String> {
    session.rows(&format!(
        "select t.title from steward.ready_tasks('tasks', null::uuid{priorities}) with ordinality as r (task, place)
         join tasks as t on t.id = r.task order by place"
    ))
}

fn what_is_ready_comes_by_urgency(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let mut expected = vec![
        // Urgent, by the date.
        "Pay by card",
        "Check a ticket on board",
        // High.
        "Read the code with the camera",
        "The purchase hangs when the network goes",
        "Remember what was checked",
        // Medium.
        "Write what passengers have to know",
    ];
    assert_eq!(ready(&mut writer, ""), expected);
    // The control: the order of the enum's labels is another one.
    assert_eq!(
        ready(&mut writer, ", priorities => '{low,medium,high,urgent}'"),
        [
            "Write what passengers have to know",
            "Read the code with the camera",
            "The purchase hangs when the network goes",
            "Remember what was checked",
            "Pay by card",
            "Check a ticket on board",
        ]
    );
    writer.run(&complete("Pay by card"));
    expected.remove(0);
    expected.insert(4, "Pay back a ticket");
    expected.push("Send the receipt");
    assert_eq!(ready(&mut writer, ""), expected);
}

fn a_claimed_task_is_for_its_holder_to_complete(database: &Database) {
    drop(seeded(database));
    let mut worker = application(database);
    let mut other = another_application(database);
    let token = worker.value("select token from steward.claim_task('tasks', 'a worker')");
    let refusal = other.refusal(&complete("Pay by card"));
    assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
    assert_eq!(refusal.constraint(), Some("tasks_claimed"));
    assert_eq!(
        ready(&mut other, "").first().map(String::as_str),
        Some("Check a ticket on board")
    );
    worker.run(&format!(
        "begin; set local steward.claim_token = '{token}'; {}; commit",
        complete("Pay by card")
    ));
    assert!(worker.holds("select status = 'done' from tasks where title = 'Pay by card'"));
}

/// What the page says, in the same words.
const WAIT_FOR_PARTS: &str = "begin;
     create trigger tasks_subtask_trigger after insert or update on tasks
         for each row execute function state_subtask();
     insert into task_dependencies (task_id, depends_on_task_id, dependency_type)
     select id, parent_task_id, 'subtask_of' from tasks where parent_task_id is not null
     on conflict do nothing;
     commit";

fn a_whole_may_be_made_to_wait_for_its_parts(database: &Database) {
    let mut owner = seeded(database);
    owner.run(WAIT_FOR_PARTS);
    let mut writer = application(database);
    // Nor does whoever writes tasks need a right to write their dependencies.
    owner.run("revoke insert, update, delete on task_dependencies from writer");
    let whole = "Check a ticket on board";
    let parts = [
        "Bring the keys onto the boats",
        "Read the code with the camera",
        "Remember what was checked",
    ];
    must_wait(&mut writer, &complete(whole), &parts);
    for part in ["Remember what was checked", "Read the code with the camera"] {
        writer.run(&complete(part));
    }
    must_wait(&mut writer, &complete(whole), &parts[..1]);
    // A part that comes, and one that goes elsewhere.
    writer.run(
        "insert into tasks (project_id, creator_id, parent_task_id, title)
         select project_id, creator_id, id, 'Test the torch' from tasks where title = 'Check a ticket on board';
         update tasks set parent_task_id = (select id from tasks where title = 'Sell a ticket')
         where title = 'Bring the keys onto the boats'",
    );
    must_wait(&mut writer, &complete(whole), &["Test the torch"]);
    writer.run("update tasks set parent_task_id = null where title = 'Test the torch'");
    writer.run(&complete(whole));
    // What waits for the whole cannot become a part of it.
    let refusal = writer.refusal(
        "update tasks set parent_task_id = (select id from tasks where title = 'Sell a ticket')
         where title = 'Open it to everybody'",
    );
    assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
    assert_eq!(refusal.constraint(), Some("task_dependencies_acyclic"));
    assert_eq!(
        owner.rows("select * from steward.verify_tasks('tasks')"),
        [""; 0]
    );
}

/// The control: it is an option.
fn without_the_trigger_it_does_not(database: &Database) {
    drop(seeded(database));
    application(database).run(&complete("Check a ticket on board"));
}

fn how_tasks_are_linked_already_stays(database: &Database) {
    let mut owner = seeded(database);
    owner.run(
        "insert into task_dependencies (task_id, depends_on_task_id, dependency_type)
         select id, parent_task_id, 'relates_to' from tasks where title = 'Remember what was checked'",
    );
    owner.run(WAIT_FOR_PARTS);
    let mut writer = application(database);
    writer.run(
        "update tasks set parent_task_id = null where title = 'Remember what was checked';
         update tasks set parent_task_id = (select id from tasks where title = 'Check a ticket on board')
         where title = 'Remember what was checked'",
    );
    assert_eq!(
        writer.rows(
            "select dependency_type from task_dependencies join tasks as t on t.id = task_id
             where t.title = 'Remember what was checked' and depends_on_task_id = t.parent_task_id"
        ),
        ["relates_to"]
    );
    must_wait(
        &mut writer,
        &complete("Check a ticket on board"),
        &[
            "Bring the keys onto the boats",
            "Read the code with the camera",
        ],
    );
}
