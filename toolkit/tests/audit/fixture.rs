//! A log in which a plain role's changes are recorded.

use std::sync::LazyLock;

use serde_json::Value;

pub(crate) use crate::database::{Database, Run};

/// Who owns tables and log; neither is a superuser.
pub(crate) const KEEPER: &str = "keeper";
/// Who may read the log.
pub(crate) const AUDITOR: &str = "auditor";
/// Who may not.
pub(crate) const NOBODY: &str = "nobody";

impl Database {
    /// A database with the extension, in which `sql` was run by [`KEEPER`].
    pub(crate) fn kept(sql: &str) -> Option<Self> {
        // Roles belong to the whole server.
        static ROLES: LazyLock<()> = LazyLock::new(|| {
            Database::new(
                "create role keeper login; create role auditor login; create role nobody login;",
            );
        });
        let () = *ROLES;
        let database = Self::new(
            "create extension steward;
             grant create on schema public to keeper;
             do $$ begin execute format('grant create on database %I to keeper', current_database()); end $$;",
        )?;
        database.keeps(sql);
        Some(database)
    }

    /// As the owner.
    pub(crate) fn keeps(&self, sql: &str) {
        self.client(KEEPER)
            .batch_execute(sql)
            .expect("the statements run");
    }

    pub(crate) fn value(&self, sql: &str) -> String {
        self.client(KEEPER)
            .query_one(sql, &[])
            .expect("a row")
            .get(0)
    }

    pub(crate) fn audit(&self, arguments: &[&str]) -> Run {
        self.steward_as(KEEPER, &[&["audit"], arguments].concat())
    }

    /// The document of a command that ends well.
    #[track_caller]
    pub(crate) fn document(&self, arguments: &[&str]) -> Value {
        let run = self.audit(&[arguments, &["--format", "json"]].concat());
        document(&run.ends_with(0))
    }

    /// What a list shows of each entry: action and key, oldest first.
    #[track_caller]
    pub(crate) fn listed(&self, arguments: &[&str]) -> Vec<String> {
        let document = self.document(&[&["log"], arguments].concat());
        let mut entries: Vec<_> = document["entries"]
            .as_array()
            .expect("entries")
            .iter()
            .map(|entry| {
                let key = match &entry["key"] {
                    Value::Object(key) => key
                        .values()
                        .map(Value::to_string)
                        .collect::<Vec<_>>()
                        .join("/"),
                    other => other.as_str().unwrap_or("-").to_owned(),
                };
                format!("{} {key}", entry["action"].as_str().expect("an action"))
            })
            .collect();
        entries.reverse();
        entries
    }
}

#[track_caller]
pub(crate) fn document(run: &Run) -> Value {
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(document["schema_version"], 1);
    document
}

pub(crate) const TASKS: &str = "
    select steward.create_audit_log('audit.log');
    create table tasks (id integer primary key, title text, state text default 'new', secret text, touched integer);
    select steward.audit('tasks', 'audit.log', ignore => '{touched}', redact => '{secret}');
    set app.current_user_id = 'ada';
    insert into tasks values (1, 'Design', 'new', 'xyzzy'), (2, 'Build', 'new', null);
    set app.current_user_id = 'ben';
    update tasks set state = 'done', secret = 'plugh' where id = 1;
    update tasks set touched = 1;
    delete from tasks where id = 2;";
