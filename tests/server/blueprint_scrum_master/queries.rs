//! The document's common queries, each by the index that it names, in tables that are not small.

use std::thread;
use std::time::Duration;

use steward_tests::{Database, Session, tests};

use super::migrated;

tests![
    tasks_of_a_user_come_in_order,
    unread_notifications,
    a_conversation,
    delayed_tasks,
    old_notifications_are_found_by_their_age,
    what_has_become_late_is_found_by_its_date,
];

/// 200 users with 100 tasks, 100 notifications and 100 chat messages each.
pub(super) fn filled(database: &Database) -> Session {
    let mut owner = migrated(database);
    owner.run(
        "insert into users (github_id, username, role) select 'g' || n, 'u' || n, 'developer' from generate_series(1, 200) as n;
         insert into tasks (title, description, status, assigned_role, assigned_user_id, start_date, end_date, is_delayed, priority)
             select 't', 'd', (array['todo', 'in_progress', 'done'])[1 + n / 200 % 3], 'developer', 1 + n % 200,
                 '2025-01-01'::timestamptz + n * 37 % 4001 * interval '1 hour', '2026-01-01', n % 100 = 0, n % 7
             from generate_series(0, 19999) as n;
         insert into notifications (user_id, type, title, message, is_read, created_at)
             select 1 + n % 200, 'system', 't', 'm', n / 200 % 10 <> 0, now() - n * interval '5 minutes'
             from generate_series(0, 19999) as n;
         insert into chat_messages (sender_id, recipient_id, message, created_at)
             select 1 + n % 200, 1 + (n * 7 + 3) % 200, 'm', now() - n * interval '5 minutes' from generate_series(0, 19999) as n",
    );
    for table in ["tasks", "notifications", "chat_messages"] {
        vacuum(&mut owner, table);
    }
    owner
}

/// Until all of it is known to be visible to everybody: an autovacuum that is at work there meanwhile prevents that, and
/// so the plans that read an index alone.
fn vacuum(owner: &mut Session, table: &str) {
    for _ in 0..100 {
        owner.run(&format!("vacuum analyze {table}"));
        let seen = owner.value(&format!(
            "select relallvisible = relpages from pg_class where oid = '{table}'::regclass"
        ));
        if seen == "t" {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn plan(session: &mut Session, query: &str) -> String {
    session
        .rows(&format!("explain (costs off) {query}"))
        .join("\n")
}

/// The query goes by the index, and without it does not: another test's plan is what it is by accident.
#[track_caller]
fn assert_uses(session: &mut Session, index: &str, query: &str) -> String {
    let by_index = plan(session, query);
    assert!(by_index.contains(index), "{by_index}");
    session.run(&format!("begin; drop index {index}"));
    let without = plan(session, query);
    session.run("rollback");
    assert!(!without.contains(index), "{without}");
    assert_ne!(by_index, without);
    by_index
}

fn tasks_of_a_user_come_in_order(database: &Database) {
    let mut owner = filled(database);
    let query = "select * from tasks where assigned_user_id = 17 and status = 'todo' order by priority desc, start_date asc";
    assert_uses(&mut owner, "idx_tasks_user_status", query);
    // The first of them are read from it in their order.
    let first = format!("{query} limit 5");
    let plan = assert_uses(&mut owner, "idx_tasks_user_status", &first);
    assert!(!plan.contains("Sort"), "{plan}");
}

fn unread_notifications(database: &Database) {
    let mut owner = filled(database);
    assert_uses(
        &mut owner,
        "idx_notifications_user_unread",
        "select * from notifications where user_id = 17 and is_read = false order by created_at desc",
    );
    let plan = plan(
        &mut owner,
        "select count(*) from notifications where user_id = 17 and is_read = false",
    );
    assert!(
        plan.contains("Index Only Scan using idx_notifications_user_unread"),
        "{plan}"
    );
}

fn a_conversation(database: &Database) {
    let mut owner = filled(database);
    assert_uses(
        &mut owner,
        "idx_chat_conversation",
        "select * from chat_messages
         where (sender_id = 17 and recipient_id = 116) or (sender_id = 116 and recipient_id = 17) order by created_at asc",
    );
}

fn delayed_tasks(database: &Database) {
    let mut owner = filled(database);
    assert_uses(
        &mut owner,
        "idx_tasks_delayed",
        "select * from tasks where is_delayed = true and status != 'done' order by end_date asc",
    );
}

fn old_notifications_are_found_by_their_age(database: &Database) {
    let mut owner = filled(database);
    assert_uses(
        &mut owner,
        "idx_notifications_created",
        "delete from notifications where created_at < now() - interval '65 days' and is_read = true",
    );
}

/// The extension says which indexes it misses in a table of this size.
fn what_has_become_late_is_found_by_its_date(database: &Database) {
    let mut owner = filled(database);
    let condition = "select id from tasks where end_date < now() and is_delayed is not true and status <> 'done'";
    owner.run("update tasks set end_date = now() + interval '1 day'");
    owner.run("vacuum analyze tasks");
    assert_uses(&mut owner, "idx_tasks_due", condition);
    let missing = |owner: &mut Session| {
        drop(owner.notices());
        owner.run("select * from flag_delayed_tasks()");
        owner.notices().len()
    };
    assert_eq!(missing(&mut owner), 0);
    owner.run("drop index idx_tasks_due, idx_tasks_dates");
    assert_eq!(missing(&mut owner), 1);
}
