//! How long a sealed identity lasts.

use steward_tests::{Database, Role, tests};

use super::{WHO, authenticate, authenticated, issuer_of};

const NOBODY: &str = "NULL|NULL|NULL|NULL|NULL";
const USER: &str = "select steward.current_user_id()";

tests![
    until_the_transaction_ends,
    savepoints,
    exceptions_of_functions,
    a_procedure_that_commits,
    functions_and_roles_on_the_way,
    deferred_triggers_and_prepared_transactions,
    prepared_statements,
];

fn until_the_transaction_ends(database: &Database) {
    let issuer = issuer_of(database);
    for end in [
        "commit",
        "rollback",
        "commit and chain",
        "rollback and chain",
        "prepare transaction 'sealed'",
    ] {
        let mut writer = authenticated(database, &issuer, "1");
        assert_eq!(writer.value(USER), "1");
        writer.run(end);
        assert_eq!(writer.value(WHO), NOBODY, "{end}");
        if end.starts_with("prepare") {
            writer.run("commit prepared 'sealed'");
            assert_eq!(writer.value(WHO), NOBODY, "{end}");
        }
    }
    let mut writer = authenticated(database, &issuer, "1");
    assert_eq!(writer.sqlstate("select 1 / 0"), "22012");
    writer.run("rollback");
    assert_eq!(writer.value(WHO), NOBODY, "after an error");
}

fn savepoints(database: &Database) {
    let issuer = issuer_of(database);
    let mut writer = authenticated(database, &issuer, "1");
    writer.run("savepoint a");
    writer.run(&authenticate(&issuer.token_of("2")));
    assert_eq!(writer.value(USER), "2");
    writer.run("savepoint b; rollback to a");
    assert_eq!(writer.value(USER), "1");
    writer.run(&authenticate(&issuer.token_of("3")));
    writer.run("release a");
    assert_eq!(writer.value(USER), "3");
    writer.run("rollback; begin; savepoint a");
    writer.run(&authenticate(&issuer.token_of("4")));
    writer.run("rollback to a");
    assert_eq!(writer.value(WHO), NOBODY);
}

fn exceptions_of_functions(database: &Database) {
    let issuer = issuer_of(database);
    let mut writer = authenticated(database, &issuer, "1");
    writer.run(&format!(
        "do $$ begin perform steward.authenticate('{}'); raise exception 'x'; exception when raise_exception then null; end $$",
        issuer.token_of("2")
    ));
    assert_eq!(writer.value(USER), "1");
    writer.run(&format!(
        "do $$ begin perform steward.authenticate('{}'); end $$",
        issuer.token_of("3")
    ));
    assert_eq!(
        writer.value(USER),
        "3",
        "what a function seals is sealed after it"
    );
}

fn a_procedure_that_commits(database: &Database) {
    let issuer = issuer_of(database);
    let mut owner = database.owner();
    owner.run(
        "create table seen (who text);
         create procedure p() language plpgsql as $$ begin
             insert into seen select steward.current_user_id(); commit; insert into seen select steward.current_user_id(); end $$"
    );
    // A procedure commits outside a transaction block only, where nobody can be authenticated.
    assert_eq!(
        owner.sqlstate(&authenticate(&issuer.token_of("1"))),
        "25P01"
    );
    owner.run("call p()");
    owner.run("begin");
    owner.run(&authenticate(&issuer.token_of("1")));
    assert_eq!(owner.sqlstate("call p()"), "2D000");
    owner.run("rollback");
    assert_eq!(owner.rows("select who from seen"), ["NULL", "NULL"]);
}

fn functions_and_roles_on_the_way(database: &Database) {
    let issuer = issuer_of(database);
    let mut owner = database.owner();
    owner.run(
        "create function inside(token text) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp
             as $$ begin perform steward.authenticate(token); return steward.current_user_id(); end $$"
    );
    let mut member = database.session(Role::Member);
    member.run("begin");
    assert_eq!(
        member.value(&format!("select inside('{}')", issuer.token_of("1"))),
        "1"
    );
    assert_eq!(member.value(USER), "1");
    member.run("set local role owner");
    assert_eq!(member.value(USER), "1");
    member.run("reset role; rollback");
    assert_eq!(member.value(WHO), NOBODY);
}

fn deferred_triggers_and_prepared_transactions(database: &Database) {
    let issuer = issuer_of(database);
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer); create table seen (who text); grant all on t, seen to writer;
         create function note() returns trigger language plpgsql as
             $$ begin insert into seen values (steward.current_user_id()); return null; end $$;
         create constraint trigger note after insert on t deferrable initially deferred for each row execute function note()",
    );
    for end in ["commit", "prepare transaction 'deferred'"] {
        let mut writer = authenticated(database, &issuer, "1");
        writer.run("insert into t values (1)");
        writer.run(end);
    }
    database.superuser().run("commit prepared 'deferred'");
    assert_eq!(owner.rows("select who from seen"), ["1", "1"]);
}

/// A plan is kept for the session, the identity is not.
fn prepared_statements(database: &Database) {
    let issuer = issuer_of(database);
    let mut owner = database.owner();
    owner.run(
        "create table notes (id integer, owner_id bigint); insert into notes select n, n % 3 from generate_series(1, 9) as n;
         alter table notes enable row level security; grant select on notes to writer;
         create policy own on notes using (owner_id = (select steward.current_user_bigint()))",
    );
    let mut writer = database.session(Role::Writer);
    writer.run("set plan_cache_mode = force_generic_plan; prepare list as select distinct owner_id from notes");
    for user in ["0", "1", "2"] {
        writer.run("begin");
        writer.run(&authenticate(&issuer.token_of(user)));
        assert_eq!(writer.rows("execute list"), [user]);
        writer.run("commit");
        assert!(writer.rows("execute list").is_empty());
    }
}
