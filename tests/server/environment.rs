//! What the other tests take for granted: the roles are plain, the settings are the defaults, and the
//! tools of the tests see what they are meant to see.

use steward_tests::{Database, Role, tests};

tests![
    roles_are_plain,
    the_owner_owns_the_database_and_not_the_extension,
    a_statement_that_waits_is_seen_to_wait,
    every_field_of_an_error_is_compared,
];

fn roles_are_plain(database: &Database) {
    for role in Role::PLAIN {
        let plain = database.session(role).holds(
            "select current_user = session_user \
                and not (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls) \
             from pg_roles where rolname = current_user",
        );
        assert!(plain, "{role} has rights by attribute");
    }
    let members = database.superuser().rows(
        "select roleid::regrole || ' to ' || member::regrole from pg_auth_members \
         where roleid >= 16384",
    );
    assert_eq!(members, ["owner to member"]);
}

fn the_owner_owns_the_database_and_not_the_extension(database: &Database) {
    let mut owner = database.owner();
    let of = |object: &str| format!("select {object} = current_user::regrole");
    assert!(owner.holds(&of(
        "(select datdba from pg_database where datname = current_database())"
    )));
    assert!(!owner.holds(&of(
        "(select extowner from pg_extension where extname = 'steward')"
    )));
    assert_eq!(owner.sqlstate("drop extension steward"), "42501");
}

fn a_statement_that_waits_is_seen_to_wait(database: &Database) {
    let (mut first, second, mut observer) = (database.owner(), database.owner(), database.owner());
    first.run("create table t ()");
    first.run("begin; lock table t");
    let waiting = second.start("begin; lock table t; commit");
    waiting.until_blocked(&mut observer);
    first.run("commit");
    let (_, result) = waiting.finish();
    assert!(result.is_ok());
}

fn every_field_of_an_error_is_compared(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table t (a integer constraint positive check (a > 0))");
    assert_eq!(
        owner.refusal("insert into t values (-1)").to_string(),
        "23514: new row for relation \"t\" violates check constraint \"positive\"\n\
         DETAIL: Failing row contains (-1).\n\
         SCHEMA: public\n\
         TABLE: t\n\
         CONSTRAINT: positive"
    );
}
