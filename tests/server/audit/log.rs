//! `create_audit_log`: what it makes, for whom, and what it refuses.

use steward_tests::{Database, Role, tests};

use crate::errors::assert_must_be_owner;
use crate::hostile;

use super::{log_and_superuser, problems, seal, write_entries};

tests![
    a_log_is_an_ordinary_table,
    called_again_it_makes_what_is_missing,
    names_of_all_kinds,
    long_names_that_differ_at_the_end,
    an_unqualified_name,
    the_owner,
    another_owner,
    owners_that_the_caller_cannot_become,
    what_is_refused,
    only_the_owner_calls_it_again,
    a_log_that_was_renamed,
    dropped_with_its_schema,
];

fn a_log_is_an_ordinary_table(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    assert_eq!(
        owner.rows(
            "select string_agg(attname || case when attnotnull then '!' else '' end, ' ' order by attnum) \
             from pg_attribute where attrelid = 'audit.log'::regclass and attnum > 0"
        ),
        ["sequence! logged_at! transaction! transaction_at! key_hash incarnation! table_oid! root_oid! action! schema_name! table_name! key \
          before after actor actor_source session_role! invoking_role! application_name"]
    );
    assert_eq!(
        owner.rows(
            "select replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') from pg_index \
             where indrelid = 'audit.log'::regclass order by 1"
        ),
        [
            "CREATE INDEX log_actor_logged_at_idx ON audit.log USING btree (actor, logged_at)",
            "CREATE INDEX log_key_hash_idx ON audit.log USING btree (key_hash)",
            "CREATE INDEX log_sequence_idx ON audit.log USING brin (sequence)",
        ]
    );
    assert!(owner.holds(
        "select pg_get_serial_sequence('audit.log', 'sequence') = 'audit.log_sequence_seq'"
    ));
    assert!(owner.holds(
        "select bool_and(col_description(attrelid, attnum) is not null) from pg_attribute \
         where attrelid in ('audit.log'::regclass, 'audit.log_default'::regclass, 'audit.log_seals'::regclass) and attnum > 0"
    ));
    assert!(
        superuser.rows("select from pg_depend where refclassid = 'pg_extension'::regclass and objid = 'audit.log'::regclass").is_empty(),
        "no member of the extension"
    );
    assert!(owner.holds("select bool_and(relowner = 'owner'::regrole) from pg_class where relnamespace = 'audit'::regnamespace"));
}

fn called_again_it_makes_what_is_missing(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    let tables = "select oid, oid::regclass from pg_class where relnamespace = 'audit'::regnamespace order by oid::regclass::text";
    let before = owner.rows(tables);
    assert_eq!(
        owner.value("select steward.create_audit_log('audit.log')"),
        "audit.log"
    );
    assert_eq!(owner.rows(tables), before);
    owner.run("drop table audit.log_default; drop table audit.log_seals");
    let without: Vec<_> = owner.rows("select relname from pg_class where relnamespace = 'audit'::regnamespace and relkind = 'r' order by 1");
    owner.run("select steward.create_audit_log('audit.log', ahead => 4)");
    let mut expected = without;
    expected.extend(["log_default".to_owned(), "log_seals".to_owned()]);
    expected.push(owner.value(
        "select 'log_' || to_char(now() at time zone 'UTC' + interval '4 months', 'YYYY_MM')",
    ));
    expected.sort();
    assert_eq!(
        owner.rows("select relname from pg_class where relnamespace = 'audit'::regnamespace and relkind = 'r' order by 1"),
        expected
    );
}

fn names_of_all_kinds(database: &Database) {
    let mut owner = database.owner();
    let mut superuser = database.superuser();
    for name in hostile::names() {
        let table = format!("{0}.{0}", hostile::identifier(&name));
        let literal = hostile::literal(&table);
        owner.run(&format!(
            "select steward.create_audit_log({literal}, owner => 'owner', period => 'year', ahead => 0)"
        ));
        owner.run(&format!("select steward.create_audit_log({literal}, owner => 'owner', period => 'year', ahead => 1)"));
        superuser.run(&super::entry_into(
            &table,
            "unnest(array[now(), '2001-01-01 12:00+00'])",
        ));
        assert_eq!(
            owner
                .rows(&format!("select from steward.extend_audit_log({literal})"))
                .len(),
            3,
            "{name}"
        );
        assert_eq!(
            owner.value(&format!("select count(distinct tableoid) from {table}")),
            "2"
        );
        // Autovacuum may be at work in so many tables, and its transactions are waited for like any other.
        while owner.value(&format!("select steward.seal_audit({literal})")) == "NULL" {}
        assert!(
            owner
                .rows(&format!("select * from steward.verify_audit({literal})"))
                .is_empty()
        );
        assert_eq!(
            owner
                .rows(&format!(
                    "select * from steward.trim_audit_log({literal}, '2002-01-01')"
                ))
                .len(),
            1
        );
        assert!(
            owner
                .rows(&format!("select * from steward.verify_audit({literal})"))
                .is_empty()
        );
        assert_eq!(
            owner.sqlstate(&format!("insert into {table} select * from {table}")),
            "42501"
        );
        superuser.run(&format!("update {table} set after = null"));
        assert_eq!(
            owner.rows(&format!(
                "select problem, sequence from steward.verify_audit({literal})"
            )),
            ["row changed|1"]
        );
    }
}

/// The names of their partitions would be the same once they are cut to 63 bytes.
fn long_names_that_differ_at_the_end(database: &Database) {
    let mut owner = database.owner();
    for end in ["x", "y"] {
        let name = format!("{}{end}", "é".repeat(31));
        owner.run(&format!(
            "select steward.create_audit_log('audit.{name}', ahead => 0)"
        ));
    }
    assert_eq!(
        owner.value("select count(*) from pg_class where relnamespace = 'audit'::regnamespace and relkind in ('r', 'p')"),
        "8"
    );
    assert_eq!(
        owner.value("select count(*) from pg_class where relname like '%é_default_2'"),
        "1"
    );
    // A name that is longer still is cut, as it is in CREATE TABLE.
    let longer = format!("{}xy", "é".repeat(31));
    assert!(owner.holds(&format!(
        "select steward.create_audit_log('audit.{longer}', ahead => 0) = 'audit.{longer}'::regclass"
    )));
}

fn an_unqualified_name(database: &Database) {
    let mut owner = database.owner();
    owner.run("create schema \"Other\"; set search_path = nowhere, \"Other\", public");
    owner.run("select steward.create_audit_log('Changes')");
    assert_eq!(owner.value("select relnamespace::regnamespace from pg_class where relname = 'changes' and relkind = 'p'"), "\"Other\"");
    owner.run("select steward.create_audit_log('\"Changes\"')");
    owner.run("set search_path = nowhere");
    assert_eq!(
        owner.sqlstate("select steward.create_audit_log('changes')"),
        "3F000"
    );
}

fn the_owner(database: &Database) {
    // A member of the owning role makes it for the role, and extends it.
    let mut member = database.session(Role::Member);
    member.run("select steward.create_audit_log('audit.log', owner => 'owner')");
    member.run("select steward.extend_audit_log('audit.log', 7)");
    let owners = "select distinct relowner::regrole::text from pg_class where relnamespace = 'audit'::regnamespace
        union select nspowner::regrole::text from pg_namespace where nspname = 'audit'";
    assert_eq!(member.rows(owners), ["owner"]);
    let mut owner = database.owner();
    owner.run(
        "select steward.extend_audit_log('audit.log', 8); select steward.seal_audit('audit.log')",
    );
}

fn another_owner(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 3);
    let anchor = seal(&mut owner);
    superuser.run("grant usage, create on schema audit to writer");
    let call = "select steward.create_audit_log('audit.log', owner => 'writer')";
    // A log that somebody else has prepared is not taken for one's own, not even by a superuser.
    for call in [call, "select steward.create_audit_log('audit.log')"] {
        assert_eq!(
            superuser.refusal(call).to_string(),
            "42501: log audit.log belongs to role owner\nDETAIL: Whoever owns a log can change what is in it.\n\
             HINT: If it is to be theirs, say owner => 'owner'; if not: alter table audit.log owner to ... first."
        );
    }
    superuser.run(&format!(
        "select steward.create_audit_log('audit.log', owner => 'owner'); alter table audit.log owner to writer; {call}"
    ));
    assert_eq!(
        superuser.rows("select distinct relowner::regrole from pg_class where relnamespace = 'audit'::regnamespace"),
        ["writer"]
    );
    let mut writer = database.session(Role::Writer);
    assert_eq!(seal(&mut writer), anchor);
    assert!(problems(&mut writer).is_empty());
    writer.run("select steward.extend_audit_log('audit.log', 6)");
    assert_must_be_owner(
        &owner.refusal("select steward.extend_audit_log('audit.log')"),
        "audit",
        "log",
    );
    // Given away by hand, the seals are left behind; the call takes them along.
    superuser.run("alter table audit.log owner to owner");
    assert_eq!(
        owner.sqlstate("select steward.seal_audit('audit.log')"),
        "55000"
    );
    superuser.run("select steward.create_audit_log('audit.log', owner => 'owner')");
    assert_eq!(seal(&mut owner), anchor);
}

fn owners_that_the_caller_cannot_become(database: &Database) {
    let mut owner = database.owner();
    assert_eq!(
        owner.sqlstate("select steward.create_audit_log('audit.log', owner => 'writer')"),
        "42501"
    );
    assert_eq!(
        owner.sqlstate(
            "create schema audit; select steward.create_audit_log('audit.log', owner => 'writer')"
        ),
        "42501"
    );
    assert_eq!(
        owner
            .refusal("select steward.create_audit_log('audit.log', owner => 4711::regrole)")
            .to_string(),
        "22023: there is no role with oid 4711\nHINT: Name the owner's role, as in owner => 'auditor'."
    );
    let mut stranger = database.session(Role::Stranger);
    assert_eq!(
        stranger.sqlstate("select steward.create_audit_log('stranger.log', owner => 'owner')"),
        "42501"
    );
    assert_eq!(
        stranger.sqlstate("select steward.create_audit_log('audit.log')"),
        "42501",
        "no right to create a schema"
    );
    assert!(
        owner
            .rows("select from pg_class where relname ~ '^log'")
            .is_empty()
    );
}

fn what_is_refused(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    owner.run(
        "create table plain (id integer); create view seen as select 1; create sequence numbers",
    );
    for (call, sqlstate) in [
        ("'plain'", "42P07"),
        ("'seen'", "42P07"),
        ("'numbers'", "42P07"),
        ("'audit.log_default'", "42P07"),
        ("null", "22023"),
        ("'audit.log', period => null", "22023"),
        ("'audit.log', ahead => null", "22023"),
        ("'audit.log', ahead => -1", "22023"),
        ("'audit.log', ahead => 1001", "22023"),
        ("'other', period => 'hour'", "22023"),
        ("'other', period => 'Month'", "22023"),
        ("'a.b.c'", "22023"),
        ("''", "22023"),
        ("'a b'", "22023"),
        ("'other''; drop table plain'", "22023"),
    ] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.create_audit_log({call})")),
            sqlstate,
            "{call}"
        );
    }
    assert_eq!(
        owner
            .refusal("select steward.create_audit_log('plain')")
            .to_string(),
        "42P07: relation public.plain already exists\nDETAIL: It is not an audit log.\nHINT: Give the log another name.\n\
         SCHEMA: public\nTABLE: plain"
    );
    assert_eq!(
        owner
            .refusal("select steward.create_audit_log('audit.log', period => 'day')")
            .to_string(),
        "22023: log audit.log has partitions of a month, not of a day\nHINT: Say period => 'month'.\nSCHEMA: audit\nTABLE: log"
    );
}

fn only_the_owner_calls_it_again(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    owner.run(
        "grant all on schema audit to writer; grant all on all tables in schema audit to writer",
    );
    let mut writer = database.session(Role::Writer);
    for call in [
        "create_audit_log('audit.log')",
        "extend_audit_log('audit.log')",
        "trim_audit_log('audit.log', now())",
        "seal_audit('audit.log')",
    ] {
        assert_must_be_owner(
            &writer.refusal(&format!("select steward.{call}")),
            "audit",
            "log",
        );
    }
}

fn a_log_that_was_renamed(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 2);
    let anchor = seal(&mut owner);
    owner.run("alter table audit.log rename to \"Changes\"; alter table audit.log_seals rename to other; alter schema audit rename to \"A B\"");
    let log = "'\"A B\".\"Changes\"'";
    assert_eq!(
        owner.value(&format!("select steward.create_audit_log({log})")),
        "\"A B\".\"Changes\""
    );
    assert_eq!(
        owner.value(&format!("select steward.seal_audit({log})")),
        anchor
    );
    assert!(
        owner
            .rows(&format!(
                "select * from steward.verify_audit({log}, '{anchor}')"
            ))
            .is_empty()
    );
    assert!(
        owner.rows(&format!("select * from steward.extend_audit_log({log}, 4)"))[0]
            .starts_with("\"A B\".\"Changes_")
    );
}

fn dropped_with_its_schema(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    write_entries(&mut superuser, 1);
    owner.run("drop schema audit cascade; select steward.create_audit_log('audit.log')");
    owner.run("drop table audit.log, audit.log_seals; select steward.create_audit_log('audit.log', period => 'day')");
}
