//! Partitions are made ahead, whatever the session's settings, and whoever writes meanwhile.

use std::thread;

use steward_tests::{Database, Role, Session, tests};

use super::{entry_at, log_and_superuser, write_entries};

tests![
    periods_are_those_of_utc,
    rows_in_the_default_partition_move,
    rows_that_cannot_move_stay,
    with_nothing_to_do_nothing_is_locked,
    partitions_made_by_hand,
    what_is_refused,
    who_writes_elsewhere_is_not_waited_for,
    who_writes_the_default_partition_is_waited_for,
    two_at_once,
    a_snapshot_that_is_older_than_the_rows,
    while_others_write,
    while_others_are_audited,
];

fn partitions(session: &mut Session) -> Vec<String> {
    session.rows(
        "select i.inhrelid::regclass, pg_get_expr(relpartbound, c.oid) from pg_inherits as i join pg_class as c on c.oid = inhrelid
         where inhparent = 'audit.log'::regclass order by i.inhrelid::regclass::text",
    )
}

fn periods_are_those_of_utc(database: &Database) {
    let mut owner = database.owner();
    owner.run("set timezone = 'Pacific/Kiritimati'; set datestyle = 'SQL, DMY'");
    for (period, format) in [
        ("day", "YYYY_MM_DD"),
        ("week", "YYYY_MM_DD"),
        ("month", "YYYY_MM"),
        ("year", "YYYY"),
    ] {
        owner.run(&format!(
            "select steward.create_audit_log('audit.log', period => '{period}', ahead => 2)"
        ));
        let made = owner.rows(
            "set timezone = 'UTC'; set datestyle = 'ISO';
             select i.inhrelid::regclass, pg_get_expr(relpartbound, c.oid) from pg_inherits as i
             join pg_class as c on c.oid = inhrelid where inhparent = 'audit.log'::regclass order by i.inhrelid::regclass::text",
        );
        let mut expected = owner.rows(&format!(
            "select 'audit.log_' || to_char(start, '{format}'),
                 format('FOR VALUES FROM (''%s'') TO (''%s'')', start, start + interval '1 {period}')
             from generate_series(0, 2) as n,
                 lateral (select date_trunc('{period}', now(), 'UTC') + n * interval '1 {period}') as s (start) order by 1"
        ));
        expected.push("audit.log_default|DEFAULT".to_owned());
        assert_eq!(made, expected);
        owner.run("drop schema audit cascade; set timezone = 'Pacific/Kiritimati'; set datestyle = 'SQL, DMY'");
    }
}

fn rows_in_the_default_partition_move(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&entry_at("unnest(array['2001-01-31 23:59:59.999999+00', '2001-02-01 00:00+00', '2001-02-28', '1999-12-31 23:59+00']::timestamptz[])"));
    write_entries(&mut superuser, 1);
    let before = owner.rows("select * from audit.log order by sequence");
    assert_eq!(
        owner.rows("select * from steward.extend_audit_log('audit.log')"),
        [
            "audit.log_1999_12",
            "audit.log_2001_01",
            "audit.log_2001_02"
        ]
    );
    assert_eq!(
        owner.rows("select * from audit.log order by sequence"),
        before
    );
    assert_eq!(
        owner.rows("select tableoid::regclass, count(*) from audit.log where logged_at < '2002-01-01' group by 1 order by 1"),
        ["audit.log_1999_12|1", "audit.log_2001_01|1", "audit.log_2001_02|2"]
    );
    assert!(
        owner
            .rows("select * from steward.extend_audit_log('audit.log')")
            .is_empty()
    );
    for statement in [
        "delete from audit.log_2001_02",
        "truncate audit.log_2001_02",
    ] {
        assert_eq!(owner.sqlstate(statement), "42501");
    }
    assert_eq!(
        owner.value("select count(*) from pg_indexes where tablename = 'log_2001_02'"),
        "3"
    );
    assert!(super::problems(&mut owner).is_empty());
}

fn rows_that_cannot_move_stay(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&entry_at("unnest(array['infinity', '-infinity', '4713-01-01 BC', '0001-01-02', '200000-01-01', '2001-01-01']::timestamptz[])"));
    assert_eq!(
        owner.rows("select * from steward.extend_audit_log('audit.log')"),
        ["audit.log_2001_01"]
    );
    assert_eq!(owner.value("select count(*) from audit.log_default"), "5");
    assert!(
        owner
            .rows("select * from steward.extend_audit_log('audit.log')")
            .is_empty()
    );
    let _ = super::seal(&mut owner);
    assert!(super::problems(&mut owner).is_empty());
}

fn with_nothing_to_do_nothing_is_locked(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    owner.run("begin");
    assert!(
        owner
            .rows("select * from steward.extend_audit_log('audit.log')")
            .is_empty()
    );
    assert_eq!(
        owner.rows("select distinct mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation'"),
        ["AccessShareLock"]
    );
}

fn partitions_made_by_hand(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    owner.run(
        "create table audit.by_hand partition of audit.log for values from ('2001-01-10 00:00+00') to ('2001-02-05 00:00+00');
         create table audit.old partition of audit.log for values from (minvalue) to ('1999-12-31 00:00+00');
         alter table audit.log detach partition audit.log_default",
    );
    superuser.run("insert into audit.log select 1, t, '7', now(), 1, 1, 1, 1, 'x', 's', 't', null, null, null, null, null, 'r', 'r', null
        from unnest(array['1998-01-01', '2001-01-20']::timestamptz[]) as t");
    assert_eq!(
        owner.rows("select * from steward.extend_audit_log('audit.log')"),
        ["audit.log_default_2"]
    );
    superuser.run(&entry_at(
        "unnest(array['2001-01-02', '2001-02-07', '1999-12-31 12:00+00']::timestamptz[])",
    ));
    assert_eq!(
        owner.rows("select * from steward.extend_audit_log('audit.log')"),
        [
            "audit.log_1999_12",
            "audit.log_2001_01",
            "audit.log_2001_02"
        ]
    );
    let bounds = partitions(&mut owner);
    assert!(bounds.contains(&"audit.log_2001_01|FOR VALUES FROM ('2001-01-01 00:00:00+00') TO ('2001-01-10 00:00:00+00')".to_owned()), "{bounds:?}");
    assert!(bounds.contains(&"audit.log_2001_02|FOR VALUES FROM ('2001-02-05 00:00:00+00') TO ('2001-03-01 00:00:00+00')".to_owned()), "{bounds:?}");
}

fn what_is_refused(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    owner.run("create table plain (id integer) partition by range (id)");
    for (call, sqlstate) in [
        ("'plain'", "42809"),
        ("'audit.log_default'", "42809"),
        ("'audit.log_seals'", "42809"),
        ("4711::regclass", "42704"),
        ("null", "22023"),
        ("'audit.log', null", "22023"),
        ("'audit.log', -1", "22023"),
    ] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.extend_audit_log({call})")),
            sqlstate,
            "{call}"
        );
    }
}

fn who_writes_elsewhere_is_not_waited_for(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&format!("begin; {}", entry_at("now()")));
    let mut reader = database.owner();
    reader.run("begin; select count(*) from only audit.log");
    owner.run("set lock_timeout = '5s'");
    assert_eq!(
        owner
            .rows("select * from steward.extend_audit_log('audit.log', 4)")
            .len(),
        1
    );
    owner.run("begin; select steward.extend_audit_log('audit.log', 5)");
    let mut other = database.superuser();
    other.run("set lock_timeout = '5s'");
    write_entries(&mut other, 1);
    owner.run("commit");
    superuser.run("commit");
}

fn who_writes_the_default_partition_is_waited_for(database: &Database) {
    let (owner, mut superuser) = log_and_superuser(database);
    superuser.run(&format!("begin; {}", entry_at("'2001-01-01'")));
    let waiting = owner.start("select steward.extend_audit_log('audit.log', 4)");
    waiting.until_blocked(&mut database.superuser());
    superuser.run(&format!("{}; commit", entry_at("'2001-02-01'")));
    let (mut owner, result) = waiting.finish();
    result.expect("extended");
    assert_eq!(owner.value("select count(*) from audit.log_default"), "0");
    assert_eq!(owner.value("select count(*) from audit.log"), "2");
}

fn two_at_once(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    for isolation in ["read committed", "repeatable read", "serializable"] {
        owner.run(&format!(
            "begin isolation level {isolation}; select steward.extend_audit_log('audit.log', 4)"
        ));
        let mut member = database.session(Role::Member);
        member.run(&format!(
            "set default_transaction_isolation = '{isolation}'"
        ));
        let waiting = member.start("select steward.extend_audit_log('audit.log', 4)");
        waiting.until_blocked(&mut database.superuser());
        owner.run("commit");
        waiting.finish().1.expect("extended");
        let last = partitions(&mut owner);
        assert_eq!(last.len(), 6);
        let last = owner.value("select max(inhrelid::regclass::text) from pg_inherits where inhparent = 'audit.log'::regclass and inhrelid::regclass::text ~ '\\d$'");
        owner.run(&format!("drop table {last}"));
    }
}

fn a_snapshot_that_is_older_than_the_rows(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    for (isolation, time) in [
        ("repeatable read", "2001-01-01"),
        ("serializable", "2002-01-01"),
    ] {
        owner.run(&format!("begin isolation level {isolation}; select 1"));
        superuser.run(&entry_at(&format!("'{time}'")));
        assert_eq!(
            owner
                .rows("select * from steward.extend_audit_log('audit.log')")
                .len(),
            1
        );
        owner.run("commit");
    }
    assert_eq!(owner.value("select count(*) from audit.log_default"), "0");
    assert_eq!(owner.value("select count(*) from audit.log"), "2");
}

/// Sessions write into partitions that are there and into such that are being made.
fn while_others_write(database: &Database) {
    const WRITERS: usize = 3;
    const ENTRIES: usize = 60;
    let (mut owner, mut superuser) = log_and_superuser(database);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let mut session = database.superuser();
            scope.spawn(move || {
                for number in 0..ENTRIES {
                    let year = 1990 + (number * WRITERS + writer) % 30;
                    // As the trigger does, first the transaction is numbered and then the entries: sealing counts
                    // on it.
                    let entries = format!(
                        "select pg_current_xact_id(); {}",
                        entry_at(&format!("unnest(array[now(), '{year}-05-05'])"))
                    );
                    // So PostgreSQL tells who waited to write a row into the default partition that no
                    // longer belongs there. An audit trigger looks again instead.
                    while let Err(refusal) = session.try_run(&entries) {
                        assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
                    }
                }
            });
        }
        for _ in 0..15 {
            owner.run("select steward.extend_audit_log('audit.log')");
            let _ = owner.value("select steward.seal_audit('audit.log')");
        }
    });
    owner.run("select steward.extend_audit_log('audit.log')");
    assert_eq!(
        superuser.value("select count(*), count(distinct sequence) from audit.log"),
        "360|360"
    );
    assert_eq!(
        superuser.value("select count(*) from audit.log_default"),
        "0"
    );
    let _ = super::seal(&mut owner);
    assert_eq!(super::problems(&mut owner), Vec::<String>::new());
    assert_eq!(owner.value("select sum(rows) from audit.log_seals"), "360");
}

/// Audit triggers write past the executor: what they write is in the right partition all the same.
fn while_others_are_audited(database: &Database) {
    const WRITERS: usize = 3;
    const CHANGES: usize = 40;
    let mut owner = database.owner();
    owner.run("create table tasks (id integer primary key, n integer); insert into tasks select n, 0 from generate_series(1, 3) as n");
    for round in 1..=5 {
        // Without the partition of today, what is written goes into the default one.
        owner.run(&format!(
            "select steward.create_audit_log('audit.log_{round}', period => 'day', ahead => 1);
             select steward.audit('tasks', 'audit.log_{round}', name => 'audit')"
        ));
        let today = owner.value("select to_char(now() at time zone 'UTC', 'YYYY_MM_DD')");
        owner.run(&format!("drop table audit.log_{round}_{today}"));
        thread::scope(|scope| {
            for writer in 1..=WRITERS {
                let mut session = database.owner();
                scope.spawn(move || {
                    for _ in 0..CHANGES {
                        session.run(&format!("update tasks set n = n + 1 where id = {writer}"));
                    }
                });
            }
            while owner.holds(&format!(
                "select count(*) < {CHANGES} from audit.log_{round}"
            )) {}
            owner.run(&format!(
                "select steward.extend_audit_log('audit.log_{round}', 1)"
            ));
        });
        assert_eq!(
            owner.value(&format!(
                "select count(*), count(distinct sequence), count(distinct tableoid) from audit.log_{round}"
            )),
            "120|120|1"
        );
        owner.run(&format!(
            "select steward.extend_audit_log('audit.log_{round}', 1)"
        ));
        assert_eq!(
            owner.value(&format!("select count(*) from audit.log_{round}_default")),
            "0"
        );
    }
}
