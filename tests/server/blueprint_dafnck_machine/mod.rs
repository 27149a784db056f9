//! The blueprint DafnckMachine: its document's requirements, its rules at work, and who may do what.

use steward_tests::{Database, Role, Session, Test};

use crate::blueprints::Sample;

mod access;
mod attachments;
mod audit;
mod columns;
mod completion;
mod progress;
mod requirements;
mod rules;
mod stamps;
mod versions;

/// Every test of the blueprint.
pub(crate) fn all() -> Vec<Test> {
    [
        requirements::tests(),
        access::all(),
        rules::tests(),
        completion::tests(),
        progress::tests(),
        stamps::tests(),
        versions::tests(),
        attachments::tests(),
        audit::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn sample() -> Sample {
    Sample::new("dafnck_machine", "dafnck")
}

/// The blueprint in the schema `dafnck`.
fn migrated(database: &Database) -> Session {
    sample().migrated(database)
}

/// The same with the development data.
fn seeded(database: &Database) -> Session {
    sample().seeded(database)
}

/// The tables that have policies for what applications act as.
const TABLES: [&str; 11] = [
    "audit_log",
    "document_versions",
    "documents",
    "file_attachments",
    "project_members",
    "projects",
    "task_dependencies",
    "tasks",
    "user_profiles",
    "user_sessions",
    "users",
];

/// The owner's session, with all policies switched off: they hide rows in the errors of the rules, too. What they do, and what the
/// rules do beside them, is tested apart.
fn without_policies(database: &Database) -> Session {
    let mut owner = database.owner();
    for table in TABLES {
        owner.run(&format!(
            "alter table dafnck.{table} disable row level security"
        ));
    }
    owner
}

/// A session of a role that may read and write the blueprint's rows, but not what the rules write.
fn application(database: &Database) -> Session {
    without_policies(database).run(
        "grant usage on schema dafnck to writer;
         grant select, insert, update, delete on all tables in schema dafnck to writer;
         revoke insert, update, delete on dafnck.task_dependencies_rank, dafnck.tasks_parents_rank,
             dafnck.tasks_readiness, dafnck.tasks_progress, dafnck.document_versions, dafnck.audit_log from writer",
    );
    another_application(database)
}

/// One more session of that role.
fn another_application(database: &Database) -> Session {
    let mut writer = database.session(Role::Writer);
    writer.run("set search_path = dafnck");
    assert_eq!(
        writer.value("select rolsuper or rolbypassrls from pg_roles where rolname = current_user"),
        "f"
    );
    writer
}

/// The levels at which sessions work, for sessions that do so at the same time.
const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];
