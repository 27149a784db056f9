//! Partitions, seals, and what is found to have been done to a log.

use crate::fixture::{AUDITOR, Database, TASKS, document};

#[test]
fn partitions_are_made_ahead() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    let run = database.audit(&["extend"]).ends_with(0);
    assert_eq!(run.stdout, "");
    run.says(&["audit.log has all partitions that it needs"]);
    assert_eq!(database.audit(&["extend", "-q"]).ends_with(0).stderr, "");
    let run = database.audit(&["extend", "--ahead", "5"]).ends_with(0);
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    assert!(run.stdout.starts_with("audit.log_2"), "{}", run.stdout);
    database
        .steward_as(AUDITOR, &["audit", "extend"])
        .ends_with(1)
        .says(&["42501"]);
    database.audit(&["extend", "--ahead", "-1"]).ends_with(2);
}

#[test]
fn who_waits_for_a_lock_gives_up() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    let mut other = database.client("keeper");
    other
        .batch_execute("begin; lock table audit.log in share row exclusive mode")
        .expect("a lock");
    database
        .audit(&["extend", "--ahead", "9", "--lock-timeout", "100ms"])
        .ends_with(1)
        .says(&["55P03", "Somebody uses the log."]);
}

#[test]
fn old_partitions_go_when_they_are_sealed() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    database
        .audit(&["trim", "--keep", "1y"])
        .ends_with(8)
        .says(&["refused to drop partitions of an audit log unasked"]);
    let run = database
        .audit(&["trim", "--keep", "1y", "--yes"])
        .ends_with(0);
    assert_eq!(run.stdout, "");
    run.says(&["no partition of audit.log is that old"]);
    let present = database.value("select count(*)::text from audit.log");
    database.run(
        "insert into audit.log (logged_at, transaction, transaction_at, incarnation, table_oid, root_oid, action,
             schema_name, table_name, session_role, invoking_role)
         values ('2001-01-15 12:00+00', pg_current_xact_id(), now(), steward.audit_incarnation('audit.log'), 1, 1,
             'INSERT', 'public', 'old', 'somebody', 'somebody')",
    );
    database.audit(&["extend"]).ends_with(0);
    let anchor = sealed(&database);
    database
        .audit(&["trim", "--before", "2100-01-01", "--yes"])
        .ends_with(1)
        .says(&["is in the future"]);
    let run = database
        .audit(&["trim", "--before", "2002-01-01", "--yes"])
        .ends_with(0);
    assert!(
        run.stdout.starts_with("audit.log_2001_01"),
        "{}",
        run.stdout
    );
    assert_eq!(
        database.value("select count(*)::text from audit.log"),
        present
    );
    database
        .audit(&["verify", "--anchor", &anchor])
        .ends_with(0);
}

#[test]
fn what_was_done_past_the_guard_is_told() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    let anchor = sealed(&database);
    assert_eq!(
        database.document(&["seal"])["anchor"],
        anchor,
        "nothing to add"
    );
    let whole = database.document(&["verify", "--anchor", &anchor]);
    assert_eq!(whole["sound"], true);
    database
        .audit(&["verify"])
        .ends_with(0)
        .says(&["without --anchor"]);
    database.run("update audit.log set actor = 'eve' where action = 'DELETE'");
    let run = database.audit(&["verify"]).ends_with(9);
    assert!(run.stdout.starts_with("PROBLEM"), "{}", run.stdout);
    assert!(run.stdout.contains("row changed"), "{}", run.stdout);
    let run = database.audit(&["verify", "--format", "json"]).ends_with(9);
    let found = document(&run);
    assert_eq!(found["sound"], false);
    assert_eq!(found["problems"][0]["problem"], "row changed");
    assert!(found["problems"][0]["sequence"].is_i64());
    database
        .audit(&["verify", "--anchor", "nonsense"])
        .ends_with(1)
        .says(&["\"nonsense\" is not an anchor"]);
}

/// The seal of everything: what runs elsewhere on the server, as other tests, holds rows back.
fn sealed(database: &Database) -> String {
    let sealed = "select coalesce(sum(rows), 0)::text from audit.log_seals";
    for _ in 0..100 {
        let run = database.audit(&["seal"]).ends_with(0);
        if database.value(sealed) == database.value("select count(*)::text from audit.log") {
            let anchor = run.stdout.trim_end();
            assert!(anchor.contains(':') && !anchor.contains('\n'), "{anchor}");
            return anchor.to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the log is never sealed");
}
