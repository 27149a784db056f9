//! What a superuser did past the guard is named.

use steward_tests::{Database, Session, tests};

use super::{entry_at, log_and_superuser, problems, problems_with, seal, write_entries};

tests![
    every_column_counts,
    rows_removed_and_inserted,
    the_first_row_of_each_seal,
    a_partition_that_was_detached_and_rewritten,
    every_column_of_a_seal_counts,
    seals_that_are_gone,
    seals_that_were_made_anew,
    guards_that_do_not_fire,
    audit_triggers_that_do_not_fire,
    replication_roles,
    a_chain_without_its_table,
];

/// A log with two seals of three rows each; the newest anchor.
fn sealed_log(database: &Database) -> (Session, Session, String) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 3);
    let _ = seal(&mut owner);
    write_entries(&mut superuser, 3);
    let anchor = seal(&mut owner);
    (owner, superuser, anchor)
}

/// What is found after `tampering`, which is rolled back.
fn found(superuser: &mut Session, tampering: &str) -> Vec<String> {
    superuser.run(&format!("begin; {tampering}"));
    let problems = problems(superuser);
    superuser.run("rollback");
    problems
}

fn every_column_counts(database: &Database) {
    let (_, mut superuser, _) = sealed_log(database);
    for (column, value) in [
        ("logged_at", "logged_at + interval '1 microsecond'"),
        ("transaction_at", "'infinity'"),
        ("key_hash", "null"),
        ("table_oid", "2"),
        ("root_oid", "2"),
        ("action", "'DELETE'"),
        ("schema_name", "''"),
        ("table_name", "'T'"),
        ("key", "'{\"id\": 2}'"),
        ("before", "null"),
        ("after", "'null'"),
        ("actor", "'role'"),
        ("actor_source", "'u'"),
        ("session_role", "'s'"),
        ("invoking_role", "''"),
        ("application_name", "''"),
    ] {
        let tampering = format!("update audit.log set {column} = {value} where sequence = 5");
        assert_eq!(
            found(&mut superuser, &tampering),
            ["row changed|2|5"],
            "{column}"
        );
    }
    // These change where the row belongs.
    for (change, expected) in [
        ("sequence = 99", &["row removed|2|5"][..]),
        (
            "transaction = '1'",
            &["row inserted|1|5", "row removed|2|5"],
        ),
        (
            "incarnation = 1",
            &["row removed|2|5", "row inserted|NULL|5"],
        ),
        (
            "logged_at = '2001-01-01'",
            &["row removed|2|5", "row inserted|NULL|5"],
        ),
    ] {
        let tampering = format!("update audit.log set {change} where sequence = 5");
        assert_eq!(found(&mut superuser, &tampering), expected, "{change}");
    }
    // The control.
    assert!(found(&mut superuser, "update audit.log set actor = actor").is_empty());
    // What moves from one value to the next.
    superuser
        .run("update audit.log set session_role = 'a-', invoking_role = 'b' where sequence = 5");
    assert_eq!(problems(&mut superuser), ["row changed|2|5"]);
}

fn rows_removed_and_inserted(database: &Database) {
    let (_, mut superuser, _) = sealed_log(database);
    for (tampering, expected) in [
        (
            "delete from audit.log where sequence = 4",
            &["row removed|2|4"][..],
        ),
        (
            "delete from audit.log where sequence > 3",
            &["row removed|2|4"],
        ),
        (
            "delete from audit.log",
            &["row removed|1|1", "row removed|2|4"],
        ),
        (
            "truncate audit.log",
            &["row removed|1|1", "row removed|2|4"],
        ),
        (
            "insert into audit.log select * from audit.log where sequence = 2",
            &["row inserted|1|2"],
        ),
        (
            "create temp table t as select * from audit.log where sequence = 2; update t set sequence = 50, action = 'DELETE'; \
             insert into audit.log select * from t",
            &["row inserted|1|50"],
        ),
    ] {
        assert_eq!(found(&mut superuser, tampering), expected, "{tampering}");
    }
    // What comes after the last seal is not looked at.
    assert!(found(&mut superuser, &entry_at("now()")).is_empty());
}

fn the_first_row_of_each_seal(database: &Database) {
    let (_, mut superuser, _) = sealed_log(database);
    assert_eq!(
        found(
            &mut superuser,
            "update audit.log set actor = 'x' where sequence in (2, 3, 6); delete from audit.log where sequence = 5"
        ),
        ["row changed|1|2", "row removed|2|5"]
    );
}

/// As the log's owner can: a partition that is no partition has no guard.
fn a_partition_that_was_detached_and_rewritten(database: &Database) {
    let (mut owner, _, anchor) = sealed_log(database);
    let partition = owner.value("select tableoid::regclass from audit.log limit 1");
    let bounds = owner.value(&format!(
        "select pg_get_expr(relpartbound, oid) from pg_class where oid = '{partition}'::regclass"
    ));
    owner.run(&format!(
        "alter table audit.log detach partition {partition}; update {partition} set actor = 'nobody' where sequence = 3;
         alter table audit.log attach partition {partition} {bounds}"
    ));
    assert_eq!(problems_with(&mut owner, &anchor), ["row changed|1|3"]);
}

fn every_column_of_a_seal_counts(database: &Database) {
    let (_, mut superuser, _) = sealed_log(database);
    for change in [
        "sealed_at = sealed_at + interval '1 microsecond'",
        "kind = 'cut'",
        "kind = 'x'",
        "from_sequence = 0",
        "rows = 4",
        "next_transaction = '1'",
        "last_sequence = 0",
        "contents = digest",
        "previous = digest",
        "fingerprints = ''",
        "fingerprints = null",
    ] {
        let problems = found(
            &mut superuser,
            &format!("update audit.log_seals set {change} where number = 1"),
        );
        assert!(
            problems.contains(&"seal altered|1|NULL".to_owned()),
            "{change}: {problems:?}"
        );
    }
    for change in [
        "incarnation = 1",
        "period = 'infinity'",
        "from_transaction = '9'",
        "up_to_transaction = '9'",
        "up_to_sequence = 1",
    ] {
        let problems = found(
            &mut superuser,
            &format!("update audit.log_seals set {change} where number = 2"),
        );
        assert!(
            problems.contains(&"seal altered|2|NULL".to_owned()),
            "{change}: {problems:?}"
        );
    }
    assert_eq!(
        found(
            &mut superuser,
            "update audit.log_seals set digest = contents where number = 1"
        ),
        ["seal altered|1|NULL", "chain broken|2|NULL"]
    );
}

fn seals_that_are_gone(database: &Database) {
    let (_, mut superuser, anchor) = sealed_log(database);
    assert_eq!(
        found(
            &mut superuser,
            "delete from audit.log_seals where number = 1"
        ),
        ["seal missing|1|NULL", "row inserted|NULL|1"]
    );
    // The last one: the anchor tells.
    superuser.run("begin; delete from audit.log_seals where number = 2");
    assert!(problems(&mut superuser).is_empty());
    assert_eq!(
        problems_with(&mut superuser, &anchor),
        ["anchor not in chain|2|NULL"]
    );
}

/// Without an anchor, whoever can write everything can also write all seals.
fn seals_that_were_made_anew(database: &Database) {
    let (mut owner, mut superuser, anchor) = sealed_log(database);
    superuser.run(
        "delete from audit.log_seals; update audit.log set actor = 'nobody' where sequence = 3",
    );
    let _ = seal(&mut owner);
    write_entries(&mut superuser, 1);
    let _ = seal(&mut owner);
    assert!(problems(&mut owner).is_empty());
    assert_eq!(
        problems_with(&mut owner, &anchor),
        ["anchor not in chain|2|NULL"]
    );
}

fn guards_that_do_not_fire(database: &Database) {
    let (mut owner, _, _) = sealed_log(database);
    let details = |owner: &mut Session, change: &str| {
        owner.run(&format!("begin; {change}"));
        let rows = owner.rows("select problem, detail from steward.verify_audit('audit.log')");
        owner.run("rollback");
        rows
    };
    for (change, expected) in [
        (
            "alter table audit.log_default disable trigger steward_guard",
            "rows of audit.log_default can be written by hand",
        ),
        (
            "alter table audit.log_default enable replica trigger steward_guard",
            "rows of audit.log_default can be written by hand",
        ),
        (
            "drop trigger steward_guard_truncate on audit.log_default",
            "audit.log_default can be truncated",
        ),
        (
            "alter table audit.log_seals disable trigger all",
            "audit.log_seals can be truncated",
        ),
        (
            "alter table audit.log_seals disable trigger steward_guard",
            "rows of audit.log_seals can be written by hand",
        ),
        (
            "create table audit.by_hand partition of audit.log for values from ('2001-01-01') to ('2002-01-01')",
            "audit.by_hand can be truncated",
        ),
        (
            "drop trigger steward_guard on audit.log; create trigger steward_guard before insert on audit.log \
             for each row execute function steward.guard_audit_log('month')",
            "rows of audit.log can be written by hand",
        ),
        (
            "drop trigger steward_guard on audit.log; create trigger steward_guard before insert or update or delete on audit.log \
             for each row when (false) execute function steward.guard_audit_log('month')",
            "rows of audit.log can be written by hand",
        ),
    ] {
        let found = details(&mut owner, change);
        assert!(
            found.contains(&format!("guard disabled|{expected}")),
            "{change}: {found:?}"
        );
    }
    assert!(
        details(
            &mut owner,
            "alter table audit.log enable always trigger steward_guard"
        )
        .is_empty()
    );
}

fn audit_triggers_that_do_not_fire(database: &Database) {
    let (mut owner, mut superuser, _) = sealed_log(database);
    owner.run(
        "create table tasks (id integer primary key); select steward.audit('tasks', 'audit.log');
         create table parts (id integer primary key) partition by range (id);
         create table low partition of parts for values from (0) to (10); select steward.audit('parts', 'audit.log')",
    );
    assert!(problems(&mut owner).is_empty());
    owner.run("alter table tasks disable trigger steward_audit; alter table low disable trigger steward_audit;
        create table high partition of parts for values from (10) to (20)");
    let found = "select problem, detail from steward.verify_audit('audit.log')";
    assert_eq!(
        owner.rows(found),
        [
            "audit disabled|trigger steward_audit of public.low",
            "audit disabled|trigger steward_audit of public.tasks",
            "audit missing|TRUNCATE of public.high is not recorded, as that of public.parts is",
        ]
    );
    owner.run("alter table tasks enable trigger steward_audit, disable trigger steward_audit_truncate; select steward.audit('parts', 'audit.log')");
    superuser.run("alter table low enable always trigger steward_audit");
    assert_eq!(
        owner.rows(found)[0],
        "audit disabled|trigger steward_audit_truncate of public.tasks"
    );
    // Half of an audit is left: somebody has dropped the other half.
    owner.run("drop trigger steward_audit on tasks; insert into tasks values (1)");
    assert_eq!(
        owner.rows(found).last().map(String::as_str),
        Some(
            "audit missing|changes of rows of public.tasks are not recorded: trigger steward_audit_truncate is left without its row trigger, here or in another log"
        )
    );
}

fn replication_roles(database: &Database) {
    let (_, mut superuser, _) = sealed_log(database);
    let name = database.name().to_owned();
    superuser.run(&format!(
        "alter role member in database {name} set session_replication_role = 'replica'"
    ));
    superuser.run(&format!("alter database {name} set session_replication_role = 'replica'; set session_replication_role = 'replica'"));
    assert_eq!(
        superuser.rows("select problem, detail from steward.verify_audit('audit.log')"),
        [
            "replication role|session_replication_role is replica for every role in this database",
            "replication role|session_replication_role is replica for role member in this database",
            "replication role|session_replication_role is replica in this session",
        ]
    );
    superuser.run(&format!("alter database {name} set session_replication_role = 'local'; alter role member in database {name} reset all; reset session_replication_role"));
    assert!(problems(&mut superuser).is_empty());
}

fn a_chain_without_its_table(database: &Database) {
    let (mut owner, _, anchor) = sealed_log(database);
    owner.run("drop table audit.log_seals");
    assert_eq!(
        owner
            .refusal("select * from steward.verify_audit('audit.log')")
            .to_string(),
        "55000: log audit.log has no table of seals\nDETAIL: It was dropped, or given to another owner than the log's.\n\
         HINT: Give it the log's owner; or call create_audit_log again, which makes an empty one.\nSCHEMA: audit\nTABLE: log"
    );
    owner.run("select steward.create_audit_log('audit.log')");
    assert_eq!(
        problems_with(&mut owner, &anchor),
        ["anchor not in chain|2|NULL"]
    );
}
