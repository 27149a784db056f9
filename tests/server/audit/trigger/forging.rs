//! Nobody writes what did not happen: triggers made by hand, functions that are called, and things put in the way.

use steward_tests::{Database, Role, tests};

use super::{AUDIT, count, entries, owner_with_log, whole_log};

tests![
    functions_that_are_called,
    triggers_made_by_hand,
    triggers_on_what_is_no_table,
    a_trigger_bound_to_somebody_elses_table,
    a_table_that_changes_hands,
    a_guard_made_by_hand,
    a_hostile_search_path,
    a_table_of_the_same_name,
    an_actor_that_is_not_text,
    the_control_without_a_guard_is_forged,
];

fn functions_that_are_called(database: &Database) {
    let mut owner = database.owner();
    for function in ["record_change", "record_truncate"] {
        let refusal = owner.refusal(&format!("select steward.{function}()"));
        assert!(
            ["39P01", "0A000"].contains(&refusal.sqlstate()),
            "{refusal}"
        );
    }
}

fn triggers_made_by_hand(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table tasks (id integer primary key, title text); insert into tasks values (1)",
    );
    let row = "for each row execute function steward.record_change";
    let constraint =
        "create constraint trigger bad after insert or update or delete on tasks from audit.log";
    for (trigger, message) in [
        (format!("create trigger bad after update on tasks {row}()"), "trigger bad on public.tasks is not bound to a destination"),
        (format!("create trigger bad before update on tasks {row}()"), "trigger bad on public.tasks is not a row-level AFTER trigger"),
        ("create trigger bad after update on tasks for each statement execute function steward.record_change()".to_owned(), "trigger bad on public.tasks is not a row-level AFTER trigger"),
        (format!("{constraint} {row}('ignored')"), "trigger bad on public.tasks has arguments that steward.record_change() does not take"),
        (format!("{constraint} {row}('')"), "trigger bad on public.tasks has arguments that steward.record_change() does not take"),
        (format!("{constraint} {row}('action=update', 'action=MERGE')"), "trigger bad on public.tasks has arguments that steward.record_change() does not take"),
        ("create trigger bad after update on tasks for each row execute function steward.record_truncate()".to_owned(), "trigger bad on public.tasks is not a BEFORE TRUNCATE trigger"),
        ("create trigger bad before update on tasks for each statement execute function steward.record_truncate()".to_owned(), "trigger bad on public.tasks is not a BEFORE TRUNCATE trigger"),
    ] {
        owner.run(&trigger);
        let refusal = owner.refusal("update tasks set title = 'x'");
        assert_eq!((refusal.sqlstate(), refusal.message()), ("39P01", message), "{trigger}");
        assert!(refusal.hint().is_some());
        owner.run("drop trigger bad on tasks");
    }
    for trigger in [
        "create trigger bad before truncate on tasks for each statement execute function steward.record_truncate()",
        "create trigger bad before truncate on tasks for each statement execute function steward.record_change()",
        "create trigger bad after truncate on tasks for each statement execute function steward.record_truncate()",
    ] {
        owner.run(trigger);
        assert_eq!(owner.sqlstate("truncate tasks"), "39P01", "{trigger}");
        owner.run("drop trigger bad on tasks");
    }
    assert_eq!(count(&mut owner, "audit.log"), 0);
    // One that is whole works, deferred too, and says what happened and no more.
    owner.run(&format!("create constraint trigger own after insert or update or delete on tasks from audit.log deferrable initially deferred {row}('ignore=title', 'action=delete')"));
    owner.run("begin; delete from tasks; insert into tasks values (2); delete from tasks; commit");
    assert_eq!(
        entries(&mut owner),
        [
            r#"DELETE|{"id": 1}|{"id": 1}|NULL"#,
            r#"DELETE|{"id": 2}|{"id": 2}|NULL"#
        ]
    );
}

fn triggers_on_what_is_no_table(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key); create view v as select * from tasks; create trigger bad instead of insert on v for each row execute function steward.record_change()");
    assert_eq!(owner.sqlstate("insert into v values (1)"), "39P01");
    assert_eq!(count(&mut owner, "audit.log"), 0);
}

/// The right to create triggers on a table is not the right to write it.
fn a_trigger_bound_to_somebody_elses_table(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table own (action text, changes jsonb); grant usage on schema public to stranger; grant trigger, insert on own to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run("set search_path = stranger; create table tasks (id integer primary key)");
    let expected = "42501: tables stranger.tasks and public.own have different owners\n\
         DETAIL: Changes are recorded in a table of the same owner, or in a log made by steward.create_audit_log().\n\
         HINT: Give both tables the same owner with ALTER TABLE ... OWNER TO, or audit into a log.\n\
         SCHEMA: public\n\
         TABLE: own";
    assert_eq!(
        stranger
            .refusal("select steward.audit('tasks', 'public.own')")
            .to_string(),
        expected
    );
    stranger.run("create constraint trigger t after insert on tasks from public.own for each row execute function steward.record_change();
        create trigger u before truncate on tasks for each statement execute function steward.record_truncate()");
    for statement in ["insert into tasks values (1)", "truncate tasks"] {
        assert_eq!(stranger.refusal(statement).to_string(), expected);
    }
    assert_eq!(count(&mut owner, "own"), 0);
}

fn a_table_that_changes_hands(database: &Database) {
    let mut owner = database.owner();
    let mut superuser = database.superuser();
    owner.run("create table own (action text, changes jsonb); create table tasks (id integer primary key); select steward.audit('tasks', 'own'); insert into tasks values (1)");
    superuser.run("alter table tasks owner to stranger; grant usage on schema public to stranger");
    let mut stranger = database.session(Role::Stranger);
    assert_eq!(
        stranger.sqlstate("insert into public.tasks values (2)"),
        "42501"
    );
    superuser.run("alter table own owner to stranger");
    stranger.run("insert into public.tasks values (2)");
    assert_eq!(count(&mut superuser, "own"), 2);
}

/// Whoever makes a table look like a log has a log of their own and no more.
fn a_guard_made_by_hand(database: &Database) {
    let mut owner = owner_with_log(database);
    let guard = |table: &str| {
        format!(
            "create trigger g before insert or update or delete on {table} for each row execute function steward.guard_audit_log('month')"
        )
    };
    owner.run("create table tasks (id integer primary key); create table fake (sequence bigserial, action text, changes jsonb)");
    owner.run(&guard("fake"));
    assert_eq!(
        owner.sqlstate("select steward.audit('tasks', 'fake')"),
        "42809"
    );
    // The columns of other types: a value is never taken for one of another type.
    owner.run(
        "create table likely (like audit.log including defaults) partition by range (logged_at);
         alter table likely alter sequence drop default; drop sequence if exists s; create sequence s owned by likely.sequence;
         alter table likely alter key type text; create table likely_p partition of likely default",
    );
    owner.run(&guard("likely"));
    assert_eq!(
        owner.sqlstate("select steward.audit('tasks', 'likely')"),
        "42809"
    );
    owner.run("alter table likely alter key type jsonb using null; select steward.audit('tasks', 'likely'); insert into tasks values (1)");
    assert_eq!(count(&mut owner, "likely"), 1);
    // Columns in another order, and others between them, in the partition.
    owner.run(
        "drop table likely_p; create table likely_q (gone text, more integer, like audit.log_default);
         alter table likely_q drop gone; alter table likely_q drop more; alter table likely_q drop action; alter table likely_q add action text not null; alter table likely attach partition likely_q default;",
    );
    owner.run("delete from tasks");
    assert_eq!(
        owner.value("select action, key, before, actor, table_oid::regclass from likely"),
        r#"DELETE|{"id": 1}|{"id": 1}|owner|tasks"#
    );
}

/// A schema full of what looks like the statements' own, and notes who ran it.
const TRAPS: &str = "
    create table stranger.sprung (who text, what text);
    grant insert, select on stranger.sprung to public;
    grant usage on schema stranger to public;
    create function stranger.note(what text) returns void language plpgsql as $$ begin
        insert into stranger.sprung values (current_user, what);
    end $$;
    create function stranger.equal(a integer, b integer) returns boolean language plpgsql as $$ begin
        perform stranger.note('integer ='); return true;
    end $$;
    create operator stranger.= (leftarg = integer, rightarg = integer, function = stranger.equal);
    create function stranger.equal(a text, b text) returns boolean language plpgsql as $$ begin
        perform stranger.note('text ='); return true;
    end $$;
    create operator stranger.= (leftarg = text, rightarg = text, function = stranger.equal);
    create function stranger.equal(a uuid, b uuid) returns boolean language plpgsql as $$ begin
        perform stranger.note('uuid ='); return true;
    end $$;
    create operator stranger.= (leftarg = uuid, rightarg = uuid, function = stranger.equal);
    create function stranger.to_jsonb(anyelement) returns jsonb language plpgsql as $$ begin
        perform stranger.note('to_jsonb'); return 'null';
    end $$;
    create function stranger.now() returns timestamptz language plpgsql as $$ begin
        perform stranger.note('now'); return pg_catalog.now();
    end $$;
    create type stranger.jsonb as enum ('null');
    create domain stranger.text as pg_catalog.text check (value is null);
    create domain stranger.uuid as pg_catalog.uuid check (value is null);
    create table stranger.log (like audit.log); create table stranger.own (like public.own); create table stranger.users (id uuid);
    grant all on all tables in schema stranger to public";

fn a_hostile_search_path(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table users (id uuid primary key);
         create table own (id uuid default gen_random_uuid(), user_id uuid references users, action varchar(10), entity_type varchar(50),
             entity_id uuid, changes jsonb, created_at timestamptz);
         create table tasks (id uuid primary key, title text, n integer);
         select steward.audit('tasks', 'own'); select steward.audit('tasks', 'audit.log');
         create index on audit.log (lower(actor)) where actor = 'x';
         grant all on tasks to writer; grant usage on schema audit to stranger; grant select on audit.log, own to stranger;
         insert into users values ('00000000-0000-0000-0000-000000000001')",
    );
    database.session(Role::Stranger).run(TRAPS);
    let mut writer = database.session(Role::Writer);
    writer.run(
        "create temporary table log (a integer); create temporary table own (a integer); create temporary table users (a integer);
         set search_path = stranger, pg_catalog, public, pg_temp;
         set app.user_id = '00000000-0000-0000-0000-000000000001'",
    );
    writer.run(
        "insert into public.tasks values (gen_random_uuid(), 'a', 1); update public.tasks set title = 'b', n = 2; update public.tasks set title = 'b';
         delete from public.tasks; truncate public.tasks",
    );
    assert_eq!(
        writer.value("show search_path"),
        "stranger, pg_catalog, public, pg_temp"
    );
    assert!(
        writer
            .rows("select who, what from stranger.sprung")
            .is_empty()
    );
    assert_eq!(
        owner.rows("select action, user_id is not null from public.own order by created_at"),
        ["INSERT|t", "UPDATE|t", "DELETE|t", "TRUNCATE|t"]
    );
    assert_eq!(count(&mut owner, "audit.log"), 4);
    // Attaching, and the traps that would spring.
    owner.run("set search_path = stranger, pg_catalog, public; select steward.audit('public.tasks', 'public.own', ignore => '{n}'); select steward.detach('public.tasks', 'audit')");
    assert!(
        owner
            .rows("select who, what from stranger.sprung")
            .is_empty()
    );
    owner.run("select 1 = 2");
    assert_eq!(
        owner.rows("select who, what from stranger.sprung"),
        ["owner|integer ="]
    );
}

/// The origin is the table that fired, whatever it is called.
fn a_table_of_the_same_name(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key); grant usage on schema audit to stranger; grant insert on audit.log to stranger");
    owner.run(AUDIT);
    let mut stranger = database.session(Role::Stranger);
    stranger.run("set search_path = stranger; create table tasks (id integer primary key)");
    stranger.run(AUDIT);
    stranger.run("insert into tasks values (1)");
    assert_eq!(
        owner.value("select schema_name, table_oid::regclass, table_oid <> 'public.tasks'::regclass, invoking_role from audit.log"),
        "stranger|stranger.tasks|t|stranger"
    );
}

/// A client sends settings as bytes when it connects, which nobody checks.
fn an_actor_that_is_not_text(database: &Database) {
    let database = database.create_encoded("EUC_JP");
    let mut superuser = database.superuser();
    superuser.run(super::LOG);
    superuser.run("create table tasks (id integer primary key)");
    superuser.run(AUDIT);
    let url = database
        .server()
        .cluster()
        .connection_string(database.name(), "postgres");
    let mut configuration: postgres::Config = url.parse().expect("a connection string");
    configuration.options("-c app.user_id=a\u{80}b");
    let mut client = configuration
        .connect(postgres::NoTls)
        .expect("a connection");
    client
        .batch_execute("insert into tasks values (1)")
        .expect("an insert");
    assert!(whole_log(&mut superuser).contains("app.user_id"));
    assert_eq!(
        superuser.value("select actor like 'a%b' from audit.log"),
        "t"
    );
}

fn the_control_without_a_guard_is_forged(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1)");
    assert_eq!(
        owner.sqlstate("update audit.log set actor = 'somebody'"),
        "42501"
    );
    owner.run("drop trigger steward_guard on audit.log; update audit.log set actor = 'somebody'");
    assert_eq!(owner.value("select actor from audit.log"), "somebody");
}
