//! The rows behind the queue of webhooks: how each stands, who else writes them, what a claim reads, and who is told.

use steward_tests::{Database, Session, tests};

use super::webhooks::{add, claim, fail, queue};
use super::{application, migrated};

tests![
    the_queue_tells_how_each_stands,
    who_works_without_the_queue_is_kept_in_order,
    a_claim_reads_few_rows,
    a_step_on_rows_that_are_there,
    listeners_are_told,
];

fn the_queue_tells_how_each_stands(database: &Database) {
    let mut writer = queue(database, 6);
    writer.run("update webhooks set max_retries = 0 where payload ->> 'number' = '1'");
    fail(&mut writer, "no");
    fail(&mut writer, "not yet");
    let (id, token) = claim(&mut writer);
    writer.run(&format!("select finish_webhook('{id}', {token})"));
    claim(&mut writer);
    claim(&mut writer);
    writer.run("update webhooks set next_attempt_at = now() where payload ->> 'number' = '5'");
    assert_eq!(
        writer.rows(
            "select q.state, q.claimed_by, q.retry_count, q.error_message from webhook_queue as q join webhooks using (id)
             order by payload ->> 'number'"
        ),
        [
            "dead|NULL|0|no",
            "waiting|NULL|1|not yet",
            "claimed|a|0|NULL",
            "ready|a|0|NULL",
            "ready|NULL|0|NULL"
        ]
    );
}

fn who_works_without_the_queue_is_kept_in_order(database: &Database) {
    let mut writer = queue(database, 1);
    writer.run("begin; update webhooks set processed = true");
    assert_eq!(
        writer.value("select processed_at = now(), claimed_by, dead_at from webhooks"),
        "t|NULL|NULL"
    );
    writer.run("update webhooks set processed = false; commit");
    assert_eq!(writer.value("select processed_at from webhooks"), "NULL");
    let (id, token) = claim(&mut writer);
    writer.run("update webhooks set processed = true");
    assert_eq!(writer.value("select claimed_by from webhooks"), "NULL");
    writer.run(&format!("select finish_webhook('{id}', {token})"));
    writer.run("update webhooks set processed = null, retry_count = null, max_retries = null");
    assert_eq!(
        writer.value("select processed, retry_count, max_retries, processed_at from webhooks"),
        "f|0|5|NULL"
    );
    for (change, constraint) in [
        ("retry_count = 6", "webhooks_retry_count_check"),
        ("retry_count = -1", "webhooks_retry_count_check"),
        (
            "dead_at = now(), claimed_by = 'a'",
            "webhooks_claimed_by_check",
        ),
    ] {
        let refusal = writer.refusal(&format!("update webhooks set {change}"));
        assert_eq!(refusal.constraint(), Some(constraint), "{change}");
    }
    // The trigger does it; without it, the checks refuse.
    let mut owner = database.owner();
    owner.run("set search_path = hub; alter table webhooks disable trigger stamp_webhooks");
    for (change, constraint) in [
        ("processed = true", "webhooks_processed_at_check"),
        ("processed_at = now()", "webhooks_processed_at_check"),
        (
            "processed = true, processed_at = now(), dead_at = now()",
            "webhooks_dead_at_check",
        ),
    ] {
        let refusal = owner.refusal(&format!("update webhooks set {change}"));
        assert_eq!(refusal.constraint(), Some(constraint), "{change}");
    }
}

/// Rows of the table that a claim looks at: by a scan of the whole, and by an index.
fn looked_at(session: &mut Session) -> (u64, u64) {
    session.run("begin");
    let before = counted(session);
    assert_eq!(session.rows("select id from claim_webhooks('a')").len(), 1);
    let after = counted(session);
    session.run("rollback");
    (after.0 - before.0, after.1 - before.1)
}

/// What the session has not reported yet is among it.
fn counted(session: &mut Session) -> (u64, u64) {
    let counts = session.value(
        "select seq_tup_read, idx_tup_fetch from pg_stat_xact_user_tables where relid = 'webhooks'::regclass",
    );
    let (scanned, fetched) = counts.split_once('|').expect("two values");
    (
        scanned.parse().expect("a number"),
        fetched.parse().expect("a number"),
    )
}

/// Whatever is done, waits for a retry, is claimed, or stands in the queue.
fn a_claim_reads_few_rows(database: &Database) {
    let mut owner = migrated(database);
    drop(queue_rows(&mut owner));
    owner.run("analyze webhooks");
    let (scanned, fetched) = looked_at(&mut owner);
    assert!(
        scanned == 0 && fetched < 10,
        "{scanned} scanned, {fetched} fetched"
    );
    owner.run("drop index idx_webhooks_queue");
    let (scanned, fetched) = looked_at(&mut owner);
    assert!(
        scanned + fetched > 5_000,
        "{scanned} scanned, {fetched} fetched"
    );
}

fn queue_rows(owner: &mut Session) -> String {
    owner.run(
        "insert into users (username, email, password_hash) values ('asha', 'asha@example.com', '!');
         insert into projects (name, github_repo, owner_id) select 'hub', 'example/hub', id from users",
    );
    add(owner, 20_000);
    owner.run(
        "update webhooks set processed = true where (payload ->> 'number')::integer <= 10000;
         update webhooks set retry_count = 1, next_attempt_at = now() + interval '1 hour'
         where (payload ->> 'number')::integer between 10001 and 14000;
         update webhooks set claimed_by = 'b', next_attempt_at = now() + interval '1 hour'
         where (payload ->> 'number')::integer between 14001 and 16000",
    );
    owner.value("select count(*) from webhook_queue where state = 'ready'")
}

fn a_step_on_rows_that_are_there(database: &Database) {
    let mut owner = migrated(database);
    let blueprint = steward_toolkit::blueprint::find("agent_hub").expect("the blueprint");
    let migrations = blueprint.migrations().expect("sound migrations").migrations;
    let (first, _) = migrations
        .iter()
        .enumerate()
        .find(|(_, migration)| migration.name == "queue_webhooks")
        .expect("the step");
    for migration in migrations[first..].iter().rev() {
        owner.run(&migration.down.as_ref().expect("a way back").sql);
    }
    owner.run(
        "insert into users (username, email, password_hash) values ('asha', 'asha@example.com', '!');
         insert into projects (name, github_repo, owner_id) select 'hub', 'example/hub', id from users;
         insert into webhooks (project_id, source, event_type, payload, processed, created_at)
             select id, 'github', 'push', '{}', processed, '2026-01-01' from projects, unnest(array[true, false, null]) as processed",
    );
    for migration in &migrations[first..] {
        owner.run(&migration.up.sql);
    }
    assert_eq!(
        owner.rows("select processed, processed_at is null, next_attempt_at = '2026-01-01' from webhooks order by 1, 2"),
        ["f|t|t", "f|t|t", "t|f|t"]
    );
}

fn listeners_are_told(database: &Database) {
    use postgres::fallible_iterator::FallibleIterator as _;

    let mut writer = queue(database, 0);
    let mut listener = application(database);
    listener.run("listen webhooks");
    add(&mut writer, 3);
    let told = |listener: &mut Session| -> Vec<String> {
        listener.run("");
        let mut notifications = listener.client().notifications();
        let mut payloads = Vec::new();
        let mut pending = notifications.iter();
        while let Some(notification) = pending.next().expect("a connection") {
            assert_eq!(notification.channel(), "webhooks");
            payloads.push(notification.payload().to_owned());
        }
        payloads
    };
    assert_eq!(told(&mut listener), ["hub"]);
    database
        .owner()
        .run("alter table hub.webhooks disable trigger announce_webhooks");
    add(&mut writer, 3);
    assert_eq!(told(&mut listener), [""; 0]);
}
