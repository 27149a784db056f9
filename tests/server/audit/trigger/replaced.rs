//! A schema that is renamed, and a table that is put in the place of another, while a rule waits to write it:
//! the other table's triggers never run with the rights of the rule.

use steward_tests::{Database, Role, Session, tests};

tests![
    an_own_table_that_is_replaced,
    a_table_of_stages_that_is_replaced,
    the_users_that_are_replaced,
    a_replacement_would_be_found_out,
];

const LOCK: &str = "exclusive";

/// The tables are the owner's; the schema that they lie in is the writer's, who may lock them.
fn kept_in_the_writers_schema(database: &Database, tables: &str) -> (Session, Session) {
    database.superuser().run(&format!(
        "create schema kept authorization writer; grant usage, create on schema kept to owner;
         grant create on database {} to writer",
        database.name()
    ));
    let mut owner = database.owner();
    owner.run("create table who (name text); grant insert on who to public");
    owner.run(tables);
    owner.run("grant truncate on all tables in schema kept to writer");
    (owner, database.session(Role::Writer))
}

/// Lets the owner run `statement` while the writer holds `table`, puts `forged` in its place, and commits.
fn replace_while_it_waits(
    database: &Database,
    (mut owner, mut writer): (Session, Session),
    statement: &str,
    table: &str,
    forged: &str,
) -> (Session, Result<(), steward_tests::Refusal>) {
    // Once before, so that the rule has its statement ready.
    owner.run(statement);
    // Whoever only reads the table is let through: the write itself is what waits.
    writer.run(&format!("begin; lock table kept.{table} in {LOCK} mode"));
    let waiting = owner.start(statement);
    waiting.until_blocked(&mut database.superuser());
    writer.run(&format!(
        "alter schema kept rename to old; create schema kept; grant usage on schema kept to public;
         create table kept.{table} ({forged}); grant all on kept.{table} to public;
         create function kept.tell() returns trigger language plpgsql as
             $body$ begin insert into public.who values (current_user); return new; end $body$;
         grant execute on function kept.tell to public;
         create trigger tell before insert or update on kept.{table} for each row execute function kept.tell();
         commit"
    ));
    waiting.finish()
}

/// Nothing ran as somebody else, and the forged table is empty.
fn assert_was_not_taken_in(database: &Database, table: &str) {
    let mut superuser = database.superuser();
    assert_eq!(
        superuser.value(&format!(
            "select (select count(*) from who) + (select count(*) from kept.{table})"
        )),
        "0"
    );
}

fn an_own_table_that_is_replaced(database: &Database) {
    let columns =
        "id bigint generated always as identity, action text, entity_id text, changes jsonb";
    let sessions = kept_in_the_writers_schema(
        database,
        &format!(
            "create table kept.audit_logs ({columns}); create table tasks (id integer primary key);
             select steward.audit('tasks', 'kept.audit_logs'); insert into tasks values (1)"
        ),
    );
    let insert = "insert into tasks select count(*) + 1 from tasks";
    let (mut owner, result) =
        replace_while_it_waits(database, sessions, insert, "audit_logs", columns);
    assert_was_not_taken_in(database, "audit_logs");
    // Either it went into the real table, or the transaction has to be tried again.
    if let Err(refusal) = result {
        assert_eq!(refusal.sqlstate(), "40001", "{refusal}");
        owner.run(insert);
    }
    let logged = "select count(*) from old.audit_logs";
    assert_eq!(database.superuser().value(logged), "3");
}

fn a_table_of_stages_that_is_replaced(database: &Database) {
    let columns = "feature_id integer, from_stage text, to_stage text, \"timestamp\" timestamptz, duration bigint";
    let sessions = kept_in_the_writers_schema(
        database,
        &format!(
            "create table kept.moves ({columns}); create index on kept.moves (feature_id);
             create table features (id integer primary key, current_stage text not null);
             select steward.track_stages('features', destination => 'kept.moves');
             insert into features values (1, 'a')"
        ),
    );
    let update = "update features set current_stage = current_stage || 'b'";
    let (mut owner, result) = replace_while_it_waits(database, sessions, update, "moves", columns);
    assert_was_not_taken_in(database, "moves");
    if let Err(refusal) = result {
        assert_eq!(refusal.sqlstate(), "40001", "{refusal}");
        owner.run(update);
    }
    let logged = "select count(*) from old.moves";
    assert_eq!(database.superuser().value(logged), "3");
}

fn the_users_that_are_replaced(database: &Database) {
    let sessions = kept_in_the_writers_schema(
        database,
        "create table kept.users (id integer primary key); insert into kept.users values (7);
         create table audit_logs (user_id integer references kept.users, action text, entity_id text, changes jsonb);
         create table tasks (id integer primary key); select steward.audit('tasks', 'audit_logs');
         set app.current_user_id = 7; insert into tasks values (1)",
    );
    let insert = "insert into tasks select count(*) + 1 from tasks";
    let (mut owner, result) = replace_while_it_waits(
        database,
        sessions,
        insert,
        "users",
        "id integer primary key",
    );
    assert_was_not_taken_in(database, "users");
    if let Err(refusal) = result {
        assert_eq!(refusal.sqlstate(), "40001", "{refusal}");
        owner.run(insert);
    }
    assert_eq!(
        owner.value("select count(*) from audit_logs where user_id = 7"),
        "3"
    );
}

/// The same against a trigger in PL/pgSQL that goes by the name: it is taken in.
fn a_replacement_would_be_found_out(database: &Database) {
    let columns = "action text";
    let sessions = kept_in_the_writers_schema(
        database,
        &format!(
            "create table kept.audit_logs ({columns}); create table tasks (id integer primary key);
             create function record() returns trigger language plpgsql security definer as
                 $body$ begin insert into kept.audit_logs values (tg_op); return null; end $body$;
             create trigger record after insert on tasks for each row execute function record();
             insert into tasks values (1)"
        ),
    );
    let (mut owner, result) = replace_while_it_waits(
        database,
        sessions,
        "insert into tasks select count(*) + 1 from tasks",
        "audit_logs",
        columns,
    );
    assert!(result.is_ok());
    assert_eq!(owner.rows("select name from who"), ["owner"]);
}
