//! Nobody but a superuser writes a log by hand.

use steward_tests::{Database, Role, Session, tests};

use super::{entry_at, log_and_superuser, problems, seal, write_entries};

tests![
    a_check_changes_nothing,
    no_type_of_ones_own,
    nobody_writes_by_hand,
    a_superuser_does,
    functions_of_the_owner,
    triggers_of_the_owner_while_the_log_is_extended,
    nothing_is_left_open_by_an_error,
    an_audit_trigger_passes,
];

/// Every way to write a table of a log, once there is a row in it. (An UPDATE or DELETE of no row fires no
/// trigger for rows, and does nothing.)
fn ways_to_write(table: &str) -> Vec<String> {
    vec![
        format!("insert into {table} select * from {table} limit 1"),
        format!(
            "update {table} set {} = null",
            if table.ends_with("seals") {
                "fingerprints"
            } else {
                "after"
            }
        ),
        format!("delete from {table}"),
        format!("truncate {table}"),
        format!("merge into {table} as t using (select 1) as s on true when matched then delete"),
    ]
}

fn refused_tables(session: &mut Session) -> Vec<String> {
    session.rows(
        "select oid::regclass from pg_class where relnamespace = 'audit'::regnamespace and relkind in ('r', 'p') order by 1",
    )
}

fn nobody_writes_by_hand(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    // A row in every table, so that there is something to write.
    superuser.run(&entry_at(
        "generate_series(now(), now() + interval '3 months', '1 month')",
    ));
    superuser.run(&entry_at("'infinity'"));
    let anchor = seal(&mut owner);
    // The seals' number is taken before the trigger looks.
    owner.run("alter table audit.log_seals drop constraint log_seals_pkey");
    owner.run(
        "grant usage on schema audit to writer; grant all on all tables in schema audit to writer",
    );
    let tables = refused_tables(&mut owner);
    assert_eq!(tables.len(), 7);
    for role in [Role::Owner, Role::Member, Role::Writer] {
        let mut session = database.session(role);
        for way in tables.iter().flat_map(|table| ways_to_write(table)) {
            assert_eq!(session.sqlstate(&way), "42501", "{role}: {way}");
        }
        assert_eq!(
            session.sqlstate("copy audit.log from program 'true'"),
            "42501"
        );
    }
    assert_eq!(super::problems_with(&mut owner, &anchor), [] as [&str; 0]);
    assert_eq!(
        owner
            .refusal("update audit.log set after = null")
            .to_string()
            .replace(
                &owner.value("select to_char(now() at time zone 'UTC', 'YYYY_MM')"),
                "NOW"
            ),
        "42501: audit.log_NOW is written by audit triggers only\n\
         DETAIL: It is part of an audit log, which nobody changes or adds to by hand, not even its owner.\n\
         HINT: steward.audit(...) makes a table write its changes there; steward.trim_audit_log(...) drops what is old.\n\
         SCHEMA: audit\nTABLE: log_NOW"
    );
}

/// The control: the same statements.
fn a_superuser_does(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&entry_at(
        "generate_series(now(), now() + interval '3 months', '1 month')",
    ));
    superuser.run(&entry_at("'infinity'"));
    let _ = seal(&mut owner);
    owner.run("alter table audit.log_seals drop constraint log_seals_pkey");
    for way in refused_tables(&mut owner)
        .iter()
        .flat_map(|table| ways_to_write(table))
    {
        superuser.run(&format!("begin; {way}; rollback"));
    }
}

fn functions_of_the_owner(database: &Database) {
    let (mut owner, _) = log_and_superuser(database);
    owner.run(&format!(
        "create function forge() returns void language sql security definer as $$ {} $$;
         grant usage on schema public to writer",
        entry_at("now()")
    ));
    for role in [Role::Owner, Role::Writer] {
        assert_eq!(database.session(role).sqlstate("select forge()"), "42501");
    }
}

/// The log's owner may have triggers on it. What they do while `extend_audit_log` moves rows is not what it
/// does itself.
fn triggers_of_the_owner_while_the_log_is_extended(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&entry_at("'2001-01-01'"));
    owner.run(&format!(
        "create function forge() returns trigger language plpgsql as $$ begin {}; return null; end $$;
         create trigger forge after delete on audit.log_default for each row execute function forge()",
        entry_at("now()")
    ));
    assert_eq!(
        owner.sqlstate("select steward.extend_audit_log('audit.log')"),
        "42501"
    );
    owner.run(
        "drop trigger forge on audit.log_default; select steward.extend_audit_log('audit.log')",
    );
    assert_eq!(
        owner.rows("select tableoid::regclass from audit.log"),
        ["audit.log_2001_01"]
    );
}

fn nothing_is_left_open_by_an_error(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    superuser.run(&entry_at("'2001-01-01'"));
    owner.run(
        "create function fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
         create trigger fail after delete on audit.log_default for each row execute function fail();
         begin; savepoint before",
    );
    assert_eq!(
        owner.sqlstate("select steward.extend_audit_log('audit.log')"),
        "P0001"
    );
    owner.run("rollback to before");
    assert_eq!(owner.sqlstate("delete from audit.log"), "42501");
    owner.run("rollback");
    assert_eq!(owner.sqlstate("delete from audit.log"), "42501");
}

fn an_audit_trigger_passes(database: &Database) {
    let (mut owner, mut superuser) = log_and_superuser(database);
    owner.run(
        "create table tasks (id integer primary key, title text);
         select steward.audit('tasks', 'audit.log');
         insert into tasks values (1, 'one'); update tasks set title = 'two'",
    );
    write_entries(&mut superuser, 1);
    let _ = seal(&mut owner);
    owner.run("delete from tasks");
    let _ = seal(&mut owner);
    assert_eq!(
        owner.rows("select rows from audit.log_seals order by number"),
        ["3", "1"]
    );
    assert!(problems(&mut owner).is_empty());
}

/// The function of a CHECK runs within our own statement, at the same depth of triggers.
fn a_check_changes_nothing(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table tasks (id integer primary key); select steward.audit('tasks', 'audit.log');
         insert into tasks values (1);
         create function audit.forge(text) returns boolean language plpgsql as $$ begin
             if current_setting('forge.now', true) = 'yes' then
                 perform set_config('forge.now', 'no', false);
                 update audit.log set actor = 'forged';
             end if;
             return true;
         end $$;
         alter table audit.log add constraint forge check (audit.forge(actor));
         insert into tasks values (2); set forge.now = 'yes'",
    );
    assert_eq!(owner.sqlstate("insert into tasks values (3)"), "42501");
    owner.run("set forge.now = 'no'; insert into tasks values (4)");
    assert_eq!(
        owner.value("select count(*), count(*) filter (where actor = 'forged') from audit.log"),
        "3|0"
    );
}

/// A type brings casts, which would run with the rights of whoever verifies.
fn no_type_of_ones_own(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create domain audit.name as text; alter table audit.log alter column application_name type audit.name",
    );
    for question in ["verify_audit", "seal_audit", "extend_audit_log"] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.{question}('audit.log')")),
            "42809",
            "{question}"
        );
    }
}
