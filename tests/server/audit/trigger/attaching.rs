//! `steward.audit` itself: what it makes, what it refuses, and that it can be called again.

use steward_tests::{Database, Session, tests};

use super::{AUDIT, LOG, entries, owner_with_log};

tests![
    the_triggers_that_it_makes,
    called_again_it_takes_no_lock,
    another_choice_replaces_the_first,
    a_redaction_that_ends,
    a_truncate_trigger_that_is_missing,
    two_destinations_and_two_names,
    detached,
    two_sessions_at_once,
    wrong_arguments,
    wrong_destinations,
    wrong_targets,
    hostile_names,
    long_names_of_triggers,
    temporary_tables,
    unlogged_tables,
    a_log_that_was_dropped,
];

const TASKS: &str = "create table tasks (id integer primary key, title text, secret text)";

fn triggers(session: &mut Session) -> Vec<String> {
    session.rows(
        "select pg_get_triggerdef(oid), tgenabled from pg_trigger
         where tgfoid in ('steward.record_change'::regproc, 'steward.record_truncate'::regproc) order by tgrelid::regclass::text, tgname",
    )
}

fn the_triggers_that_it_makes(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run("select steward.audit('tasks', 'audit.log', ignore => '{title}', redact => '{secret}', actions => '{update,truncate}',
        always => true, require_actor => true, key => '{id}', name => 'T')");
    let arguments = "'ignore=title', 'redact=secret', 'action=UPDATE', 'action=TRUNCATE', 'key=id', 'require_actor'";
    assert_eq!(
        triggers(&mut owner),
        [
            format!(
                "CREATE CONSTRAINT TRIGGER \"T\" AFTER UPDATE ON public.tasks FROM audit.log NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION steward.record_change({arguments})|A"
            ),
            format!(
                "CREATE TRIGGER \"T_truncate\" BEFORE TRUNCATE ON public.tasks FOR EACH STATEMENT EXECUTE FUNCTION steward.record_truncate({arguments})|A"
            ),
        ]
    );
}

fn called_again_it_takes_no_lock(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run("create table parts (id integer primary key) partition by range (id); create table part partition of parts for values from (0) to (10)");
    let calls = [
        AUDIT.to_owned(),
        "select steward.audit('parts', 'audit.log', always => true)".to_owned(),
    ];
    for call in &calls {
        owner.run(call);
    }
    let before = triggers(&mut owner);
    let mut writer = database.owner();
    writer.run("begin; insert into tasks values (1); insert into parts values (1)");
    owner.run("set lock_timeout = '100ms'");
    for call in &calls {
        owner.run(call);
        owner.run("begin");
        owner.run(call);
        assert_eq!(
            owner.rows("select distinct mode from pg_locks where pid = pg_backend_pid() and relation in ('tasks'::regclass, 'parts'::regclass, 'part'::regclass, 'audit.log'::regclass)"),
            ["AccessShareLock"]
        );
        owner.run("commit");
    }
    assert_eq!(triggers(&mut owner), before);
    // The control: another choice needs the lock.
    assert_eq!(
        owner.sqlstate("select steward.audit('tasks', 'audit.log', ignore => '{title}')"),
        "55P03"
    );
}

fn another_choice_replaces_the_first(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    for choice in [
        "ignore => '{title}'",
        "redact => '{title}'",
        "actions => '{INSERT}'",
        "always => true",
        "require_actor => true",
        "key => '{title}'",
        "name => 'steward_audit', ignore => '{secret}'",
    ] {
        let before = triggers(&mut owner);
        owner.run(&format!(
            "select steward.audit('tasks', 'audit.log', {choice})"
        ));
        let after = triggers(&mut owner);
        assert_ne!(before, after, "{choice}");
        assert!(
            after
                .iter()
                .all(|trigger| trigger.contains(" steward_audit")),
            "{after:?}"
        );
        assert_eq!(
            after.len(),
            if choice.contains("actions") { 1 } else { 2 },
            "{choice}"
        );
    }
    owner.run("insert into tasks values (1, 'a', 'b')");
    assert_eq!(
        entries(&mut owner),
        [r#"INSERT|{"id": 1}|NULL|{"id": 1, "title": "a"}"#]
    );
}

fn a_redaction_that_ends(database: &Database) {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run("select steward.create_audit_log('audit.log'); select steward.audit('tasks', 'audit.log', redact => '{secret}')");
    let _ = owner.notices();
    owner.run("select steward.audit('tasks', 'audit.log', redact => '{secret, title}')");
    assert!(owner.notices().is_empty(), "nothing is shown that was not");
    owner.run("select steward.audit('tasks', 'audit.log', redact => '{title}')");
    let notices = owner.notices();
    assert!(
        notices.len() == 1 && notices[0].contains("shows what was redacted: secret"),
        "{notices:?}"
    );
}

fn a_truncate_trigger_that_is_missing(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    let before = triggers(&mut owner);
    owner.run("drop trigger steward_audit_truncate on tasks");
    owner.run(AUDIT);
    assert_eq!(triggers(&mut owner), before);
}

fn two_destinations_and_two_names(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner
        .run("create table own (action text, changes jsonb); select steward.audit('tasks', 'own')");
    owner.run(AUDIT);
    owner.run("select steward.audit('tasks', 'audit.log', name => 'other', ignore => '{title}')");
    assert_eq!(triggers(&mut owner).len(), 6);
    owner.run("insert into tasks values (1, 'a')");
    assert_eq!(entries(&mut owner).len(), 2);
    assert_eq!(owner.value("select count(*) from own"), "1");
    assert_eq!(
        owner.rows("select name, bound_table from steward.attachments order by name"),
        [
            "other|audit.log",
            "other_truncate|NULL",
            "steward_audit|own",
            "steward_audit_2|audit.log",
            "steward_audit_2_truncate|NULL",
            "steward_audit_truncate|NULL"
        ]
    );
}

fn detached(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    assert_eq!(owner.value("select steward.detach('tasks', 'audit')"), "2");
    owner.run("insert into tasks values (1); truncate tasks");
    assert!(entries(&mut owner).is_empty());
    assert_eq!(
        owner.value("select to_regclass('audit.log')"),
        "audit.log",
        "the log stays"
    );
}

fn two_sessions_at_once(database: &Database) {
    let mut first = owner_with_log(database);
    first.run(TASKS);
    let (second, mut observer) = (database.owner(), database.owner());
    first.run("begin");
    first.run(AUDIT);
    let waiting = second.start(AUDIT);
    waiting.until_blocked(&mut observer);
    first.run("commit");
    let (_, result) = waiting.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(triggers(&mut first).len(), 2);
}

fn wrong_arguments(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    for argument in ["ignore", "redact", "actions", "always", "require_actor"] {
        assert_eq!(
            owner
                .refusal(&format!(
                    "select steward.audit('tasks', 'audit.log', {argument} => null)"
                ))
                .to_string(),
            format!("22023: argument \"{argument}\" must not be NULL")
        );
    }
    for argument in ["ignore", "redact", "actions", "key"] {
        assert_eq!(
            owner
                .refusal(&format!(
                    "select steward.audit('tasks', 'audit.log', {argument} => array[null::text])"
                ))
                .to_string(),
            format!("22023: argument \"{argument}\" must not contain NULL")
        );
    }
    for argument in ["ignore", "redact", "key"] {
        let refusal = owner.refusal(&format!(
            "select steward.audit('tasks', 'audit.log', {argument} => '{{nope}}')"
        ));
        assert_eq!(
            (refusal.sqlstate(), refusal.message()),
            ("42703", "column nope of table public.tasks does not exist")
        );
    }
    for actions in ["{}", "{MERGE}", "{INSERT,''}"] {
        let refusal = owner.refusal(&format!(
            "select steward.audit('tasks', 'audit.log', actions => {})",
            crate::hostile::literal(actions)
        ));
        assert_eq!(
            (refusal.sqlstate(), refusal.hint()),
            (
                "22023",
                Some("The actions are: INSERT, UPDATE, DELETE, TRUNCATE.")
            )
        );
    }
    assert_eq!(
        owner.sqlstate("select steward.audit(null, 'audit.log')"),
        "22023"
    );
    assert_eq!(
        owner.sqlstate("select steward.audit('tasks', null)"),
        "22023"
    );
    assert_eq!(
        owner.sqlstate("select steward.audit('tasks', 4000000000::oid)"),
        "42704"
    );
    owner.run("create table bare (id integer primary key); create trigger taken before truncate on bare for each statement execute function steward.record_truncate()");
    assert_eq!(
        owner.sqlstate(
            "select steward.audit('tasks', 'audit.log', ignore => '{title}', key => '{ctid}')"
        ),
        "42703"
    );
}

fn wrong_destinations(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(
        "create view seen as select 1 as action, '{}'::jsonb as changes; create sequence s; create table poor (id integer);
         create table parts (id integer primary key) partition by range (id); create table part (action text, changes jsonb, id integer not null);
         alter table parts add action text, add changes jsonb; alter table part alter id set default 1; alter table parts attach partition part for values from (0) to (10)",
    );
    for destination in [
        "seen",
        "s",
        "poor",
        "tasks",
        "audit.log_default",
        "audit.log_seals",
    ] {
        let there = owner.holds(&format!("select to_regclass('{destination}') is not null"));
        if there {
            let sqlstate =
                owner.sqlstate(&format!("select steward.audit('tasks', '{destination}')"));
            assert_eq!(sqlstate, "42809", "{destination}");
        }
    }
    // Its own partition: every entry would make another.
    assert_eq!(
        owner.sqlstate("select steward.audit('parts', 'part')"),
        "42809"
    );
    assert_eq!(
        owner.sqlstate("select steward.audit('part', 'parts')"),
        "42809"
    );
}

fn wrong_targets(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run("create view v as select * from tasks; create table child () inherits (tasks); select steward.create_audit_log('audit.second')");
    assert_eq!(
        owner.sqlstate("select steward.audit('v', 'audit.log')"),
        "42809"
    );
    assert_eq!(owner.sqlstate(AUDIT), "55000", "inheritance");
    for log in ["audit.second", "audit.second_default"] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.audit('{log}', 'audit.log')")),
            "42809"
        );
    }
    assert_eq!(
        owner.sqlstate("select steward.audit('pg_class', 'audit.log')"),
        "42501"
    );
    owner.run(
        "drop table child; create table parts (id integer primary key) partition by range (id);
         create table part partition of parts for values from (0) to (10); select steward.audit('parts', 'audit.log')",
    );
    let refusal = owner.refusal("select steward.audit('part', 'audit.log', always => true)");
    assert_eq!(refusal.sqlstate(), "42809", "{refusal}");
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    for name in crate::hostile::names() {
        let identifier = crate::hostile::identifier(&name);
        let [table, log, trigger] =
            ["%I.%I", "%I.%I", "%s"].map(|_| crate::hostile::literal(&name));
        let qualified = crate::hostile::literal(&format!("{identifier}.{identifier}"));
        // A log cannot have the table's name in one schema: its schema is another.
        owner.run(&format!("create schema {identifier}; create table {identifier}.{identifier} ({identifier} integer primary key, other text)"));
        let logged = crate::hostile::literal(&format!("{identifier}.log"));
        owner.run(&format!("select steward.create_audit_log({logged})"));
        let attach = format!("select steward.audit({qualified}, {logged}, name => {trigger})");
        owner.run(&attach);
        owner.run(&attach);
        owner.run(&format!("insert into {identifier}.{identifier} values (1, 'a'); update {identifier}.{identifier} set {identifier} = 2; truncate {identifier}.{identifier}"));
        assert_eq!(
            owner.rows(&format!(
                "select action, schema_name = {table} and table_name = {log}, key = jsonb_build_object({table}, case when sequence < 3 then 1 else 2 end)
                 from {identifier}.log order by sequence"
            )),
            ["INSERT|t|t", "UPDATE|t|t", "UPDATE|t|t", "TRUNCATE|t|NULL"],
            "{name}"
        );
        owner.run(&format!("drop schema {identifier} cascade"));
    }
}

fn long_names_of_triggers(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run("select steward.create_audit_log('audit.second')");
    // They differ where the name of the second trigger is cut.
    let names = ["x".repeat(62) + "1", "x".repeat(62) + "2"];
    owner.run(&format!(
        "select steward.audit('tasks', 'audit.log', name => '{}')",
        names[0]
    ));
    let refusal = owner.refusal(&format!(
        "select steward.audit('tasks', 'audit.second', name => '{}')",
        names[1]
    ));
    assert_eq!(refusal.sqlstate(), "42710", "{refusal}");
}

fn temporary_tables(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create temporary table passing (id integer primary key); select steward.audit('passing', 'audit.log'); insert into passing values (1)");
    assert_eq!(entries(&mut owner).len(), 1);
    owner.run(TASKS);
    owner.run("create temporary table own (action text, changes jsonb)");
    assert_eq!(
        owner.sqlstate("select steward.audit('tasks', 'own')"),
        "42809"
    );
    owner.run("select steward.audit('passing', 'own'); insert into passing values (2)");
    assert_eq!(owner.value("select count(*) from own"), "1");
    // A table of the same name that comes first in the path is not what was meant.
    owner.run("create table public.named (id integer primary key); select steward.audit('public.named', 'audit.log'); create temporary table named (id integer); insert into named values (1)");
    assert_eq!(entries(&mut owner).len(), 2);
}

fn unlogged_tables(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create unlogged table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1)");
    assert_eq!(entries(&mut owner).len(), 1);
}

/// The row triggers go with the log; a new one is attached like the first.
fn a_log_that_was_dropped(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    owner.run("insert into tasks values (1)");
    owner.run("begin; savepoint s; drop table audit.log; insert into tasks values (2); rollback to s; insert into tasks values (3); commit");
    assert_eq!(entries(&mut owner).len(), 2);
    owner.run("drop table audit.log; insert into tasks values (4)");
    owner.run(LOG);
    owner.run(AUDIT);
    owner.run("insert into tasks values (5); truncate tasks");
    assert_eq!(entries(&mut owner).len(), 2);
    assert_eq!(triggers(&mut owner).len(), 2);
}
