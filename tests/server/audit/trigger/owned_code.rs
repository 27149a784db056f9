//! A log's owner can give it checks, triggers and functions. They run with the owner's rights, whoever writes
//! the log, seals it, extends it or reads it, and leave nothing behind in the session.

use steward_tests::{Database, Role, Session, tests};

tests![
    a_trigger_on_the_seals,
    a_check_that_runs_when_rows_move,
    a_check_that_runs_when_others_write,
    a_table_of_seals_with_a_type_of_ones_own,
    a_log_with_a_type_of_ones_own,
    the_same_without_the_restriction,
    a_schema_that_is_renamed_while_it_is_sealed,
];

/// A log of the owner's, who notes as whom code of theirs runs; and a superuser who keeps the log.
fn log_and_caller(database: &Database) -> (Session, Session) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table ran (at text, as_role text); grant insert on ran to public;
         create function note() returns trigger language plpgsql as
             $body$ begin insert into public.ran values (tg_name, current_user); return new; end $body$;
         create table later (id integer);
         create constraint trigger later after insert on later deferrable initially deferred
             for each row execute function note();
         grant insert on later to public;
         create function evil() returns boolean language plpgsql as
             $body$ begin perform set_config('search_path', 'evil', false); insert into public.later values (1); return true; end $body$;
         create function harmless() returns boolean language plpgsql as
             $body$ begin perform set_config('search_path', 'evil', false); insert into public.ran values ('check', current_user); return true; end $body$",
    );
    (owner, database.superuser())
}

/// Nothing of the owner's ran as anybody else.
#[track_caller]
fn assert_ran_as_owner_only(caller: &mut Session) {
    assert_eq!(
        caller.rows("select at, as_role from public.ran where as_role <> 'owner'"),
        [""; 0]
    );
    assert!(!caller.holds("select current_setting('search_path') like '%evil%'"));
}

fn a_trigger_on_the_seals(database: &Database) {
    let (mut owner, mut superuser) = log_and_caller(database);
    superuser.run(&super::super::entry_at("clock_timestamp()"));
    owner.run(
        "create trigger note before insert on audit.log_seals for each row execute function note()",
    );
    superuser.run("select steward.seal_audit('audit.log')");
    assert_eq!(superuser.rows("select * from ran"), ["note|owner"]);
    assert_ran_as_owner_only(&mut superuser);
}

fn a_check_that_runs_when_rows_move(database: &Database) {
    let (mut owner, mut superuser) = log_and_caller(database);
    superuser.run(&super::super::entry_at(
        "'2001-01-01 00:00+00'::timestamptz",
    ));
    owner.run("alter table audit.log add constraint c check (harmless()) not valid");
    superuser.run("select steward.extend_audit_log('audit.log')");
    assert!(superuser.holds("select count(*) > 0 from ran"));
    assert_ran_as_owner_only(&mut superuser);
    // What is put off to the end of the transaction would run as the caller: it is refused.
    owner.run("alter table audit.log drop constraint c");
    superuser.run(&super::super::entry_at(
        "'2002-01-01 00:00+00'::timestamptz",
    ));
    owner.run("alter table audit.log add constraint c check (evil()) not valid");
    let refusal = superuser.refusal("select steward.extend_audit_log('audit.log')");
    assert_eq!(refusal.sqlstate(), "42501", "{refusal}");
    assert_ran_as_owner_only(&mut superuser);
}

fn a_check_that_runs_when_others_write(database: &Database) {
    let (mut owner, _) = log_and_caller(database);
    owner.run("grant usage on schema audit to writer; grant insert on audit.log to writer; grant create on schema public to writer;
        alter table audit.log add constraint c check (harmless())");
    let mut writer = database.session(Role::Writer);
    writer.run("create table things (id integer primary key); select steward.audit('things', 'audit.log'); insert into things values (1)");
    assert!(owner.holds("select count(*) > 0 from ran"));
    assert_ran_as_owner_only(&mut owner);
    assert!(!writer.holds("select current_setting('search_path') like '%evil%'"));
    owner.run("alter table audit.log drop constraint c, add constraint c check (evil()) not valid");
    let refusal = writer.refusal("insert into things values (2)");
    assert_eq!(refusal.sqlstate(), "42501", "{refusal}");
    assert_ran_as_owner_only(&mut owner);
}

fn a_table_of_seals_with_a_type_of_ones_own(database: &Database) {
    let (mut owner, mut superuser) = log_and_caller(database);
    owner.run(
        "create type box_of_bytes as (b bytea);
         create function unpacked(v box_of_bytes) returns bytea language plpgsql as
             $body$ begin insert into public.ran values ('cast', current_user); return v.b; end $body$;
         create cast (box_of_bytes as bytea) with function unpacked as implicit;
         alter table audit.log_seals alter digest type box_of_bytes using row(digest)::box_of_bytes",
    );
    for call in ["verify_audit", "seal_audit"] {
        assert_eq!(
            superuser.sqlstate(&format!("select steward.{call}('audit.log')")),
            "42809",
            "{call}"
        );
    }
    assert_ran_as_owner_only(&mut superuser);
}

fn a_log_with_a_type_of_ones_own(database: &Database) {
    let (mut owner, mut superuser) = log_and_caller(database);
    owner.run(
        "create table tasks (id integer primary key); select steward.audit('tasks', 'audit.log');
         create type word as (t text);
         create function said(v word) returns json language plpgsql as
             $body$ begin insert into public.ran values ('cast', current_user); return '1'; end $body$;
         create cast (word as json) with function said;
         alter table audit.log alter transaction_at type word using row('x')::word",
    );
    for call in [
        "history('tasks', 1)",
        "as_of('tasks', 1, now())",
        "undo('tasks', 1, 1)",
    ] {
        assert_eq!(
            superuser.sqlstate(&format!("select steward.{call}")),
            "42809",
            "{call}"
        );
    }
    assert_ran_as_owner_only(&mut superuser);
}

/// What a plain INSERT of the caller's would have let the same check do.
fn the_same_without_the_restriction(database: &Database) {
    let (mut owner, mut superuser) = log_and_caller(database);
    owner.run("create table plain (id integer check (evil()))");
    superuser.run("insert into plain values (1)");
    assert_eq!(
        superuser.rows("select * from public.ran"),
        ["later|postgres"]
    );
    assert!(superuser.holds("select current_setting('search_path') like '%evil%'"));
}

/// Whoever owns the schema waits with renaming it until the log is sealed.
fn a_schema_that_is_renamed_while_it_is_sealed(database: &Database) {
    let (mut owner, mut superuser) = log_and_caller(database);
    superuser.run(&format!(
        "alter schema audit owner to writer; grant usage, create on schema audit to owner;
         grant create on database {} to writer",
        database.name()
    ));
    superuser.run(&super::super::entry_at("clock_timestamp()"));
    owner.run("begin; select steward.seal_audit('audit.log')");
    let renaming = database
        .session(Role::Writer)
        .start("alter schema audit rename to other");
    renaming.until_blocked(&mut superuser);
    owner.run("commit");
    assert!(renaming.finish().1.is_ok());
    assert_eq!(superuser.value("select count(*) from other.log_seals"), "1");
    owner.run("select steward.seal_audit('other.log')");
}
