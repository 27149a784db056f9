//! Who is asking, by settings: what counts, and that nothing malformed fails.

use steward_tests::{Database, Role, tests};

use super::super::hostile;
use super::{ASHA, VIKTOR, WHO};

tests![
    nobody_by_default,
    the_first_setting_that_is_set_counts,
    blank_and_malformed_is_nobody,
    a_uuid_is_read_as_its_type_reads_it,
    a_number_is_read_as_its_type_reads_it,
    the_role_is_of_the_same_user,
    claims_of_postgrest,
    malformed_claims_are_nobodys,
    it_works_where_nothing_can_be_written,
    it_is_asked_once_a_statement_and_in_parallel_workers,
    names_are_kept_as_they_are,
    bytes_that_are_no_text,
    in_every_encoding,
    a_cursor_keeps_whom_it_was_opened_for,
];

fn nobody_by_default(database: &Database) {
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
    // After SET LOCAL a setting is empty, not NULL.
    writer.run("begin; set local app.current_user_id = '1'; set local app.user_role = 'r'; commit");
    assert_eq!(
        writer.value("select current_setting('app.current_user_id')"),
        ""
    );
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
}

fn the_first_setting_that_is_set_counts(database: &Database) {
    let mut writer = database.session(Role::Writer);
    writer.run("set app.user_id = '7'; set app.user_role = 'tester'");
    assert_eq!(writer.value(WHO), "7|NULL|7|tester|NULL");
    writer.run(&format!("set app.current_user_id = '{ASHA}'"));
    assert_eq!(
        writer.value(WHO),
        format!("{ASHA}|{ASHA}|NULL|tester|NULL"),
        "a user that is no number does not give way to another"
    );
    writer.run("set app.current_user_id = ' '");
    assert_eq!(writer.value(WHO), "7|NULL|7|tester|NULL");
}

fn blank_and_malformed_is_nobody(database: &Database) {
    let mut writer = database.session(Role::Writer);
    let mut values = hostile::names();
    values.extend(
        [
            "",
            " ",
            "\t\n",
            "-",
            "{}",
            "null",
            "0x10",
            "1e3",
            "9223372036854775808",
        ]
        .map(str::to_owned),
    );
    values.push("x".repeat(100_000));
    for value in values {
        let literal = hostile::literal(&value);
        writer.run(&format!("select set_config('app.current_user_id', {literal}, false), set_config('app.user_role', {literal}, false)"));
        let is_blank = value.trim().is_empty();
        assert!(
            writer.holds(&format!(
                "select steward.current_user_uuid() is null and steward.current_user_bigint() is null
                    and steward.current_user_id() is not distinct from {0} and steward.current_user_role() is not distinct from {0}",
                if is_blank { "null" } else { &literal }
            )),
            "{value}"
        );
    }
}

fn a_uuid_is_read_as_its_type_reads_it(database: &Database) {
    let mut writer = database.session(Role::Writer);
    for text in [
        ASHA,
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
    ] {
        writer.run(&format!("set app.current_user_id = '{text}'"));
        assert!(
            writer.holds(&format!(
                "select steward.current_user_uuid() = '{text}'::uuid"
            )),
            "{text}"
        );
    }
    for text in [
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0e-ebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ] {
        assert_eq!(writer.sqlstate(&format!("select '{text}'::uuid")), "22P02");
        writer.run(&format!("set app.current_user_id = '{text}'"));
        assert_eq!(
            writer.value("select steward.current_user_uuid()"),
            "NULL",
            "{text}"
        );
    }
}

fn a_number_is_read_as_its_type_reads_it(database: &Database) {
    let mut writer = database.session(Role::Writer);
    for text in [
        "0",
        "42",
        "-42",
        "+42",
        " 42 ",
        "007",
        "9223372036854775807",
        "-9223372036854775808",
    ] {
        writer.run(&format!("set app.current_user_id = '{text}'"));
        assert!(
            writer.holds(&format!(
                "select steward.current_user_bigint() = '{text}'::bigint"
            )),
            "{text}"
        );
    }
}

fn the_role_is_of_the_same_user(database: &Database) {
    let mut writer = database.session(Role::Writer);
    writer.run(r#"set request.jwt.claims = '{"sub": "3", "role": "admin"}'"#);
    assert_eq!(writer.value("select steward.current_user_role()"), "admin");
    writer.run("set app.current_user_id = '4'");
    assert_eq!(
        writer.value("select steward.current_user_id(), steward.current_user_role(), steward.current_claims()"),
        "4|NULL|NULL",
        "one user's claims beside another's name"
    );
    writer.run("begin; select steward.act_as(5)");
    assert_eq!(
        writer.value("select steward.current_user_id(), steward.current_claims()"),
        "5|NULL"
    );
    writer.run("rollback; reset app.current_user_id");
    assert_eq!(
        writer.value("select steward.current_claims() ->> 'sub'"),
        "3",
        "the control"
    );
}

fn claims_of_postgrest(database: &Database) {
    let mut writer = database.session(Role::Writer);
    let claims = format!(r#"{{"sub": "{VIKTOR}", "role": "web", "nested": {{"a": [1]}}}}"#);
    writer.run(&format!("begin; set local request.jwt.claims = '{claims}'"));
    assert_eq!(
        writer.value("select steward.current_user_uuid(), steward.current_user_role(), steward.current_claims() -> 'nested'"),
        format!(r#"{VIKTOR}|web|{{"a": [1]}}"#)
    );
    writer.run("commit");
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
    super::configure(database, "steward.jwt_user_claim", "user.id");
    super::configure(database, "steward.jwt_role_claim", "https://a.b/role");
    let mut writer = database.session(Role::Writer);
    writer.run(
        r#"set request.jwt.claims = '{"sub": "1", "user": {"id": 5}, "https://a.b/role": "lead"}'"#,
    );
    assert_eq!(
        writer.value("select steward.current_user_bigint(), steward.current_user_role()"),
        "5|lead"
    );
}

fn malformed_claims_are_nobodys(database: &Database) {
    let mut writer = database.session(Role::Writer);
    for claims in [
        "{",
        "[]",
        "null",
        "\"sub\"",
        "{\"sub\": null}",
        "{\"sub\": {}}",
        "{\"sub\": \"\"}",
        "{\"sub\": \"a\\u0000\"}",
        "{\"sub\": \"\\ud800\"}",
        "{\"sub\": 1e999}",
        &format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
    ] {
        writer.run(&format!(
            "set request.jwt.claims = {}",
            hostile::literal(claims)
        ));
        assert!(
            writer.value(WHO).starts_with("NULL|NULL|NULL|NULL|"),
            "{claims:.50}"
        );
    }
}

fn it_works_where_nothing_can_be_written(database: &Database) {
    let mut writer = database.session(Role::Writer);
    writer.run("begin read only; set local app.current_user_id = '1'");
    assert_eq!(writer.value("select steward.current_user_bigint()"), "1");
    assert_eq!(
        writer.value("select pg_current_xact_id_if_assigned()"),
        "NULL"
    );
    writer.run("commit");
}

fn it_is_asked_once_a_statement_and_in_parallel_workers(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer, owner_id bigint); insert into t select n, n % 10 from generate_series(1, 20000) as n;
         analyze t; alter table t set (parallel_workers = 2);
         set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
         set max_parallel_workers_per_gather = 2; set parallel_leader_participation = off;
         begin; set local app.current_user_id = '3'",
    );
    // Without the sub-select it is asked in the workers.
    let query = "select count(*) from t where owner_id = steward.current_user_bigint()";
    let plan = owner.rows(&format!(
        "explain (analyze, costs off, timing off, summary off) {query}"
    ));
    assert!(
        plan.iter().any(|line| line.contains("Workers Launched: 2")),
        "{plan:?}"
    );
    assert_eq!(owner.value(query), "2000");
    let plan = owner.rows("explain (costs off) select count(*) from t where owner_id = (select steward.current_user_bigint())");
    assert!(
        plan.iter().any(|line| line.contains("InitPlan")),
        "{plan:?}"
    );
}

fn names_are_kept_as_they_are(database: &Database) {
    let mut owner = database.owner();
    owner.run("create schema trap; create function trap.length(text) returns integer language sql as 'select 1 / 0';
               create table app (current_user_id text); set search_path = trap, public, pg_catalog");
    owner.run("set app.current_user_id = '  x  '");
    assert_eq!(
        owner.value("select '<' || steward.current_user_id() || '>'"),
        "<  x  >"
    );
}

fn bytes_that_are_no_text(database: &Database) {
    // Nobody checks what a client sends when it connects, and what is text in UTF-8 need not be in EUC_JP.
    let encoded = database.create_encoded("EUC_JP");
    let mut writer = encoded.session_with(
        Role::Writer,
        "-c app.current_user_id=\u{65e5} -c app.user_id=2",
    );
    assert_eq!(writer.value(WHO), "NULL|NULL|NULL|NULL|NULL");
}

fn in_every_encoding(database: &Database) {
    for encoding in ["LATIN1", "SQL_ASCII", "EUC_JP"] {
        let encoded = database.create_encoded(encoding);
        let mut writer = encoded.session(Role::Writer);
        writer.run("set app.current_user_id = '5'");
        assert_eq!(
            writer.value("select steward.current_user_bigint()"),
            "5",
            "{encoding}"
        );
        writer.run(r#"set app.current_user_id = ''; set request.jwt.claims = '{"sub": "\u65e5", "role": "r"}'"#);
        let nobody = writer.value("select steward.current_user_id(), steward.current_claims()");
        assert_eq!(
            nobody, "NULL|NULL",
            "{encoding}: a character that it may lack is no error"
        );
    }
    let latin = database.create_encoded("LATIN1");
    let mut writer = latin.session(Role::Writer);
    writer.run("set app.current_user_id = 'é'");
    assert_eq!(writer.value("select steward.current_user_id()"), "é");
}

fn a_cursor_keeps_whom_it_was_opened_for(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table notes (owner_id bigint, note text); insert into notes select n % 2, n::text from generate_series(1, 100) as n;
         alter table notes enable row level security; grant select on notes to writer;
         create policy own on notes using (owner_id = (select steward.current_user_bigint()))",
    );
    let mut writer = database.session(Role::Writer);
    writer.run("begin; select steward.act_as(1); declare c cursor for select owner_id from notes");
    assert_eq!(writer.rows("fetch 2 from c"), ["1", "1"]);
    writer.run("select steward.act_as(0)");
    assert_eq!(
        writer.rows("fetch 2 from c"),
        ["1", "1"],
        "the rows of one statement are of one user"
    );
    assert_eq!(
        writer.value("select min(owner_id) || ' ' || max(owner_id) from notes"),
        "0 0"
    );
    writer.run("commit");
    // With hold: what was seen stays, and not more.
    writer.run("begin; select steward.act_as(1); declare h cursor with hold for select owner_id from notes; commit");
    let rows = writer.rows("fetch all from h");
    assert_eq!((rows.len(), rows.iter().all(|row| row == "1")), (50, true));
    assert!(writer.rows("select from notes").is_empty());
}
