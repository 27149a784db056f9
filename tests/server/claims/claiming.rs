//! Claims one after the other: what they hand out, hold, extend and give back.

use steward_tests::{Database, tests};

use super::{LEVELS, claim, expire, owner_of_tasks, ready};

tests![
    a_claim_takes_the_best_task,
    tokens_only_rise,
    a_claim_is_extended,
    a_claim_is_given_back,
    another_token_is_refused,
    a_rollback_takes_a_claim_back,
    a_lease_has_a_length,
    the_clock_counts_not_the_transaction,
    the_assignee_is_written,
    the_assignee_needs_the_right,
    a_claim_ends_with_its_task,
    a_blocked_claim_is_not_ready,
    claims_survive,
    an_older_snapshot_claims_what_is_there_now,
];

fn number(text: &str) -> i64 {
    text.parse().expect("a number")
}

fn a_claim_takes_the_best_task(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    owner.run("update tasks set priority = 'urgent' where id = 2");
    assert_eq!(claim(&mut owner, "ä''\\").0, "2");
    assert_eq!(ready(&mut owner), ["1", "3"]);
    assert_eq!(
        owner.value(
            "select task, claimed_by, claimed_until between now() + interval '9 minutes' and now() + interval '11 minutes'
             from tasks_readiness where claimed_by is not null"
        ),
        "2|ä'\\|t"
    );
    assert_eq!(
        owner.value("select task, claimed_until > now() + interval '1 day' from steward.claim_task('tasks', 'b', '2 days', '{low}')"),
        "1|t"
    );
    assert_eq!(claim(&mut owner, "").0, "3");
    assert_eq!(
        owner.rows("select * from steward.claim_task('tasks', 'c')"),
        [""; 0]
    );
}

fn tokens_only_rise(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    let mut last = 0;
    for turn in 0..6 {
        let (task, token) = claim(&mut owner, "a");
        assert!(number(&token) > last, "{token} after {last}");
        last = number(&token);
        match turn % 3 {
            0 => expire(&mut owner),
            1 => owner.run(&format!(
                "select steward.release_claim('tasks', {task}, {token})"
            )),
            // A key that comes again has no token that was there before.
            _ => owner.run(&format!(
                "delete from tasks where id = {task}; insert into tasks values ({task})"
            )),
        }
    }
}

fn a_claim_is_extended(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    let (task, token) = claim(&mut owner, "a");
    assert!(owner.holds(&format!(
        "select steward.extend_claim('tasks', {task}, {token}, '1 hour') > now() + interval '59 minutes'"
    )));
    assert!(owner.holds(&format!(
        "select steward.extend_claim('tasks', {task}, {token}) < now() + interval '59 minutes'"
    )));
    // An expired one too, as long as nobody has taken the task over.
    expire(&mut owner);
    assert_eq!(ready(&mut owner), ["1", "2"]);
    owner.run(&format!(
        "select steward.extend_claim('tasks', {task}, {token})"
    ));
    assert_eq!(ready(&mut owner), ["2"]);
    expire(&mut owner);
    assert_eq!(claim(&mut owner, "b").0, task);
    let refusal = owner.refusal(&format!(
        "select steward.extend_claim('tasks', {task}, {token})"
    ));
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint()),
        ("55000", Some("tasks_claimed"))
    );
    assert!(
        refusal
            .detail()
            .is_some_and(|detail| detail.starts_with("'b' holds it until ")),
        "{refusal}"
    );
}

fn a_claim_is_given_back(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    let (task, token) = claim(&mut owner, "a");
    assert_eq!(ready(&mut owner), ["2"]);
    let release = format!("select steward.release_claim('tasks', {task}, {token})");
    assert!(owner.holds(&release));
    assert_eq!(ready(&mut owner), ["1", "2"]);
    assert!(!owner.holds(&release), "told again, it is no error");
    let refusal = owner.refusal(&format!(
        "select steward.extend_claim('tasks', {task}, {token})"
    ));
    assert_eq!(refusal.constraint(), Some("tasks_claimed"), "{refusal}");
    assert_eq!(claim(&mut owner, "b").0, task);
    assert_eq!(owner.sqlstate(&release), "55000");
    assert_eq!(ready(&mut owner), ["2"]);
}

fn another_token_is_refused(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    let (_, first) = claim(&mut owner, "a");
    let (second, _) = claim(&mut owner, "a");
    for token in [&first, "0", "-1", "9223372036854775807"] {
        for call in ["extend_claim", "release_claim"] {
            let refusal = owner.refusal(&format!(
                "select steward.{call}('tasks', {second}, {token})"
            ));
            assert_eq!(refusal.constraint(), Some("tasks_claimed"), "{refusal}");
        }
    }
}

fn a_rollback_takes_a_claim_back(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    owner.run("begin");
    assert_eq!(claim(&mut owner, "a").0, "1");
    owner.run("savepoint s");
    let (task, token) = claim(&mut owner, "a");
    assert_eq!(task, "2");
    owner.run("rollback to s");
    assert_eq!(ready(&mut owner), ["2"]);
    let (task, again) = claim(&mut owner, "a");
    assert_eq!(task, "2");
    assert!(number(&again) > number(&token));
    owner.run("rollback");
    assert_eq!(ready(&mut owner), ["1", "2"]);
}

fn a_lease_has_a_length(database: &Database) {
    let mut owner = owner_of_tasks(database, 1);
    for lease in ["0", "-1 second", "1 month -40 days"] {
        let refusal = owner.refusal(&format!(
            "select steward.claim_task('tasks', 'a', '{lease}')"
        ));
        assert_eq!(refusal.sqlstate(), "22023", "{refusal}");
    }
    assert_eq!(
        owner.sqlstate("select steward.claim_task('tasks', 'a', '300000 years')"),
        "22008"
    );
    owner.run("delete from tasks");
    assert_eq!(
        owner.sqlstate("select steward.claim_task('tasks', 'a', '0')"),
        "22023"
    );
}

fn the_clock_counts_not_the_transaction(database: &Database) {
    let mut owner = owner_of_tasks(database, 1);
    owner.run("begin; select now(), pg_sleep(0.05)");
    owner.run("select steward.claim_task('tasks', 'a', '40 milliseconds')");
    assert_eq!(ready(&mut owner), [""; 0]);
    owner.run("select pg_sleep(0.05)");
    assert_eq!(ready(&mut owner), ["1"]);
    assert_eq!(claim(&mut owner, "b").0, "1");
    owner.run("commit");
}

fn the_assignee_is_written(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    owner.run(
        "select steward.track_completion('tasks', edges => 'edges', assignee => 'assigned_to')",
    );
    for level in LEVELS {
        owner.run(&format!("begin isolation level {level}"));
        let (task, token) = claim(&mut owner, "a''b");
        assert_eq!(
            owner.value(&format!("select assigned_to from tasks where id = {task}")),
            "a'b"
        );
        owner.run(&format!(
            "commit; select steward.release_claim('tasks', {task}, {token})"
        ));
    }
    // Whose row another session is changing is passed over.
    let mut other = database.owner();
    other.run("begin; update tasks set title = 'x' where id = 1");
    assert_eq!(claim(&mut owner, "a").0, "2");
    assert_eq!(
        owner.rows("select * from steward.claim_task('tasks', 'a')"),
        [""; 0]
    );
    other.run("commit");
    assert_eq!(claim(&mut owner, "a").0, "1");
}

fn the_assignee_needs_the_right(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    owner.run(
        "select steward.track_completion('tasks', edges => 'edges', assignee => 'assigned_to');
         grant select, update (status) on tasks to writer",
    );
    let mut writer = database.session(steward_tests::Role::Writer);
    assert_eq!(
        writer.sqlstate("select steward.claim_task('tasks', 'w')"),
        "42501"
    );
    assert_eq!(ready(&mut owner), ["1", "2"]);
    owner.run("grant update (assigned_to) on tasks to writer");
    claim(&mut writer, "w");
    // A trigger that keeps the row as it is.
    owner.run(
        "create function keep() returns trigger language plpgsql as 'begin return null; end';
         create trigger keep before update on tasks for each row execute function keep()",
    );
    let refusal = writer.refusal("select steward.claim_task('tasks', 'w')");
    assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
}

fn a_claim_ends_with_its_task(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    let claims = "select count(*) from tasks_readiness where claimed_until is not null or claimed_by is not null";
    let (first, token) = claim(&mut owner, "a");
    owner.run(&format!(
        "select steward.complete_task('tasks', {first}, token => {token})"
    ));
    assert_eq!(owner.value(claims), "0");
    let (second, _) = claim(&mut owner, "a");
    owner.run(&format!(
        "update tasks set status = 'cancelled' where id = {second}"
    ));
    assert_eq!(owner.value(claims), "0");
    let (third, _) = claim(&mut owner, "a");
    owner.run(&format!("delete from tasks where id = {third}"));
    assert_eq!(owner.value(claims), "0");
    // What comes back is free.
    owner.run("update tasks set status = 'open'");
    assert_eq!(ready(&mut owner), ["1", "2"]);
}

fn a_blocked_claim_is_not_ready(database: &Database) {
    let mut owner = owner_of_tasks(database, 2);
    let (task, token) = claim(&mut owner, "a");
    assert_eq!(task, "1");
    owner.run("insert into edges values (1, 2)");
    assert!(owner.holds(&format!(
        "select steward.release_claim('tasks', 1, {token})"
    )));
    assert_eq!(ready(&mut owner), ["2"]);
    // A claim holds while its task is blocked and unblocked again.
    let (_, token) = claim(&mut owner, "b");
    owner.run("insert into tasks values (3); insert into edges values (2, 3)");
    owner.run("delete from edges");
    assert_eq!(ready(&mut owner), ["1", "3"]);
    assert!(owner.holds(&format!(
        "select steward.release_claim('tasks', 2, {token})"
    )));
    assert_eq!(ready(&mut owner), ["1", "2", "3"]);
}

/// Counting again, and attaching again, leave claims and tokens as they are.
fn claims_survive(database: &Database) {
    let mut owner = owner_of_tasks(database, 3);
    let verify = "select * from steward.verify_tasks('tasks')";
    let (_, first) = claim(&mut owner, "a");
    for again in [
        "select steward.rebuild_tasks('tasks')",
        "select steward.track_completion('tasks', edges => 'edges', title => '')",
        "truncate edges",
    ] {
        owner.run(again);
        assert_eq!(ready(&mut owner), ["2", "3"], "{again}");
        assert_eq!(owner.rows(verify), [""; 0], "{again}");
        owner.run(&format!("select steward.extend_claim('tasks', 1, {first})"));
        let (task, token) = claim(&mut owner, "b");
        assert!(number(&token) > number(&first), "{again}");
        owner.run(&format!(
            "select steward.release_claim('tasks', {task}, {token})"
        ));
    }
    // What is marked ready in spite of a claim is found, and mended.
    owner.run("update tasks_readiness set is_ready = true where task = 1");
    assert_eq!(owner.value(verify), "other readiness|1|NULL");
    owner.run("select steward.rebuild_tasks('tasks')");
    assert_eq!(owner.rows(verify), [""; 0]);
    assert_eq!(ready(&mut owner), ["2", "3"]);
}

/// At REPEATABLE READ and SERIALIZABLE a claim neither fails nor hands out what another has.
fn an_older_snapshot_claims_what_is_there_now(database: &Database) {
    let mut owner = owner_of_tasks(database, 4);
    for level in &LEVELS[1..] {
        let mut late = database.owner();
        late.run(&format!(
            "begin isolation level {level}; select count(*) from tasks"
        ));
        let (first, token) = claim(&mut owner, "a");
        let (second, late_token) = claim(&mut late, "b");
        assert_ne!(first, second);
        owner.run(&format!(
            "select steward.release_claim('tasks', {first}, {token});
             insert into tasks (id, priority) values (0, 'urgent')"
        ));
        // It was made after the transaction began.
        assert_eq!(claim(&mut late, "b").0, "0", "{level}");
        late.run(&format!(
            "select steward.release_claim('tasks', {second}, {late_token}); commit"
        ));
        owner.run("delete from tasks where id = 0");
    }
}
