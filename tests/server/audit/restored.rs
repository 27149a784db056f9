//! A log that was dumped and restored: the same log, with a new chain behind the old one.

use steward_tests::{Database, Role, Session, tests};

use super::{entry_at, log_and_superuser, problems, problems_with, seal, write_entries};

tests![
    everything_comes_back,
    a_new_chain_goes_on_from_the_old_one,
    restored_twice,
    the_same_oid_again,
    one_incarnation_for_each_log,
    tampering_with_what_was_restored,
];

fn restored(database: &Database) -> Database {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump");
    let file = file.to_str().expect("a path in UTF-8");
    let _ = database.client_program("pg_dump", &["--format", "custom", "--file", file]);
    let restored = database.create_empty().expect("a database");
    let _ = restored.client_program("pg_restore", &["--exit-on-error", file]);
    restored
}

fn everything_comes_back(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    owner.run("create table tasks (id integer primary key); select steward.audit('tasks', 'audit.log'); insert into tasks values (1)");
    superuser.run(&entry_at(
        "unnest(array['2001-01-01', 'infinity']::timestamptz[])",
    ));
    owner.run("select steward.extend_audit_log('audit.log')");
    let anchor = seal(&mut owner);
    let restored = restored(database);
    let (mut owner_there, mut superuser_there) = (restored.owner(), restored.superuser());
    for query in [
        "select * from audit.log order by sequence",
        "select * from audit.log_seals order by number",
        "select inhrelid::regclass, pg_get_expr(relpartbound, c.oid), relowner::regrole from pg_inherits join pg_class as c on c.oid = inhrelid where inhparent = 'audit.log'::regclass order by inhrelid::regclass::text",
        "select tgrelid::regclass, pg_get_triggerdef(oid), tgenabled from pg_trigger where tgrelid in (select oid from pg_class where relnamespace = 'audit'::regnamespace) order by tgrelid::regclass::text, 2",
        "select indexdef from pg_indexes where schemaname = 'audit' order by 1",
        "select last_value, is_called from audit.log_sequence_seq",
        "select obj_description('audit.log'::regclass), col_description('audit.log'::regclass, 3)",
    ] {
        assert_eq!(owner_there.rows(query), owner.rows(query), "{query}");
    }
    for statement in [
        "insert into audit.log select * from audit.log",
        "delete from audit.log_seals",
        "truncate audit.log_2001_01",
    ] {
        assert_eq!(owner_there.sqlstate(statement), "42501");
    }
    assert!(problems_with(&mut owner_there, &anchor).is_empty());
    owner_there.run("insert into tasks values (2)");
    assert_eq!(
        owner_there.value("select max(sequence) from audit.log"),
        "4"
    );
    superuser_there.run(&entry_at("'2001-02-01'"));
    assert_eq!(
        owner_there.rows("select * from steward.extend_audit_log('audit.log')"),
        ["audit.log_2001_02"]
    );
    assert_eq!(
        owner_there.value("select steward.create_audit_log('audit.log')"),
        "audit.log"
    );
}

/// A log with a seal and two rows that are not sealed.
fn log_to_be_restored(database: &Database) -> (Session, String) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 2);
    let anchor = seal(&mut owner);
    write_entries(&mut superuser, 2);
    (owner, anchor)
}

fn a_new_chain_goes_on_from_the_old_one(database: &Database) {
    let (_, old) = log_to_be_restored(database);
    let there = restored(database);
    let (mut owner, mut superuser) = (there.owner(), there.superuser());
    let are_of_another =
        "select bool_and(incarnation <> steward.audit_incarnation('audit.log')) from audit.log";
    assert!(owner.holds(are_of_another), "a new incarnation");
    assert!(problems_with(&mut owner, &old).is_empty());
    write_entries(&mut superuser, 3);
    assert!(problems_with(&mut owner, &old).is_empty());
    let new = seal(&mut owner);
    assert_eq!(
        owner.rows("select number, rows, incarnation = steward.audit_incarnation('audit.log') from audit.log_seals order by number"),
        ["1|2|f", "2|2|f", "3|3|t"]
    );
    write_entries(&mut superuser, 1);
    let newest = seal(&mut owner);
    assert!(newest.starts_with("4:"));
    for anchor in [&old, &new, &newest] {
        assert!(problems_with(&mut owner, anchor).is_empty());
    }
    assert!(owner.holds("select b.previous = a.digest from audit.log_seals as a join audit.log_seals as b on b.number = a.number + 1 where b.number = 3"));
}

fn restored_twice(database: &Database) {
    let (_, old) = log_to_be_restored(database);
    let once = restored(database);
    write_entries(&mut once.superuser(), 2);
    let middle = seal(&mut once.session(Role::Owner));
    write_entries(&mut once.superuser(), 1);
    let twice = restored(&once);
    let mut owner = twice.owner();
    let _ = seal(&mut owner);
    write_entries(&mut twice.superuser(), 1);
    let newest = seal(&mut owner);
    assert_eq!(
        owner.rows("select rows from audit.log_seals order by number"),
        ["2", "2", "2", "1", "1"]
    );
    for anchor in [&old, &middle, &newest] {
        assert!(problems_with(&mut owner, anchor).is_empty());
    }
}

/// As a dump that is restored into a fresh cluster may have it: the log has the oid that it had, and
/// transactions are counted from the start.
fn the_same_oid_again(database: &Database) {
    let oid = "select 'audit.log'::regclass::oid";
    let (mut owner, old) = log_to_be_restored(database);
    let before = owner.value(oid);
    drop(owner);
    let there = database.create_copy().expect("a database");
    let (mut owner, mut superuser) = (there.owner(), there.superuser());
    assert_eq!(owner.value(oid), before);
    superuser.run(&entry_at("now()").replace("pg_current_xact_id()", "'3'"));
    assert!(problems_with(&mut owner, &old).is_empty());
    // The control: told by its oid, the log would have had the entry in the time that the first seal covers.
    superuser.run(
        "begin; update audit.log set incarnation = (select incarnation from audit.log where sequence = 1) where sequence = 5",
    );
    assert_eq!(problems(&mut superuser), ["row inserted|1|5"]);
    superuser.run("rollback");
    let new = seal(&mut owner);
    assert_eq!(
        owner.rows("select number, rows, incarnation = steward.audit_incarnation('audit.log') from audit.log_seals order by number"),
        ["1|2|f", "2|2|f", "3|1|t"]
    );
    for anchor in [&old, &new] {
        assert!(problems_with(&mut owner, anchor).is_empty());
    }
}

fn one_incarnation_for_each_log(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    owner.run(
        "select steward.create_audit_log('audit.second');
         create table tasks (id integer primary key);
         select steward.audit('tasks', 'audit.log'); select steward.audit('tasks', 'audit.second', name => 'second');
         insert into tasks values (1)",
    );
    // What anybody can work out who knows where the log is: FNV-1a, in SQL.
    let expected = |log: &str| {
        format!(
            "with recursive input (bytes) as (
                 select convert_to(concat_ws(':', system_identifier, d.oid, '{log}'::regclass::oid), 'UTF8')
                 from pg_control_system(), pg_database as d where datname = current_database()
             ), step (place, hash) as (
                 select 0, 14695981039346656037::numeric
                 union all
                 select place + 1, mod((div(hash, 256) * 256 + (mod(hash, 256)::integer # get_byte(bytes, place)))
                     * 1099511628211, 18446744073709551616)
                 from step cross join input where place < length(bytes)
             )
             select hash - case when hash >= 9223372036854775808 then 18446744073709551616 else 0 end
             from step order by place desc limit 1"
        )
    };
    let mut seen = Vec::new();
    for log in ["audit.log", "audit.second"] {
        let incarnation = owner.value(&format!("select steward.audit_incarnation('{log}')"));
        assert_eq!(
            owner.value(&format!("select distinct incarnation from {log}")),
            incarnation
        );
        assert_eq!(owner.value(&expected(log)), incarnation, "{log}");
        seen.push(incarnation);
    }
    assert_ne!(seen[0], seen[1]);
    // A log that is renamed stays what it is.
    owner.run("alter table audit.log rename to journal");
    assert_eq!(
        owner.value("select steward.audit_incarnation('audit.journal')"),
        seen[0]
    );
    for (call, sqlstate) in [
        ("null", "22023"),
        ("'tasks'", "42809"),
        ("'audit.log_default'", "42809"),
        ("1::oid::regclass", "42704"),
    ] {
        let call = format!("select steward.audit_incarnation({call})");
        assert_eq!(owner.sqlstate(&call), sqlstate, "{call}");
    }
}

fn tampering_with_what_was_restored(database: &Database) {
    let (_, _) = log_to_be_restored(database);
    let there = restored(database);
    let (mut owner, mut superuser) = (there.owner(), there.superuser());
    write_entries(&mut superuser, 2);
    superuser.run("begin; update audit.log set actor = 'x' where sequence in (2, 4)");
    assert_eq!(
        problems(&mut superuser),
        ["row changed|1|2"],
        "the fourth was not sealed yet"
    );
    superuser.run("rollback");
    let _ = seal(&mut owner);
    superuser.run("begin; update audit.log set actor = 'x' where sequence in (2, 4, 6)");
    assert_eq!(
        problems(&mut superuser),
        ["row changed|1|2", "row changed|2|4", "row changed|3|6"]
    );
    superuser.run("rollback");
    // Nothing is added any more to what was restored.
    superuser.run("create table copy as select * from audit.log where sequence = 4; update copy set transaction = '999999999', sequence = 60;
        insert into audit.log select * from copy");
    assert_eq!(problems(&mut owner), ["row inserted|2|60"]);
    superuser.run("delete from audit.log where sequence = 60; update copy set incarnation = 1; insert into audit.log select * from copy");
    assert_eq!(problems(&mut owner), ["row inserted|NULL|60"]);
}
