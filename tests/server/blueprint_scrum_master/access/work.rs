//! The rules at work for the role of the application: they write for others, and it does not.

use steward_tests::{Database, tests};

use super::{
    ADMIN, DEVELOPER, MANAGER, TESTER, acting, application, as_user, changed, refused, seeded,
};

tests![
    rules_write_notifications_for_others,
    a_task_is_created_in_ones_own_name,
    who_works_on_a_task_does_not_hand_it_on,
    what_is_nobodys_is_taken,
    tasks_are_claimed_and_completed,
    issues_are_reported_and_looked_into,
    what_is_late_is_flagged_by_who_may_write_it,
    old_notifications_are_ones_own,
    edits_are_kept_and_shown_with_the_message,
    a_direct_thread_stays_between_two,
    an_account_that_is_referred_to_is_kept,
];

const TASK: &str = "insert into tasks (title, description, assigned_role, start_date, end_date";

fn task(columns: &str, values: &str) -> String {
    format!(
        "{TASK}{columns}) values ('Draw it', 'd', 'tester', now(), now() + interval '1 day'{values}) returning id"
    )
}

fn rules_write_notifications_for_others(database: &Database) {
    let mut owner = seeded(database);
    owner.run("delete from notifications");
    let mut developer = as_user(database, DEVELOPER);
    let id = developer.value(&task(", assigned_user_id", ", 6"));
    developer.run(
        "insert into triage_items (reporter_id, title, description) values (1, 'Broken', 'd')",
    );
    assert_eq!(developer.rows("select * from notifications"), [""; 0]);
    let forged = "insert into notifications (user_id, type, title, message) values (6, 'task_assigned', 't', 'm')";
    assert_eq!(refused(&mut developer, forged), "42501");
    // To oneself, but about no task: it might be one that is not one's own, and could not be deleted any more.
    let own = "insert into notifications (user_id, type, title, message, related_task_id) values (1, 'system', 't', 'm', 4)";
    assert_eq!(refused(&mut developer, own), "42501");
    developer.run(
        "insert into notifications (user_id, type, title, message) values (1, 'system', 't', 'm')",
    );
    assert_eq!(
        changed(&mut developer, "delete from notifications returning id"),
        1
    );
    developer.run("commit");
    let mut tester = as_user(database, TESTER);
    assert_eq!(
        tester.rows("update notifications set is_read = true returning type, related_task_id, read_at is not null"),
        [format!("task_assigned|{id}|t")]
    );
    tester.run("update tasks set status = 'in_progress' where title = 'Draw it'");
    tester.run("update tasks set status = 'done' where title = 'Draw it'");
    assert_eq!(
        changed(&mut tester, "delete from notifications returning id"),
        1
    );
    tester.run("commit");
    assert_eq!(
        owner.rows("select user_id, type from notifications order by user_id, id"),
        ["1|task_completed", "2|issue_reported", "7|issue_reported"]
    );
}

fn a_task_is_created_in_ones_own_name(database: &Database) {
    let mut owner = seeded(database);
    let mut developer = as_user(database, DEVELOPER);
    // The document's statement, which knows of no creator.
    let id = developer.value(&task("", ""));
    assert_eq!(
        developer.value(&format!("select created_by from tasks where id = {id}")),
        "1"
    );
    for creator in ["2", "null"] {
        let statement = task(", created_by", &format!(", {creator}"));
        assert_eq!(refused(&mut developer, &statement), "42501");
    }
    // Managers may say that it was somebody else, or nobody.
    let mut manager = as_user(database, MANAGER);
    for creator in ["1", "null"] {
        manager.run(&task(", created_by", &format!(", {creator}")));
    }
    // Without the policies: whoever is named, and nobody for what is no account's number.
    for (setting, expected) in [
        ("", "NULL"),
        ("x", "NULL"),
        ("99999999999", "NULL"),
        ("4", "4"),
    ] {
        owner.run(&format!("set app.user_id = '{setting}'"));
        let id = owner.value(&task("", ""));
        let creator = owner.value(&format!("select created_by from tasks where id = {id}"));
        assert_eq!(creator, expected, "{setting}");
    }
}

fn who_works_on_a_task_does_not_hand_it_on(database: &Database) {
    drop(seeded(database));
    let mut manager = as_user(database, MANAGER);
    let id = manager.value(&task(", assigned_user_id", ", 6"));
    manager.run("commit");
    let mut tester = as_user(database, TESTER);
    let hand_on = format!("update tasks set assigned_user_id = 1 where id = {id}");
    assert_eq!(refused(&mut tester, &hand_on), "42501");
    assert_eq!(
        changed(
            &mut tester,
            &format!("delete from tasks where id = {id} returning id")
        ),
        0
    );
    // Back to everybody of the role.
    tester.run(&format!(
        "update tasks set assigned_user_id = null where id = {id}; rollback"
    ));
    // Who created it, and managers, do.
    let mut manager = as_user(database, MANAGER);
    manager.run(&hand_on);
}

fn what_is_nobodys_is_taken(database: &Database) {
    drop(seeded(database));
    let mut manager = as_user(database, MANAGER);
    let id = manager.value(&task("", ""));
    manager.run("commit");
    let take = |user: i32| {
        format!("update tasks set assigned_user_id = {user} where id = {id} returning id")
    };
    // Not theirs to do.
    assert_eq!(changed(&mut as_user(database, DEVELOPER), &take(1)), 0);
    let mut tester = as_user(database, TESTER);
    assert_eq!(refused(&mut tester, &take(1)), "42501");
    assert_eq!(changed(&mut tester, &take(6)), 1);
}

fn tasks_are_claimed_and_completed(database: &Database) {
    let mut owner = seeded(database);
    owner.run("delete from notifications; delete from tasks");
    for (role, user) in [
        ("tester", "null"),
        ("tester", "6"),
        ("developer", "null"),
        ("developer", "6"),
    ] {
        owner.run(&format!(
            "insert into tasks (title, description, status, assigned_role, assigned_user_id, start_date, end_date)
             values ('{role} {user}', 'd', 'in_progress', '{role}', {user}, now(), now() + interval '1 day')"
        ));
    }
    let mut tester = as_user(database, TESTER);
    let ready = "select title from steward.ready_tasks('tasks', key => null::integer) as id join tasks using (id) order by title";
    assert_eq!(
        tester.rows(ready),
        ["developer 6", "tester 6", "tester null"]
    );
    let mut finished = Vec::new();
    for _ in 0..3 {
        let claim = tester.value("select task, token from steward.claim_task('tasks', '6')");
        let (task, token) = claim.split_once('|').expect("a task and a token");
        finished.push(tester.value(&format!("select title from tasks where id = {task}")));
        tester.run(&format!(
            "select steward.complete_task('tasks', {task}, token => {token})"
        ));
    }
    finished.sort();
    assert_eq!(finished, ["developer 6", "tester 6", "tester null"]);
    assert_eq!(
        tester.rows("select * from steward.claim_task('tasks', '6')"),
        [""; 0]
    );
    assert_eq!(tester.rows(ready), [""; 0]);
}

fn issues_are_reported_and_looked_into(database: &Database) {
    drop(seeded(database));
    let mut developer = as_user(database, DEVELOPER);
    let report = |reporter: i32| {
        format!(
            "insert into triage_items (reporter_id, title, description) values ({reporter}, 'Broken', 'd') returning id"
        )
    };
    assert_eq!(refused(&mut developer, &report(6)), "42501");
    let id = developer.value(&report(1));
    developer.run("commit");
    let mut tester = as_user(database, TESTER);
    tester.run(&format!(
        "update triage_items set assigned_to = 6, status = 'in_review' where id = {id}; commit"
    ));
    // Taken: not another's any more, but still the reporter's.
    let close = format!(
        "update triage_items set status = 'rejected', resolution = 'It works.' where id = {id} returning id"
    );
    for (user, expected) in [
        ((4, "developer"), 0),
        (DEVELOPER, 1),
        (TESTER, 1),
        (MANAGER, 1),
    ] {
        assert_eq!(
            changed(&mut as_user(database, user), &close),
            expected,
            "{user:?}"
        );
    }
    let delete = format!("delete from triage_items where id = {id} returning id");
    for (user, expected) in [(TESTER, 0), (DEVELOPER, 1), (ADMIN, 1)] {
        assert_eq!(
            changed(&mut as_user(database, user), &delete),
            expected,
            "{user:?}"
        );
    }
}

fn what_is_late_is_flagged_by_who_may_write_it(database: &Database) {
    let mut owner = seeded(database);
    owner.run("delete from notifications; update tasks set is_delayed = false");
    let late = "select count(*) from tasks where status <> 'done' and end_date < now()";
    let all = owner.value(late);
    let own = owner.value(&format!(
        "{late} and (6 in (assigned_user_id, created_by) or assigned_user_id is null and assigned_role = 'tester')"
    ));
    assert!(own != all && own != "0", "{own} of {all}");
    let flag = "select count(*) from flag_delayed_tasks()";
    assert_eq!(as_user(database, TESTER).value(flag), own);
    assert_eq!(application(database).value(flag), "0");
    let mut manager = as_user(database, MANAGER);
    assert_eq!(manager.value(flag), all);
    manager.run("commit");
    assert!(owner.holds("select count(*) > 3 from notifications where type = 'task_delayed'"));
}

fn old_notifications_are_ones_own(database: &Database) {
    let mut owner = seeded(database);
    let old = "select count(*) from notifications where is_read and created_at < now() - interval '30 days'";
    let own = owner.value(&format!("{old} and user_id = 1"));
    let all: usize = owner.value(old).parse().expect("a number");
    let mut developer = as_user(database, DEVELOPER);
    assert_eq!(developer.value("select delete_old_notifications()"), own);
    developer.run("commit");
    let left = owner.value(old);
    assert_eq!(
        left,
        (all - own.parse::<usize>().expect("a number")).to_string()
    );
    assert!(own != "0" && left != "0");
}

fn edits_are_kept_and_shown_with_the_message(database: &Database) {
    drop(seeded(database));
    let mut manager = as_user(database, MANAGER);
    manager.run("update chat_messages set message = 'Could you?' where id = 11; commit");
    let texts = "select old_message from chat_message_edits where message_id = 11";
    for (user, seen) in [
        (MANAGER, 1),
        (DEVELOPER, 1),
        (TESTER, 0),
        (ADMIN, 0),
        ((9, "developer"), 0),
    ] {
        assert_eq!(as_user(database, user).rows(texts).len(), seen, "{user:?}");
    }
    let mut developer = as_user(database, DEVELOPER);
    assert_eq!(
        changed(
            &mut developer,
            "update chat_messages set message = 'No.' where id = 11 returning id"
        ),
        0
    );
    assert_eq!(
        changed(
            &mut developer,
            "delete from chat_messages where id = 11 returning id"
        ),
        0
    );
    // With the message its edits go, though nobody may delete them by themselves.
    let mut manager = as_user(database, MANAGER);
    assert_eq!(
        refused(&mut manager, "delete from chat_message_edits"),
        "42501"
    );
    assert_eq!(
        changed(
            &mut manager,
            "delete from chat_messages where id = 11 returning id"
        ),
        1
    );
    assert_eq!(manager.rows(texts), [""; 0]);
}

fn a_direct_thread_stays_between_two(database: &Database) {
    let mut owner = seeded(database);
    let answer = |sender: i32, recipient: &str, to: i32| {
        format!(
            "insert into chat_messages (sender_id, recipient_id, message, reply_to_id)
             values ({sender}, {recipient}, 'm', {to})"
        )
    };
    // 11 is from 2 to 1; 16 is in a channel.
    for (user, recipient, to, is_refused) in [
        (DEVELOPER, "2", 11, false),
        (MANAGER, "1", 11, false),
        (DEVELOPER, "null", 11, true),
        (DEVELOPER, "6", 11, true),
        (TESTER, "2", 11, true),
        (TESTER, "null", 11, true),
        (DEVELOPER, "null", 16, false),
        (DEVELOPER, "6", 16, false),
    ] {
        let mut session = as_user(database, user);
        let statement = answer(user.0, recipient, to);
        if is_refused {
            let refusal = session.refusal(&statement);
            assert_eq!(refusal.sqlstate(), "23514", "{statement}");
            assert_eq!(refusal.constraint(), Some("chat_messages_private_thread"));
        } else {
            session.run(&statement);
        }
    }
    // The control: the foreign key finds what the policy hides.
    owner.run("drop trigger keep_thread_private on chat_messages");
    as_user(database, TESTER).run(&answer(6, "null", 11));
}

fn an_account_that_is_referred_to_is_kept(database: &Database) {
    drop(seeded(database));
    // One's own, and an admin every: neither sees all that refers to it.
    for (user, id) in [(DEVELOPER, 1), (ADMIN, 4)] {
        let mut session = as_user(database, user);
        let refusal = session.refusal(&format!("delete from users where id = {id}"));
        assert_eq!(refusal.sqlstate(), "23503");
        assert!(
            refusal
                .hint()
                .is_some_and(|hint| hint.contains("is_active = false"))
        );
    }
    let mut admin = as_user(database, ADMIN);
    let id = admin.value("insert into users (github_id, username, role) values ('new1', 'New', 'designer') returning id");
    admin.run("commit");
    // Nothing refers to it.
    let mut new = acting(database, id.parse().expect("a number"), "designer");
    assert_eq!(changed(&mut new, "delete from users returning id"), 1);
}
