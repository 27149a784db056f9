//! The document's two roles: created if they are missing, and dropped if nothing uses them. They belong to the whole server, so
//! the tests run the migration with names of their own.

use steward_tests::{Database, Role, Session, tests};
use steward_toolkit::blueprint;

use super::{application, migrated, plain};

tests![
    they_are_created_and_dropped,
    what_is_there_is_used_and_stays,
    what_something_else_uses_stays,
    the_last_of_two_databases_drops_them,
    two_databases_create_them_at_once,
    who_may_not_create_them_is_told_what_to_do,
    one_that_policies_do_not_hold_for_is_refused,
    later_tables_are_granted,
];

/// The migration that creates the roles, for a pair of one test's own.
struct Step {
    up: String,
    down: String,
    application: String,
    report: String,
}

impl Step {
    fn of(database: &Database) -> Self {
        let migrations = blueprint::find("scrum_master")
            .expect("a blueprint")
            .migrations()
            .expect("sound migrations")
            .migrations;
        let step = migrations
            .iter()
            .find(|migration| migration.name == "create_roles")
            .expect("the step");
        let application = format!("application_of_{}", database.name());
        let report = format!("report_of_{}", database.name());
        let renamed = |sql: &str| {
            sql.replace("application_user", &application)
                .replace("read_only_user", &report)
        };
        Self {
            up: renamed(&step.up.sql),
            down: renamed(&step.down.as_ref().expect("a way back").sql),
            application,
            report,
        }
    }

    /// Which of the two are there.
    fn roles(&self, session: &mut Session) -> String {
        session.value(&format!(
            "select to_regrole('{}') is not null, to_regrole('{}') is not null",
            self.application, self.report
        ))
    }

    fn forget(&self, database: &Database) {
        for role in [&self.application, &self.report] {
            database
                .superuser()
                .run(&format!("drop role if exists {role}"));
        }
    }
}

/// Somebody who may create roles and is no superuser, in a schema of theirs.
fn migrating(database: &Database, name: &str) -> Session {
    let mut session = database.superuser();
    session.run(&format!(
        "do $$ begin if to_regrole('{name}') is null then create role {name} createrole; end if; end $$;
         create schema mine authorization {name}; set session authorization {name}; set search_path = mine"
    ));
    session
}

fn migrator(database: &Database) -> String {
    format!("migrator_of_{}", database.name())
}

fn leave(database: &Database, name: &str) {
    database
        .superuser()
        .run(&format!("drop owned by {name} cascade; drop role {name}"));
}

fn they_are_created_and_dropped(database: &Database) {
    let step = Step::of(database);
    let name = migrator(database);
    let mut session = migrating(database, &name);
    for _ in 0..2 {
        session.run(&step.up);
        session.run(&step.up);
        assert_eq!(
            session.rows(&format!(
                "select not (rolcanlogin or rolsuper or rolbypassrls or rolcreaterole), has_schema_privilege(oid, 'mine', 'usage')
                 from pg_roles where rolname in ('{}', '{}')",
                step.application, step.report
            )),
            ["t|t", "t|t"]
        );
        session.run(&step.down);
        assert_eq!(step.roles(&mut session), "f|f");
    }
    session.run(&step.down);
    leave(database, &name);
}

fn what_is_there_is_used_and_stays(database: &Database) {
    let step = Step::of(database);
    let mut superuser = database.superuser();
    superuser.run(&format!(
        "create role {}; create schema mine; set search_path = mine",
        step.application
    ));
    superuser.run(&step.up);
    superuser.run(&step.down);
    // Not ours to drop, though nothing uses it.
    assert_eq!(step.roles(&mut superuser), "t|f");
    step.forget(database);
}

fn what_something_else_uses_stays(database: &Database) {
    let step = Step::of(database);
    let role = &step.application;
    let other = database.create_another().expect("a database");
    let mut superuser = database.superuser();
    superuser.run("create schema mine; create schema theirs; set search_path = mine");
    let name = database.name();
    for (using, forsaking) in [
        (
            format!("grant usage on schema theirs to {role}"),
            format!("revoke usage on schema theirs from {role}"),
        ),
        (
            format!("create table theirs.t (); alter table theirs.t owner to {role}"),
            "drop table theirs.t".to_owned(),
        ),
        (
            format!(
                "create table theirs.t (id int); create policy p on theirs.t to {role} using (true)"
            ),
            "drop table theirs.t".to_owned(),
        ),
        (
            format!("alter default privileges in schema theirs grant select on tables to {role}"),
            format!(
                "alter default privileges in schema theirs revoke select on tables from {role}"
            ),
        ),
        (
            format!("create role in_{name} in role {role}"),
            format!("drop role in_{name}"),
        ),
        (
            format!("create role over_{name} role {role}"),
            format!("drop role over_{name}"),
        ),
        (
            format!("alter role {role} set work_mem = '8MB'"),
            format!("alter role {role} reset work_mem"),
        ),
        (
            format!("alter role {role} login"),
            format!("alter role {role} nologin"),
        ),
    ] {
        superuser.run(&step.up);
        superuser.run(&using);
        superuser.run(&step.down);
        assert_eq!(step.roles(&mut superuser), "t|f", "{using}");
        superuser.run(&forsaking);
        superuser.run(&step.down);
        assert_eq!(step.roles(&mut superuser), "f|f", "{forsaking}");
    }
    // In a database that it cannot see into.
    superuser.run(&step.up);
    other
        .superuser()
        .run(&format!("create table t (); grant select on t to {role}"));
    superuser.run(&step.down);
    assert_eq!(step.roles(&mut superuser), "t|f");
    drop(other);
    superuser.run(&step.down);
    assert_eq!(step.roles(&mut superuser), "f|f");
}

fn the_last_of_two_databases_drops_them(database: &Database) {
    let step = Step::of(database);
    let other = database.create_another().expect("a database");
    let name = migrator(database);
    let mut here = migrating(database, &name);
    let mut there = migrating(&other, &name);
    here.run(&step.up);
    there.run(&step.up);
    here.run(&step.down);
    assert_eq!(step.roles(&mut here), "t|t");
    assert!(there.holds(&format!(
        "select has_schema_privilege('{}', 'mine', 'usage')",
        step.application
    )));
    there.run(&step.down);
    assert_eq!(step.roles(&mut here), "f|f");
    other
        .superuser()
        .run(&format!("drop owned by {name} cascade"));
    leave(database, &name);
}

fn two_databases_create_them_at_once(database: &Database) {
    let step = Step::of(database);
    let other = database.create_another().expect("a database");
    let name = migrator(database);
    let mut here = migrating(database, &name);
    let mut there = migrating(&other, &name);
    for (end, level) in [
        ("commit", "read committed"),
        ("rollback", "read committed"),
        ("commit", "serializable"),
    ] {
        here.run(&format!("begin; {}", step.up));
        there.run(&format!(
            "begin isolation level {level}; select from pg_roles"
        ));
        let waiting = there.start(&step.up);
        waiting.until_blocked(&mut database.superuser());
        here.run(end);
        let (session, result) = waiting.finish();
        there = session;
        result.unwrap_or_else(|refusal| panic!("{end}, {level}: {refusal}"));
        there.run("commit");
        assert!(there.holds(&format!(
            "select has_schema_privilege('{}', 'mine', 'usage')",
            step.report
        )));
        // Both use them until one has committed, and who comes after that drops them.
        here.run(&step.up);
        here.run(&format!("begin; {}", step.down));
        there.run(&step.down);
        here.run("commit");
        assert_eq!(step.roles(&mut here), "t|t");
        // Nobody uses them now, and both drop them.
        here.run(&format!("begin; {}", step.down));
        let waiting = there.start(&step.down);
        waiting.until_blocked(&mut database.superuser());
        here.run("commit");
        let (session, result) = waiting.finish();
        there = session;
        result.unwrap_or_else(|refusal| panic!("{end}, {level}: {refusal}"));
        assert_eq!(step.roles(&mut here), "f|f");
    }
    other
        .superuser()
        .run(&format!("drop owned by {name} cascade"));
    leave(database, &name);
}

fn who_may_not_create_them_is_told_what_to_do(database: &Database) {
    let step = Step::of(database);
    database
        .superuser()
        .run("create schema mine authorization owner");
    let mut owner = database.owner();
    owner.run("set search_path = mine");
    let refusal = owner.refusal(&step.up);
    assert_eq!(refusal.sqlstate(), "42501");
    assert_eq!(
        refusal.message(),
        format!("owner may not create the role {}", step.application)
    );
    let hint = refusal.hint().expect("what to do").to_owned();
    let (_, statements) = hint.split_once(": ").expect("statements");
    database.superuser().run(statements);
    owner.run(&step.up);
    // Not the owner's to drop, which is no reason to stop.
    owner.run(&step.down);
    assert_eq!(step.roles(&mut owner), "t|t");
    step.forget(database);
}

fn one_that_policies_do_not_hold_for_is_refused(database: &Database) {
    let step = Step::of(database);
    let mut superuser = database.superuser();
    superuser.run("create schema mine; set search_path = mine");
    for attribute in ["superuser", "bypassrls"] {
        superuser.run(&format!("create role {} {attribute}", step.report));
        let refusal = superuser.refusal(&step.up);
        assert_eq!(refusal.sqlstate(), "55000");
        let mending = refusal.hint().expect("what to do").to_owned();
        superuser.run(&mending);
        superuser.run(&step.up);
        superuser.run(&step.down);
        step.forget(database);
    }
}

/// What the document's grants say of all tables of its schema.
fn later_tables_are_granted(database: &Database) {
    let mut owner = migrated(database);
    owner.run(
        "create table later (id serial, note text);
         insert into later (note) values ('n');
         create table task_links (task integer, needs integer, primary key (task, needs));
         create index on task_links (needs);
         select steward.guard_dependencies('task_links', task => 'task', depends_on => 'needs')",
    );
    let rights = "select c.relname, g.grantee::regrole, string_agg(lower(g.privilege_type), ' ' order by g.privilege_type)
         from pg_class as c, aclexplode(c.relacl) as g
         where g.grantee <> c.relowner and c.relname ~ '^(later|task_links)' group by 1, 2 order by 1, 2";
    assert_eq!(
        owner.rows(rights),
        [
            "later|application_user|delete insert select update",
            "later|read_only_user|select",
            "later_id_seq|application_user|select usage",
            "task_links|application_user|delete insert select update",
            "task_links|read_only_user|select",
        ],
        "and none on what a rule keeps"
    );
    application(database).run("insert into later (note) values ('n')");
    assert_eq!(
        plain(database, "read_only_user").value("select count(*) from later"),
        "1"
    );
    // Which nobody protects yet, and the linter says so.
    assert!(owner.holds(
        "select count(*) = 2 from steward.lint_access('scrum') where level = 'error' and rule = 'rls_disabled'"
    ));
    // Tables of others are not meant.
    database
        .superuser()
        .run("grant create on schema scrum to stranger; grant usage on schema scrum to stranger");
    database
        .session(Role::Stranger)
        .run("create table scrum.strangers ()");
    assert_eq!(
        plain(database, "application_user").sqlstate("select from strangers"),
        "42501"
    );
}
