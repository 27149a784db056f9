//! What holds for every shipped blueprint: its way up and down, its seeds, and the marks of a schema that
//! explains itself. What a blueprint's own document asks for is in a module of its own.

use steward_tests::{Database, Session, Test};
use steward_toolkit::blueprint::{self, Blueprint};
use steward_toolkit::migration::{Migration, Script};

pub(crate) mod requirements;
mod seeds;
mod steps;

/// Every test of this kind.
pub(crate) fn all() -> Vec<Test> {
    [requirements::tests(), seeds::tests(), steps::tests()]
        .into_iter()
        .flatten()
        .collect()
}

/// A blueprint, and the schema that a test puts it into.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    blueprint: &'static Blueprint,
    schema: String,
}

impl Sample {
    /// The blueprint of that name in the schema of that name.
    pub(crate) fn new(blueprint: &str, schema: &str) -> Self {
        Self {
            blueprint: blueprint::find(blueprint).expect("a blueprint"),
            schema: schema.to_owned(),
        }
    }

    /// Every blueprint, each in the schema of its name.
    fn every() -> Vec<Self> {
        blueprint::all()
            .iter()
            .map(|blueprint| Self::new(blueprint.name(), blueprint.name()))
            .collect()
    }

    /// The same blueprint in another schema.
    fn in_schema(&self, schema: &str) -> Self {
        Self::new(self.blueprint.name(), schema)
    }

    /// A session of the plain owner in the new, empty schema, which is all of its `search_path`.
    fn empty(&self, database: &Database) -> Session {
        let schema = &self.schema;
        database
            .superuser()
            .run(&format!("create schema {schema} authorization owner"));
        let mut session = database.owner();
        session.run(&format!("set search_path = {schema}"));
        session
    }

    /// The same with every migration applied.
    pub(crate) fn migrated(&self, database: &Database) -> Session {
        let mut session = self.empty(database);
        for migration in &self.migrations() {
            run(&mut session, &migration.up);
        }
        session
    }

    /// The same with the development data.
    pub(crate) fn seeded(&self, database: &Database) -> Session {
        let mut session = self.migrated(database);
        self.seed(&mut session);
        session
    }

    /// Runs the seeds, in one transaction, as `steward seed dev` does.
    pub(crate) fn seed(&self, session: &mut Session) {
        session.run("begin");
        self.seed_here(session);
        session.run("commit");
    }

    /// Runs the seeds in the transaction that the session is in.
    fn seed_here(&self, session: &mut Session) {
        run(
            session,
            &self.blueprint.seed("dev").expect("the development data"),
        );
    }

    fn migrations(&self) -> Vec<Migration> {
        self.blueprint
            .migrations()
            .expect("sound migrations")
            .migrations
    }

    fn all_the_way_down(&self, session: &mut Session) {
        for migration in self.migrations().iter().rev() {
            run(session, down(migration));
        }
    }
}

#[track_caller]
fn run(session: &mut Session, script: &Script) {
    let result = session.client().batch_execute(&script.sql);
    if let Err(error) = result {
        panic!(
            "{}: {}",
            script.file.display(),
            steward_tests::Refusal::of(&error)
        );
    }
}

fn down(migration: &Migration) -> &Script {
    migration.down.as_ref().expect("a way back")
}

/// The facts of one that the other lacks, so that a difference can be read.
#[track_caller]
fn assert_same(found: &[String], expected: &[String], when: &str) {
    let surplus: Vec<_> = found
        .iter()
        .filter(|fact| !expected.contains(fact))
        .collect();
    let missing: Vec<_> = expected
        .iter()
        .filter(|fact| !found.contains(fact))
        .collect();
    assert!(
        found == expected,
        "{when}\nsurplus: {surplus:#?}\nmissing: {missing:#?}"
    );
}
