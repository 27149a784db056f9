//! Sealing: what is sealed when, and that nobody stands in the way of anybody.

use steward_tests::{Database, Role, Session, tests};

use super::{entry_at, log_and_superuser, problems, problems_with, seal, write_entries};

tests![
    nothing_to_seal,
    every_anchor_holds,
    many_rows_make_several_seals,
    a_period_has_seals_of_its_own,
    a_sealer_that_has_a_number_already,
    late_commits_are_no_insertions,
    a_prepared_transaction_is_waited_for,
    other_databases_are_not_waited_for,
    the_sealers_own_rows,
    rolled_back_rows,
    two_sealers_at_once,
    an_old_snapshot,
    the_settings_of_the_session_do_not_matter,
    who_may_verify,
    row_level_security,
    in_a_read_only_transaction,
    anchors_that_are_none,
    writers_do_not_wait,
];

fn sealed(session: &mut Session) -> Vec<String> {
    session.rows("select number, rows from audit.log_seals order by number")
}

fn nothing_to_seal(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    assert_eq!(seal(&mut owner), "NULL");
    assert!(problems(&mut owner).is_empty());
    assert!(sealed(&mut owner).is_empty());
}

fn every_anchor_holds(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    let mut anchors = Vec::new();
    for count in 1..4 {
        write_entries(&mut superuser, count);
        anchors.push(seal(&mut owner));
        assert_eq!(
            &seal(&mut owner),
            anchors.last().expect("an anchor"),
            "nothing new"
        );
    }
    assert_eq!(sealed(&mut owner), ["1|1", "2|2", "3|3"]);
    write_entries(&mut superuser, 1);
    for anchor in anchors {
        assert!(problems_with(&mut owner, &anchor).is_empty(), "{anchor}");
    }
    // The second call need not look at what the first has sealed.
    assert_eq!(
        owner.rows("select last_sequence from audit.log_seals order by number"),
        ["1", "3", "6"]
    );
}

fn many_rows_make_several_seals(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(
        &entry_at("now() from generate_series(1, 20001)")
            .replace("now() from generate_series(1, 20001),", "now(),"),
    );
    let _ = seal(&mut owner);
    assert_eq!(sealed(&mut owner), ["1|1"]);
    superuser.run("insert into audit.log (logged_at, transaction, transaction_at, incarnation, table_oid, root_oid, action, schema_name, table_name, session_role, invoking_role)
        select logged_at, pg_current_xact_id(), transaction_at, incarnation, table_oid, root_oid, action, schema_name, table_name, session_role, invoking_role
        from audit.log cross join generate_series(1, 20001)");
    let anchor = seal(&mut owner);
    assert_eq!(sealed(&mut owner), ["1|1", "2|10000", "3|10000", "4|1"]);
    assert!(problems_with(&mut owner, &anchor).is_empty());
    // The seams: the last row of one seal, the first of the next, and one between them.
    for (tampering, found) in [
        (
            "update audit.log set actor = 'x' where sequence = 10001",
            "row changed|2|10001",
        ),
        (
            "update audit.log set actor = 'x' where sequence = 10002",
            "row changed|3|10002",
        ),
        (
            "delete from audit.log where sequence = 20002",
            "row removed|4|20002",
        ),
        (
            "insert into audit.log select * from audit.log where sequence = 10001",
            "row inserted|2|10001",
        ),
        (
            "delete from audit.log where sequence >= 10002",
            "row removed|3|10002\nrow removed|4|20002",
        ),
    ] {
        superuser.run(&format!("begin; {tampering}"));
        assert_eq!(problems(&mut superuser).join("\n"), found, "{tampering}");
        superuser.run("rollback");
    }
}

fn a_period_has_seals_of_its_own(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&entry_at("unnest(array['2001-01-31 23:59+00', '2001-02-01 00:00+00', '2001-02-03', 'infinity', '-infinity']::timestamptz[])"));
    let _ = seal(&mut owner);
    assert_eq!(
        owner.rows("select period at time zone 'UTC', rows from audit.log_seals order by number"),
        [
            "-infinity|1",
            "2001-01-01 00:00:00|1",
            "2001-02-01 00:00:00|2",
            "infinity|1"
        ]
    );
    assert!(problems(&mut owner).is_empty());
    owner.run("select steward.extend_audit_log('audit.log')");
    assert!(
        problems(&mut owner).is_empty(),
        "rows that moved are the same rows"
    );
}

/// The sealer's own transaction is younger than one that has written and is not over, and both lie above the end
/// of a snapshot.
fn a_sealer_that_has_a_number_already(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 1);
    for _ in 0..5 {
        superuser.run(&format!("begin; {}", entry_at("now()")));
        owner.run("begin; select pg_current_xact_id()");
        let _ = seal(&mut owner);
        superuser.run("commit");
        owner.run("commit");
        let _ = seal(&mut owner);
        assert_eq!(problems(&mut owner), Vec::<String>::new());
    }
    assert_eq!(owner.value("select sum(rows) from audit.log_seals"), "6");
}

/// One that began before another and commits after it, with a seal at every moment. Sealing in the order of
/// sequence numbers, or of commits, would take it for an insertion.
fn late_commits_are_no_insertions(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 1);
    let mut late = database.superuser();
    late.run(&format!("begin; {}", entry_at("now()")));
    write_entries(&mut superuser, 2);
    let first = seal(&mut owner);
    assert_eq!(
        sealed(&mut owner),
        ["1|1"],
        "neither the running one nor what began after it"
    );
    late.run(&entry_at("now()"));
    write_entries(&mut superuser, 1);
    assert_eq!(seal(&mut owner), first);
    late.run("commit");
    assert!(problems_with(&mut owner, &first).is_empty());
    let second = seal(&mut owner);
    assert_eq!(sealed(&mut owner), ["1|1", "2|5"]);
    for anchor in [first, second] {
        assert!(problems_with(&mut owner, &anchor).is_empty());
    }
    // The control: a row that says that it is of a transaction that was sealed.
    superuser.run(&entry_at("now()").replace(
        "pg_current_xact_id()",
        "(select min(transaction::text)::xid8 from audit.log)",
    ));
    assert_eq!(problems(&mut owner), ["row inserted|1|7"]);
}

fn a_prepared_transaction_is_waited_for(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    let name = format!("prepared_{}", database.name());
    superuser.run(&format!(
        "begin; {}; prepare transaction '{name}'",
        entry_at("now()")
    ));
    write_entries(&mut superuser, 1);
    assert_eq!(seal(&mut owner), "NULL");
    superuser.run(&format!("commit prepared '{name}'"));
    let _ = seal(&mut owner);
    assert_eq!(sealed(&mut owner), ["1|2"]);
    assert!(problems(&mut owner).is_empty());
}

fn other_databases_are_not_waited_for(database: &Database) {
    let other = database.create_another().expect("a database");
    let (mut running, mut prepared) = (other.superuser(), other.superuser());
    running.run("begin; select pg_current_xact_id()");
    let name = format!("prepared_{}", other.name());
    prepared.run(&format!(
        "begin; create table t (); prepare transaction '{name}'"
    ));
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 2);
    let _ = seal(&mut owner);
    assert_eq!(sealed(&mut owner), ["1|2"]);
    running.run("rollback");
    prepared.run(&format!("rollback prepared '{name}'"));
}

fn the_sealers_own_rows(database: &Database) {
    let (_, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 1);
    superuser.run(&format!("begin; {0}; savepoint s; {0}", entry_at("now()")));
    let _ = seal(&mut superuser);
    assert_eq!(sealed(&mut superuser), ["1|1"]);
    superuser.run("commit");
    let _ = seal(&mut superuser);
    assert_eq!(sealed(&mut superuser), ["1|1", "2|2"]);
    assert!(problems(&mut superuser).is_empty());
}

fn rolled_back_rows(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&format!(
        "begin; {0}; savepoint s; {0}; rollback to s; {0}; commit; begin; {0}; rollback",
        entry_at("now()")
    ));
    let _ = seal(&mut owner);
    assert_eq!(sealed(&mut owner), ["1|2"]);
    owner.run("begin; savepoint s");
    write_entries(&mut superuser, 1);
    let undone = seal(&mut owner);
    owner.run("rollback");
    assert_eq!(
        sealed(&mut owner),
        ["1|2"],
        "a seal that is rolled back was never made"
    );
    assert_eq!(
        problems_with(&mut owner, &undone),
        ["anchor not in chain|2|NULL"]
    );
    let _ = seal(&mut owner);
    assert!(problems(&mut owner).is_empty());
}

fn two_sealers_at_once(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    for (number, isolation) in (1..).zip(["read committed", "repeatable read", "serializable"]) {
        write_entries(&mut superuser, 2);
        owner.run("begin; select steward.seal_audit('audit.log')");
        let mut member = database.session(Role::Member);
        member.run(&format!(
            "set default_transaction_isolation = '{isolation}'"
        ));
        let waiting = member.start("begin; select steward.seal_audit('audit.log'); commit");
        waiting.until_blocked(&mut database.superuser());
        write_entries(&mut superuser, 1);
        owner.run("commit");
        waiting.finish().1.expect("sealed");
        let _ = seal(&mut owner);
        assert_eq!(
            owner.value("select sum(rows) from audit.log_seals"),
            (3 * number).to_string()
        );
        assert!(problems(&mut owner).is_empty());
    }
}

fn an_old_snapshot(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    for isolation in ["repeatable read", "serializable"] {
        owner.run(&format!("begin isolation level {isolation}; select 1"));
        write_entries(&mut superuser, 2);
        let mut other = database.session(Role::Member);
        let _ = seal(&mut other);
        write_entries(&mut superuser, 1);
        let _ = seal(&mut owner);
        assert!(
            problems(&mut owner).is_empty(),
            "it looks at what is there now"
        );
        owner.run("commit");
        let _ = seal(&mut owner);
        assert!(problems(&mut owner).is_empty());
    }
    assert_eq!(owner.value("select sum(rows) from audit.log_seals"), "6");
}

fn the_settings_of_the_session_do_not_matter(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 3);
    let settings = "set timezone = 'America/St_Johns'; set datestyle = 'German'; set intervalstyle = 'iso_8601';
        set bytea_output = 'escape'; set extra_float_digits = -15; set search_path = public";
    owner.run(&format!(
        "{settings}; create function public.sha256(bytea) returns bytea language sql as $$ select ''::bytea $$;
         create function public.length(text) returns integer language sql as $$ select 0 $$"
    ));
    let anchor = seal(&mut owner);
    assert!(problems_with(&mut owner, &anchor).is_empty());
    assert!(problems_with(&mut database.owner(), &anchor).is_empty());
    assert_eq!(owner.value("show timezone"), "America/St_Johns");
}

fn who_may_verify(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 3);
    let anchor = seal(&mut owner);
    let mut writer = database.session(Role::Writer);
    let verify = "select * from steward.verify_audit('audit.log')";
    owner.run("grant usage on schema audit to writer");
    assert_eq!(writer.sqlstate(verify), "42501");
    owner.run("grant select on audit.log to writer");
    assert_eq!(writer.sqlstate(verify), "42501");
    owner.run("grant select on audit.log_seals to writer");
    assert!(problems_with(&mut writer, &anchor).is_empty());
    superuser.run("delete from audit.log where sequence = 2");
    assert_eq!(problems(&mut writer), ["row removed|1|2"]);
}

fn row_level_security(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 3);
    let _ = seal(&mut owner);
    owner.run("alter table audit.log enable row level security; grant usage on schema audit to writer; grant select on all tables in schema audit to writer");
    assert!(problems(&mut owner).is_empty());
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer
            .refusal("select * from steward.verify_audit('audit.log')")
            .to_string(),
        "42501: row level security hides rows of audit.log\n\
         HINT: Ask as a role that sees all rows: the owner, or one with BYPASSRLS.\nSCHEMA: audit\nTABLE: log"
    );
    owner.run("alter table audit.log force row level security");
    assert_eq!(
        owner.sqlstate("select steward.verify_audit('audit.log')"),
        "42501"
    );
    // What the owner forces upon itself hides nothing from the seals.
    write_entries(&mut superuser, 2);
    let anchor = seal(&mut owner);
    assert_eq!(problems_with(&mut superuser, &anchor), [""; 0]);
    assert_eq!(
        superuser.value("select sum(rows) from audit.log_seals"),
        "5"
    );
}

fn in_a_read_only_transaction(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 1);
    let anchor = seal(&mut owner);
    owner.run("begin read only");
    assert!(problems_with(&mut owner, &anchor).is_empty());
    assert!(owner.holds("select pg_current_xact_id_if_assigned() is null"));
    assert_eq!(
        owner.sqlstate("savepoint s; select steward.extend_audit_log('audit.log', 20)"),
        "25006"
    );
}

fn anchors_that_are_none(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    for anchor in ["", "1", "1:", "x:00", "1:zz"] {
        assert_eq!(
            owner.sqlstate(&format!(
                "select steward.verify_audit('audit.log', '{anchor}')"
            )),
            "22023"
        );
    }
    assert_eq!(owner.sqlstate("select steward.verify_audit(null)"), "22023");
    assert_eq!(
        owner.sqlstate("select steward.verify_audit('audit.log_seals')"),
        "42809"
    );
    assert_eq!(
        problems_with(&mut owner, &format!("1:{}", "0".repeat(64))),
        ["anchor not in chain|1|NULL"]
    );
}

fn writers_do_not_wait(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 1);
    owner.run("begin; select steward.seal_audit('audit.log'); select * from steward.verify_audit('audit.log')");
    superuser.run("set lock_timeout = '2s'");
    write_entries(&mut superuser, 1);
    owner.run("commit");
}
