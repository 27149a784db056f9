//! The role of the document: made where it is missing, and gone only when nothing uses it. Roles belong to the whole server, so
//! the tests run the migration with a name of their own.

use std::thread;

use steward_tests::{Database, Role, Session, tests};
use steward_toolkit::blueprint;

tests![
    it_is_made_and_goes,
    the_last_of_two_databases_drops_it,
    what_an_administrator_has_made_or_uses_stays,
    whoever_may_not_make_it_is_told,
    one_above_policies_is_refused,
    databases_that_come_and_go_at_the_same_time,
];

/// The migration that makes the role, for one of a test's own.
struct Step {
    up: String,
    down: String,
    role: String,
    /// Somebody who may make roles, and is no superuser.
    migrator: String,
}

impl Step {
    fn of(database: &Database) -> Self {
        let migrations = blueprint::find("dafnck_machine")
            .expect("a blueprint")
            .migrations()
            .expect("sound migrations")
            .migrations;
        let step = migrations
            .iter()
            .find(|migration| migration.name == "create_application_role")
            .expect("the step");
        let role = format!("application_of_{}", database.name());
        let renamed = |sql: &str| sql.replace("application_role", &role);
        let step = Self {
            up: renamed(&step.up.sql),
            down: renamed(&step.down.as_ref().expect("a way back").sql),
            migrator: format!("migrator_of_{}", database.name()),
            role,
        };
        database
            .superuser()
            .run(&format!("create role {} createrole", step.migrator));
        step
    }

    /// A session of the migrator, in a schema of theirs.
    fn session(&self, database: &Database, schema: &str) -> Session {
        let mut session = database.superuser();
        session.run(&format!(
            "create schema {schema} authorization {0}; set session authorization {0}; set search_path = {schema}",
            self.migrator
        ));
        session
    }

    fn is_there(&self, session: &mut Session) -> bool {
        session.holds(&format!("select to_regrole('{}') is not null", self.role))
    }

    /// Roles outlive the databases of tests.
    fn forget(&self, databases: &[&Database]) {
        for database in databases {
            database.superuser().run(&format!(
                "drop owned by {0}; do $$ begin if to_regrole('{1}') is not null then drop owned by {1}; end if; end $$",
                self.migrator, self.role
            ));
        }
        databases[0].superuser().run(&format!(
            "drop role if exists {}; drop role {}",
            self.role, self.migrator
        ));
    }
}

fn it_is_made_and_goes(database: &Database) {
    let step = Step::of(database);
    let mut session = step.session(database, "one");
    session.run(&step.up);
    assert_eq!(
        session.value(&format!(
            "select rolcanlogin, rolinherit, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication,
                 has_schema_privilege(oid, 'one', 'usage'), has_schema_privilege(oid, 'one', 'create')
             from pg_roles where rolname = '{}'",
            step.role
        )),
        "f|t|f|f|f|f|f|t|f"
    );
    // Once more, in another schema.
    let mut other = step.session(database, "other");
    other.run(&step.up);
    session.run(&step.down);
    assert!(step.is_there(&mut session), "the other schema uses it");
    assert!(
        session
            .notices()
            .iter()
            .any(|notice| notice.contains("stays"))
    );
    assert!(other.holds(&format!(
        "select has_schema_privilege('{}', 'other', 'usage')",
        step.role
    )));
    other.run(&step.down);
    assert!(!step.is_there(&mut session));
    session.run(&step.up);
    assert!(step.is_there(&mut session));
    session.run(&step.down);
    step.forget(&[database]);
}

fn the_last_of_two_databases_drops_it(database: &Database) {
    let another = database.create_another().expect("a database");
    let step = Step::of(database);
    let mut here = step.session(database, "here");
    let mut there = step.session(&another, "there");
    here.run(&step.up);
    there.run(&step.up);
    there.run(&format!(
        "create table t (); alter table t enable row level security; create policy p on t to {}",
        step.role
    ));
    here.run(&step.down);
    assert!(step.is_there(&mut here));
    // A policy alone is a use, too.
    there.run(&step.down);
    assert!(step.is_there(&mut here));
    there.run(&format!("drop table t; {}; {}", step.up, step.down));
    assert!(!step.is_there(&mut here));
    step.forget(&[database, &another]);
}

fn what_an_administrator_has_made_or_uses_stays(database: &Database) {
    let step = Step::of(database);
    let mut session = step.session(database, "one");
    let service = format!("service_of_{}", database.name());
    let role = &step.role;
    for (used, unused) in [
        (
            format!("create role {service} in role {role}"),
            format!("drop role {service}"),
        ),
        (
            format!("create role {service}; grant {service} to {role}"),
            format!("drop role {service}"),
        ),
        (
            format!("alter role {role} login"),
            format!("alter role {role} nologin"),
        ),
        (
            format!("alter role {role} set statement_timeout = '1min'"),
            format!("alter role {role} reset statement_timeout"),
        ),
        (
            format!("comment on role {role} is 'Mine.'"),
            format!("drop role {role}"),
        ),
    ] {
        session.run(&step.up);
        database.superuser().run(&used);
        session.run(&step.down);
        assert!(step.is_there(&mut session), "{used}");
        database.superuser().run(&unused);
    }
    database.superuser().run(&format!("create role {role}"));
    session.run(&format!("{}; {}", step.up, step.down));
    assert!(step.is_there(&mut session), "it was there before");
    database.superuser().run(&format!("drop role {role}"));
    session.run(&format!("{}; {}", step.up, step.down));
    assert!(!step.is_there(&mut session), "the control");
    step.forget(&[database]);
}

fn whoever_may_not_make_it_is_told(database: &Database) {
    let step = Step::of(database);
    let mut owner = database.owner();
    owner.run("create schema mine; set search_path = mine");
    let refusal = owner.refusal(&step.up);
    assert_eq!(refusal.sqlstate(), "42501");
    assert_eq!(
        refusal.hint(),
        Some(format!("As somebody who may: create role {};", step.role).as_str())
    );
    database
        .session(Role::Superuser)
        .run(&format!("create role {}", step.role));
    owner.run(&format!("{}; {}", step.up, step.down));
    assert!(step.is_there(&mut owner));
    step.forget(&[database]);
}

fn one_above_policies_is_refused(database: &Database) {
    let step = Step::of(database);
    let mut session = step.session(database, "one");
    let (role, migrator) = (&step.role, &step.migrator);
    for attributes in [
        "bypassrls".to_owned(),
        "superuser".to_owned(),
        format!("in role {migrator}"),
    ] {
        let mut superuser = database.superuser();
        superuser.run(&format!("create role {role} {attributes}"));
        let refusal = session.refusal(&step.up);
        assert_eq!(
            (refusal.sqlstate(), refusal.message()),
            ("55000", format!("role {role} is above policies").as_str()),
            "{attributes}"
        );
        superuser.run(&format!("drop role {role}"));
    }
    step.forget(&[database]);
}

/// No migration fails for what another database does with the role, and whoever needs it has it.
fn databases_that_come_and_go_at_the_same_time(database: &Database) {
    let step = Step::of(database);
    let others: Vec<_> = (0..2)
        .map(|_| database.create_another().expect("a database"))
        .collect();
    let databases: Vec<_> = std::iter::once(database).chain(&others).collect();
    thread::scope(|scope| {
        for database in &databases {
            let (step, mut session) = (&step, step.session(database, "busy"));
            scope.spawn(move || {
                for _ in 0..40 {
                    session.run(&step.up);
                    assert!(session.holds(&format!(
                        "select has_schema_privilege('{}', 'busy', 'usage')",
                        step.role
                    )));
                    session.run(&step.down);
                }
            });
        }
    });
    assert!(!step.is_there(&mut database.superuser()));
    step.forget(&databases);
}
