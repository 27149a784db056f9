//! Dropping what is old keeps the chain whole, and drops nothing that is not sealed.

use steward_tests::{Database, Session, tests};

use super::{entry_at, log_and_superuser, problems, problems_with, seal, write_entries};

tests![
    whole_partitions_go,
    without_seals_nothing_is_recorded,
    with_seals_the_chain_goes_on,
    what_is_not_sealed_stays,
    a_running_writer_is_waited_for,
    old_rows_in_the_default_partition,
    partitions_across_the_cut,
    tampering_is_found_all_the_same,
    rows_that_come_back,
    what_is_logged_behind_the_cut,
    while_it_is_sealed_and_extended,
];

/// Entries in January, February and March of 2001, and one of now; each in its partition.
fn log_of_2001(database: &Database) -> (Session, Session) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&entry_at(
        "generate_series('2001-01-15 00:00+00'::timestamptz, '2001-03-15 00:00+00', '1 month')",
    ));
    write_entries(&mut superuser, 1);
    owner.run("select steward.extend_audit_log('audit.log')");
    (owner, superuser)
}

fn trim(owner: &mut Session, before: &str) -> Vec<String> {
    owner.rows(&format!(
        "select * from steward.trim_audit_log('audit.log', '{before}')"
    ))
}

fn whole_partitions_go(database: &Database) {
    let (mut owner, _) = log_of_2001(database);
    assert!(trim(&mut owner, "2001-01-31 23:59+00").is_empty());
    assert!(trim(&mut owner, "-infinity").is_empty());
    owner.run("set timezone = 'Asia/Tokyo'");
    assert!(
        trim(&mut owner, "2001-02-01").is_empty(),
        "Tokyo's midnight is earlier"
    );
    assert_eq!(trim(&mut owner, "2001-02-01 09:00"), ["audit.log_2001_01"]);
    assert_eq!(
        trim(&mut owner, "2001-04-20"),
        ["audit.log_2001_02", "audit.log_2001_03"]
    );
    assert_eq!(owner.value("select count(*) from audit.log"), "1");
    assert_eq!(
        owner.value("select count(*) from pg_class where relname ~ '^log_2001'"),
        "0"
    );
    assert_eq!(
        owner.sqlstate("select steward.trim_audit_log('audit.log', null)"),
        "22023"
    );
    // Nor does what is written now: a sign wrong, and all of it would be gone.
    for before in ["now() + interval '1 year'", "'infinity'"] {
        assert_eq!(
            owner.sqlstate(&format!(
                "select steward.trim_audit_log('audit.log', {before})"
            )),
            "22023"
        );
    }
    assert_eq!(owner.value("select count(*) from audit.log"), "1");
}

fn without_seals_nothing_is_recorded(database: &Database) {
    let (mut owner, _) = log_of_2001(database);
    assert_eq!(trim(&mut owner, "2002-01-01").len(), 3);
    assert_eq!(owner.value("select count(*) from audit.log_seals"), "0");
    let _ = seal(&mut owner);
    assert!(problems(&mut owner).is_empty());
}

fn with_seals_the_chain_goes_on(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    let first = seal(&mut owner);
    assert_eq!(
        trim(&mut owner, "2001-03-01"),
        ["audit.log_2001_01", "audit.log_2001_02"]
    );
    assert!(problems_with(&mut owner, &first).is_empty());
    assert_eq!(
        owner.rows("select kind, period at time zone 'UTC', rows, fingerprints is null from audit.log_seals order by number"),
        [
            "rows|2001-01-01 00:00:00|1|t".to_owned(),
            "rows|2001-02-01 00:00:00|1|t".to_owned(),
            "rows|2001-03-01 00:00:00|1|f".to_owned(),
            format!("rows|{}|1|f", owner_month(&mut superuser)),
            "cut|2001-03-01 00:00:00|0|f".to_owned(),
        ]
    );
    write_entries(&mut superuser, 2);
    let second = seal(&mut owner);
    assert!(problems_with(&mut owner, &second).is_empty());
    assert_eq!(trim(&mut owner, "2010-01-01"), ["audit.log_2001_03"]);
    for anchor in [first, second] {
        assert!(problems_with(&mut owner, &anchor).is_empty());
    }
}

fn owner_month(session: &mut Session) -> String {
    session.value("select date_trunc('month', now() at time zone 'UTC')")
}

/// Without the record of the cut, the same drop is a removal.
fn what_is_not_sealed_stays(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    let _ = seal(&mut owner);
    superuser.run(&entry_at("'2001-02-20'"));
    assert_eq!(
        owner
            .refusal("select steward.trim_audit_log('audit.log', '2005-01-01')")
            .to_string(),
        "55000: partition audit.log_2001_02 holds rows that are not sealed\n\
         DETAIL: One of them has the sequence number 5. Once a log is sealed, only what is sealed is dropped.\n\
         HINT: select steward.seal_audit('audit.log'); and try again. It leaves out what a transaction that is still running may \
         have written.\nSCHEMA: audit\nTABLE: log"
    );
    assert_eq!(trim(&mut owner, "2001-02-01"), ["audit.log_2001_01"]);
    let _ = seal(&mut owner);
    assert_eq!(trim(&mut owner, "2001-03-01"), ["audit.log_2001_02"]);
    assert!(problems(&mut owner).is_empty());
    owner.run("drop table audit.log_2001_03");
    assert_eq!(problems(&mut owner), ["row removed|3|3"]);
}

fn a_running_writer_is_waited_for(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    let _ = seal(&mut owner);
    superuser.run(&format!("begin; {}", entry_at("'2001-02-20'")));
    let waiting = owner.start("select steward.trim_audit_log('audit.log', '2005-01-01')");
    waiting.until_blocked(&mut database.superuser());
    superuser.run("commit");
    let (mut owner, result) = waiting.finish();
    assert_eq!(
        result.expect_err("a row that is not sealed").sqlstate(),
        "55000"
    );
    let _ = seal(&mut owner);
    assert!(problems(&mut owner).is_empty());
}

fn old_rows_in_the_default_partition(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    superuser.run(&entry_at("'1999-05-05'"));
    superuser.run(&entry_at("'-infinity'"));
    let _ = seal(&mut owner);
    assert_eq!(
        owner.sqlstate("select steward.trim_audit_log('audit.log', '2005-01-01')"),
        "55000"
    );
    owner.run("select steward.extend_audit_log('audit.log')");
    assert_eq!(trim(&mut owner, "2005-01-01").len(), 4);
}

fn partitions_across_the_cut(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    owner.run(
        "create table audit.first partition of audit.log for values from ('2000-01-01 00:00+00') to ('2000-01-15 00:00+00');
         create table audit.second partition of audit.log for values from ('2000-01-15 00:00+00') to ('2000-02-15 00:00+00');
         create table audit.third partition of audit.log for values from ('2000-02-15 00:00+00') to ('2000-03-01 00:00+00')",
    );
    superuser.run(&entry_at(
        "generate_series('2000-01-05 00:00+00'::timestamptz, '2000-02-25 00:00+00', '10 days')",
    ));
    let _ = seal(&mut owner);
    assert!(
        trim(&mut owner, "2000-02-20").is_empty(),
        "a month would be half gone"
    );
    assert_eq!(
        trim(&mut owner, "2000-03-01"),
        ["audit.first", "audit.second", "audit.third"]
    );
    assert!(problems(&mut owner).is_empty());
}

fn tampering_is_found_all_the_same(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    let _ = seal(&mut owner);
    let _ = trim(&mut owner, "2001-03-01");
    superuser.run("begin; update audit.log set actor = 'x'");
    assert_eq!(
        problems(&mut superuser),
        ["row changed|3|3", "row changed|4|4"]
    );
    superuser.run("rollback; begin; delete from audit.log_seals where number = 2");
    assert_eq!(problems(&mut superuser), ["seal missing|2|NULL"]);
    superuser.run("rollback; begin; update audit.log_seals set period = '2001-02-01 00:00+00' where kind = 'cut'");
    assert_eq!(
        problems(&mut superuser),
        [
            "row removed|1|NULL",
            "row removed|2|NULL",
            "seal altered|5|NULL"
        ]
    );
    // A cut that nobody made, to explain what is missing.
    superuser.run("rollback; begin; delete from audit.log where sequence = 3; update audit.log_seals set period = '2001-04-01 00:00+00' where kind = 'cut'");
    assert!(problems(&mut superuser).contains(&"row removed|3|3".to_owned()));
}

fn rows_that_come_back(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    superuser.run("create table copy as select * from audit.log where sequence = 1; update copy set actor = 'x'");
    let _ = seal(&mut owner);
    let _ = trim(&mut owner, "2001-03-01");
    superuser.run("insert into audit.log select * from copy");
    assert_eq!(problems(&mut owner), ["row inserted|NULL|1"]);
}

/// None of the three deadlocks with another.
fn while_it_is_sealed_and_extended(database: &Database) {
    let (mut owner, _) = log_of_2001(database);
    std::thread::scope(|scope| {
        for call in [
            "select steward.seal_audit('audit.log')",
            "select steward.extend_audit_log('audit.log', 4)",
            "select * from steward.verify_audit('audit.log')",
        ] {
            let mut session = database.owner();
            scope.spawn(move || (0..20).for_each(|_| session.run(call)));
        }
        let mut superuser = database.superuser();
        scope.spawn(move || {
            for year in 1980..2000 {
                superuser.run(&entry_at(&format!("'{year}-05-05'")));
            }
        });
        for year in (1980..2000).step_by(2) {
            // Not everything is sealed, or moved, at any moment.
            if let Err(refusal) = owner.try_run(&format!(
                "select steward.trim_audit_log('audit.log', '{year}-07-01')"
            )) {
                assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
            }
        }
    });
    owner.run(
        "select steward.extend_audit_log('audit.log'); select steward.seal_audit('audit.log')",
    );
    let _ = owner.rows("select steward.trim_audit_log('audit.log', '2000-01-01')");
    assert!(problems(&mut owner).is_empty());
}

/// A cut explains what was there before it. What a false clock puts behind it later, and somebody removes, is
/// missed.
fn what_is_logged_behind_the_cut(database: &Database) {
    let (mut owner, mut superuser) = log_of_2001(database);
    let _ = seal(&mut owner);
    assert_eq!(trim(&mut owner, "2001-02-01").len(), 1);
    superuser.run(&entry_at("'2001-01-20 00:00+00'::timestamptz"));
    let anchor = seal(&mut owner);
    assert!(problems_with(&mut owner, &anchor).is_empty());
    superuser.run("delete from audit.log where logged_at = '2001-01-20 00:00+00'");
    let found = problems(&mut owner);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("row removed"), "{found:?}");
}
