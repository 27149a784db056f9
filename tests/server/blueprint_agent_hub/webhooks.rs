//! The queue of webhooks, one session at a time: what a claim hands out, how it ends, and what comes back when.

use steward_tests::{Database, Session, tests};

use super::{application, migrated};

tests![
    events_come_in_their_order,
    a_failure_waits_longer_each_time,
    what_fails_too_often_is_dead,
    what_kills_its_workers_is_dead_too,
    a_dead_event_is_requeued,
    a_late_worker_is_refused,
    without_the_token_a_late_worker_is_not,
    a_lease_is_extended,
    a_broken_connection_may_ask_again,
];

/// A project, and the application's session.
pub(super) fn queue(database: &Database, events: usize) -> Session {
    let mut owner = migrated(database);
    owner.run(
        "insert into users (username, email, password_hash) values ('asha', 'asha@example.com', '!');
         insert into projects (name, github_repo, owner_id) select 'hub', 'example/hub', id from users",
    );
    add(&mut owner, events);
    application(database)
}

/// Events with the numbers from 1 in their payload, created in that order.
pub(super) fn add(session: &mut Session, events: usize) {
    session.run(&format!(
        "insert into webhooks (project_id, source, event_type, payload, created_at)
         select p.id, 'github', 'push', jsonb_build_object('number', n), now() - interval '1 hour' + n * interval '1 millisecond'
         from projects as p, generate_series(1, {events}) as n order by n"
    ));
}

/// The id and the token of the next event.
pub(super) fn claim(session: &mut Session) -> (String, String) {
    let claimed = session.value("select id, claim_token from claim_webhooks('a')");
    let (id, token) = claimed.split_once('|').expect("two values");
    (id.to_owned(), token.to_owned())
}

fn nothing_is_due(session: &mut Session) -> bool {
    session
        .rows("select id from claim_webhooks('b')")
        .is_empty()
}

/// Lets the clock of everything that waits run out.
pub(super) fn expire(session: &mut Session) {
    session.run(
        "update webhooks set next_attempt_at = now() - interval '1 second' where not processed",
    );
}

pub(super) fn fail(session: &mut Session, error: &str) -> String {
    let (id, token) = claim(session);
    session.value(&format!("select fail_webhook('{id}', {token}, '{error}')"))
}

fn events_come_in_their_order(database: &Database) {
    let mut writer = queue(database, 0);
    // One by one, in another order than that of their creation, and one of them dated by a clock that is fast.
    for minutes in [30, 10, 40, 20, -60] {
        writer.run(&format!(
            "insert into webhooks (project_id, source, event_type, payload, created_at)
             select id, 'github', 'push', '{{}}', now() - interval '{minutes} minutes' from projects"
        ));
    }
    let minutes = "round(extract(epoch from now() - created_at) / 60)";
    assert_eq!(
        writer.rows(&format!("select {minutes} from claim_webhooks('a', 3)")),
        ["40", "30", "20"]
    );
    assert_eq!(
        writer.rows(&format!("select {minutes} from claim_webhooks('a', 10)")),
        ["10", "-60"]
    );
    assert!(nothing_is_due(&mut writer));
    // Of the same transaction too.
    add(&mut writer, 5);
    assert_eq!(
        writer.rows("select payload ->> 'number' from claim_webhooks('a', 5)"),
        ["1", "2", "3", "4", "5"]
    );
    // NULL is no bound.
    add(&mut writer, 3);
    for (bound, expected) in [("0", 0), ("null", 3)] {
        let claimed = writer.rows(&format!("select id from claim_webhooks('a', {bound})"));
        assert_eq!(claimed.len(), expected, "{bound}");
    }
}

fn a_failure_waits_longer_each_time(database: &Database) {
    let mut writer = queue(database, 1);
    for (retry, seconds) in [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480)] {
        fail(&mut writer, "the other side is down");
        assert_eq!(
            writer.value(&format!(
                "select retry_count, error_message, next_attempt_at between now() + interval '{seconds} seconds' / 2 - interval '1 second'
                     and now() + interval '{seconds} seconds', claimed_by, dead_at from webhooks"
            )),
            format!("{retry}|the other side is down|t|NULL|NULL")
        );
        assert!(nothing_is_due(&mut writer), "retry {retry}");
        expire(&mut writer);
    }
    // Never more than an hour, never none, and not all at the same time.
    assert_eq!(
        writer.value(
            "select bool_and(waits between '30 minutes' and '1 hour'), count(distinct waits) > 90
             from (select webhook_backoff(8 + n) as waits from generate_series(1, 100) as n) as waits"
        ),
        "t|t"
    );
    assert!(writer.holds(
        "select webhook_backoff(2147483647) <= '1 hour' and webhook_backoff(0) between '15 seconds' and '30 seconds'"
    ));
}

fn what_fails_too_often_is_dead(database: &Database) {
    let mut writer = queue(database, 1);
    writer.run("update webhooks set max_retries = 2");
    for due in [true, true, false] {
        assert_eq!(fail(&mut writer, "no") != "NULL", due);
        expire(&mut writer);
    }
    assert!(nothing_is_due(&mut writer));
    assert_eq!(
        writer.value("select retry_count, error_message, processed, dead_at is not null, claimed_by from webhooks"),
        "2|no|f|t|NULL"
    );
    // With none at all the first failure is final.
    add(&mut writer, 1);
    writer.run("update webhooks set max_retries = 0 where dead_at is null");
    assert_eq!(fail(&mut writer, "no"), "NULL");
    assert!(nothing_is_due(&mut writer));
    assert_eq!(
        writer.value("select count(*) from webhook_queue where state = 'dead'"),
        "2"
    );
}

fn what_kills_its_workers_is_dead_too(database: &Database) {
    let mut writer = queue(database, 2);
    writer.run("update webhooks set max_retries = 2 where payload ->> 'number' = '1'");
    for retry in 0..=2 {
        let claimed =
            writer.rows("select payload ->> 'number', retry_count from claim_webhooks('w')");
        assert_eq!(claimed, [format!("1|{retry}")]);
        writer.run("update webhooks set next_attempt_at = now() - interval '1 day' where claimed_by is not null");
    }
    assert_eq!(
        writer.value("select state from webhook_queue where claimed_by is not null"),
        "dead",
        "though nobody has noticed"
    );
    // Who comes next gets another one.
    assert_eq!(
        writer.value("select payload ->> 'number' from claim_webhooks('w')"),
        "2"
    );
    assert_eq!(
        writer.value("select retry_count, dead_at is not null, error_message from webhooks where payload ->> 'number' = '1'"),
        "2|t|w did not come back before its lease ran out"
    );
}

fn a_dead_event_is_requeued(database: &Database) {
    let mut writer = queue(database, 1);
    writer.run("update webhooks set max_retries = 1");
    let requeue = "select requeue_webhook(id) from webhooks";
    assert!(!writer.holds(requeue), "it is not dead");
    fail(&mut writer, "no");
    assert!(!writer.holds(requeue), "it waits");
    expire(&mut writer);
    fail(&mut writer, "no");
    assert!(writer.holds(requeue));
    assert!(!writer.holds(requeue));
    assert_eq!(
        writer.value("select retry_count, error_message, dead_at from webhooks"),
        "0|no|NULL"
    );
    // A worker that died over the last attempt leaves it dead.
    for _ in 0..2 {
        claim(&mut writer);
        assert!(!writer.holds(requeue), "a worker has it");
        expire(&mut writer);
    }
    assert!(writer.holds(requeue));
    let (id, token) = claim(&mut writer);
    writer.run(&format!("select finish_webhook('{id}', {token})"));
    assert!(!writer.holds(requeue), "it is done");
    assert!(!writer.holds("select requeue_webhook(gen_random_uuid())"));
}

fn a_late_worker_is_refused(database: &Database) {
    let mut late = queue(database, 1);
    let (id, token) = claim(&mut late);
    expire(&mut late);
    let mut other = application(database);
    let (same, newer) = claim(&mut other);
    assert_eq!(id, same);
    let calls = [
        format!("finish_webhook('{id}', {token})"),
        format!("fail_webhook('{id}', {token}, 'late')"),
        format!("extend_webhook('{id}', {token})"),
    ];
    let refused = |session: &mut Session, when: &str| {
        for call in &calls {
            let refusal = session.refusal(&format!("select {call}"));
            assert_eq!(refusal.sqlstate(), "55000", "{when}: {call}");
            assert_eq!(refusal.constraint(), Some("webhooks_claimed"));
        }
    };
    refused(&mut late, "while another one has it");
    // What it has done in the same transaction is undone with it.
    late.run("begin; insert into notifications (type, title, message, user_id) select 'done', 't', 'm', id from users");
    assert_eq!(late.sqlstate(&format!("select {}", calls[0])), "55000");
    late.run("commit");
    assert_eq!(late.value("select count(*) from notifications"), "0");
    assert_eq!(
        late.value("select claim_token, claimed_by from webhooks"),
        format!("{newer}|a")
    );
    other.run(&format!("select finish_webhook('{id}', {newer})"));
    refused(&mut late, "after another one has finished it");
    assert_eq!(
        late.sqlstate("select finish_webhook(gen_random_uuid(), 1)"),
        "55000"
    );
    // One that is late though nobody has taken over has done the work.
    add(&mut other, 1);
    let (id, token) = claim(&mut late);
    expire(&mut other);
    late.run(&format!("select finish_webhook('{id}', {token})"));
    assert!(nothing_is_due(&mut other));
}

fn without_the_token_a_late_worker_is_not(database: &Database) {
    let mut owner = migrated(database);
    let definition = owner.value("select pg_get_functiondef('finish_webhook'::regproc)");
    let careless = definition.replace("(webhooks.claim_token = finish_webhook.token)", "true");
    assert_ne!(careless, definition);
    owner.run(&careless);
    owner.run(
        "insert into users (username, email, password_hash) values ('asha', 'asha@example.com', '!');
         insert into projects (name, github_repo, owner_id) select 'hub', 'example/hub', id from users",
    );
    add(&mut owner, 1);
    let (id, token) = claim(&mut owner);
    expire(&mut owner);
    claim(&mut owner);
    owner.run(&format!("select finish_webhook('{id}', {token})"));
}

fn a_lease_is_extended(database: &Database) {
    let mut writer = queue(database, 1);
    writer.run("select * from claim_webhooks('a', lease => '1 hour')");
    assert!(writer.holds(
        "select next_attempt_at between now() + interval '59 minutes' and now() + interval '61 minutes' from webhooks"
    ));
    for (lease, more) in [("2 days", "47 hours"), ("1 minute", "59 seconds")] {
        assert!(writer.holds(&format!(
            "select extend_webhook(id, claim_token, '{lease}') > now() + interval '{more}' from webhooks"
        )));
    }
    expire(&mut writer);
    writer.run("select extend_webhook(id, claim_token) from webhooks");
    assert!(
        nothing_is_due(&mut writer),
        "extended before anybody else has come"
    );
    // NULL is as if nothing was said.
    for call in [
        "select next_attempt_at from claim_webhooks('a', lease => null)",
        "select extend_webhook(id, claim_token, null) from webhooks",
    ] {
        expire(&mut writer);
        assert!(
            writer.holds(&format!("select ({call}) > now() + interval '4 minutes'")),
            "{call}"
        );
    }
    // A lease of nothing, or less, is over at once.
    for lease in ["0", "-1 day"] {
        expire(&mut writer);
        writer.run(&format!(
            "select * from claim_webhooks('a', lease => '{lease}')"
        ));
        assert!(writer.holds(
            "select next_attempt_at between now() - interval '1 second' and now() from webhooks"
        ));
    }
}

fn a_broken_connection_may_ask_again(database: &Database) {
    let mut writer = queue(database, 1);
    let (id, token) = claim(&mut writer);
    let finish = format!("select finish_webhook('{id}', {token})");
    let first = writer.value(&finish);
    let row = "select xmin, w from webhooks as w";
    let before = writer.value(row);
    assert_eq!(writer.value(&finish), first);
    assert_eq!(writer.value(row), before);
    assert_eq!(
        writer.sqlstate(&format!("select fail_webhook('{id}', {token}, 'no')")),
        "55000"
    );
}
