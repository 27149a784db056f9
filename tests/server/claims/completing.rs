//! Who may complete a task that is claimed.

use steward_tests::{Database, Role, Session, tests};

use super::{LEVELS, claim, expire, owner_of_tasks, ready};

tests![
    only_the_holder_completes,
    the_setting_shows_a_token,
    the_token_of_another_task_opens_nothing,
    a_late_completion_is_refused,
    a_late_completion_is_refused_after_the_other_has_ended,
    an_expired_claim_stops_nobody,
    a_token_is_shown_for_one_call,
    other_changes_need_no_token,
    a_bulk_update_is_refused_whole,
    what_is_claimed_meanwhile,
    who_holds_it_is_told,
];

fn complete(session: &mut Session, task: &str, token: &str) {
    session.run(&format!(
        "select steward.complete_task('tasks', {task}, token => {token})"
    ));
}

#[track_caller]
fn is_refused(session: &mut Session, sql: &str) {
    let refusal = session.refusal(sql);
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint()),
        ("55000", Some("tasks_claimed")),
        "{refusal}"
    );
    assert!(refusal.hint().is_some(), "{refusal}");
}

fn only_the_holder_completes(database: &Database) {
    let mut owner = owner_of_tasks(database, 6);
    for level in LEVELS {
        let (task, token) = claim(&mut owner, "a");
        let mut other = database.owner();
        other.run(&format!("begin isolation level {level}; savepoint s"));
        for sql in [
            format!("update tasks set status = 'done' where id = {task}"),
            format!("select steward.complete_task('tasks', {task})"),
            format!("select steward.complete_task('tasks', {task}, token => 0)"),
            format!(
                "insert into tasks (id, status) values ({task}, 'done') on conflict (id) do update set status = 'done'"
            ),
        ] {
            is_refused(&mut other, &sql);
            other.run("rollback to s");
        }
        other.run("rollback");
        owner.run(&format!("begin isolation level {level}"));
        complete(&mut owner, &task, &token);
        owner.run("commit");
        assert!(owner.holds(&format!(
            "select status = 'done' from tasks where id = {task}"
        )));
    }
    // Negative control: nobody claims it.
    owner.run("update tasks set status = 'done' where status = 'open'");
}

fn the_setting_shows_a_token(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    let (task, token) = claim(&mut owner, "a");
    let update = format!("update tasks set status = 'done' where id = {task}");
    for wrong in ["", "x", "0", "1 or 1=1", "99999999999999999999"] {
        owner.run(&format!("set steward.claim_token = '{wrong}'"));
        is_refused(&mut owner, &update);
    }
    owner.run(&format!(
        "begin; set local steward.claim_token = '{token}'; {update}; commit"
    ));
    let (task, _) = claim(&mut owner, "a");
    is_refused(
        &mut owner,
        &format!("update tasks set status = 'done' where id = {task}"),
    );
}

fn the_token_of_another_task_opens_nothing(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    let (_, first) = claim(&mut owner, "a");
    let (second, _) = claim(&mut owner, "b");
    owner.run(&format!("set steward.claim_token = '{first}'"));
    is_refused(
        &mut owner,
        &format!("update tasks set status = 'done' where id = {second}"),
    );
    is_refused(
        &mut owner,
        &format!("select steward.complete_task('tasks', {second}, token => {first})"),
    );
}

fn a_late_completion_is_refused(database: &Database) {
    let mut owner = owner_of_tasks(database, 1);
    for level in LEVELS {
        let (task, late) = claim(&mut owner, "a");
        let mut holder = database.owner();
        holder.run(&format!("begin isolation level {level}; select from tasks"));
        expire(&mut owner);
        let (again, token) = claim(&mut owner, "b");
        assert_eq!(again, task);
        is_refused(
            &mut holder,
            &format!("select steward.complete_task('tasks', {task}, token => {late})"),
        );
        holder.run("rollback");
        owner.run(&format!(
            "select steward.release_claim('tasks', {task}, {token})"
        ));
    }
}

/// The other one has given it back: the late one is late all the same.
fn a_late_completion_is_refused_after_the_other_has_ended(database: &Database) {
    let mut owner = owner_of_tasks(database, 1);
    let (task, late) = claim(&mut owner, "a");
    expire(&mut owner);
    let (_, token) = claim(&mut owner, "b");
    owner.run(&format!(
        "select steward.release_claim('tasks', {task}, {token})"
    ));
    is_refused(
        &mut owner,
        &format!("select steward.complete_task('tasks', {task}, token => {late})"),
    );
    let (_, token) = claim(&mut owner, "c");
    complete(&mut owner, &task, &token);
    owner.run(&format!(
        "update tasks set status = 'open' where id = {task}"
    ));
    is_refused(
        &mut owner,
        &format!("select steward.complete_task('tasks', {task}, token => {late})"),
    );
}

fn an_expired_claim_stops_nobody(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    let (first, _) = claim(&mut owner, "a");
    let (second, token) = claim(&mut owner, "a");
    expire(&mut owner);
    owner.run(&format!(
        "update tasks set status = 'done' where id = {first}"
    ));
    // The holder is late, but nobody has taken the task over.
    complete(&mut owner, &second, &token);
    assert_eq!(
        owner.value("select count(*) from tasks_readiness where claimed_until is not null"),
        "0"
    );
}

fn a_token_is_shown_for_one_call(database: &Database) {
    let mut owner = owner_of_tasks(database, 4);
    let (first, token) = claim(&mut owner, "a");
    let (second, _) = claim(&mut owner, "a");
    owner.run("begin");
    complete(&mut owner, &first, &token);
    owner.run(&format!(
        "savepoint s; update tasks set status = 'open' where id = {first}"
    ));
    is_refused(
        &mut owner,
        &format!("update tasks set status = 'done' where id = {second}"),
    );
    owner.run("rollback");
    // Nor is it shown after a call that failed.
    owner.run("insert into edges values (1, 3)");
    assert_eq!(
        owner
            .refusal(&format!(
                "select steward.complete_task('tasks', {first}, token => {token})"
            ))
            .constraint(),
        Some("tasks_unblocked")
    );
    owner.run("delete from edges");
    is_refused(
        &mut owner,
        &format!("update tasks set status = 'done' where id = {first}"),
    );
}

fn other_changes_need_no_token(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    let (task, token) = claim(&mut owner, "a");
    owner.run(&format!(
        "update tasks set title = 'x', status = 'in progress', priority = 'low' where id = {task};
         insert into edges values ({task}, 2); delete from edges"
    ));
    assert_eq!(ready(&mut owner), ["2", "3"]);
    owner.run(&format!(
        "select steward.extend_claim('tasks', {task}, {token})"
    ));
    // A task that was done is left alone.
    complete(&mut owner, &task, &token);
    owner.run(&format!("update tasks set title = 'y' where id = {task}"));
}

fn a_bulk_update_is_refused_whole(database: &Database) {
    let mut owner = owner_of_tasks(database, 100);
    let (_, token) = claim(&mut owner, "a");
    is_refused(&mut owner, "update tasks set status = 'done'");
    assert_eq!(ready(&mut owner).len(), 50);
    owner.run(&format!(
        "set steward.claim_token = {token}; update tasks set status = 'done'"
    ));
    assert_eq!(ready(&mut owner), [""; 0]);
}

/// A claim that is not committed is waited for, and then counts.
fn what_is_claimed_meanwhile(database: &Database) {
    for level in LEVELS {
        let mut owner = owner_of_tasks(database, 2);
        let mut claimer = database.owner();
        claimer.run("begin");
        let (task, _) = claim(&mut claimer, "a");
        let mut other = database.owner();
        other.run(&format!("set default_transaction_isolation = '{level}'"));
        let waiting = other.start(&format!(
            "update tasks set status = 'done' where id = {task}"
        ));
        waiting.until_blocked(&mut owner);
        claimer.run("commit");
        let (_, result) = waiting.finish();
        assert_eq!(
            result.expect_err("a refusal").constraint(),
            Some("tasks_claimed"),
            "{level}"
        );

        // A completion that is not committed: its task is passed over.
        let mut other = database.owner();
        other.run("begin; update tasks set status = 'done' where id = 2");
        assert_eq!(
            owner.rows("select * from steward.claim_task('tasks', 'b')"),
            [""; 0],
            "{level}"
        );
        other.run("rollback");
        assert_eq!(claim(&mut owner, "b").0, "2");
        owner.run("drop table tasks, edges cascade; drop type urgency");
    }
}

fn who_holds_it_is_told(database: &Database) {
    let mut owner = owner_of_tasks(database, 1);
    owner.run("grant select, update on tasks to writer");
    claim(&mut owner, "agent 7");
    let mut writer = database.session(Role::Writer);
    let refusal = writer.refusal("update tasks set status = 'done'");
    assert_eq!(refusal.message(), "task 1 of public.tasks is claimed");
    let detail = refusal.detail().unwrap_or_default();
    assert!(
        detail.starts_with("'agent 7' holds it until 20"),
        "{refusal}"
    );
    assert!(refusal.to_string().contains("TABLE: tasks"), "{refusal}");
}
