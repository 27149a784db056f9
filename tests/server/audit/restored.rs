//! A log that was dumped and restored: the same log, with a new chain behind the old one.

use steward_tests::{Database, Role, Session, tests};

use super::{entry_at, log_and_superuser, problems, problems_with, seal, write_entries};

tests![
    everything_comes_back,
    a_new_chain_goes_on_from_the_old_one,
    restored_twice,
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
    let logs =
        "select array_agg(distinct log_oid) <> array['audit.log'::regclass::oid] from audit.log";
    assert!(owner.holds(logs), "the log has another oid now");
    assert!(problems_with(&mut owner, &old).is_empty());
    write_entries(&mut superuser, 3);
    assert!(problems_with(&mut owner, &old).is_empty());
    let new = seal(&mut owner);
    assert_eq!(
        owner.rows("select number, rows, log_oid = 'audit.log'::regclass from audit.log_seals order by number"),
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
    superuser.run("delete from audit.log where sequence = 60; update copy set log_oid = 1; insert into audit.log select * from copy");
    assert_eq!(problems(&mut owner), ["row inserted|NULL|60"]);
}
