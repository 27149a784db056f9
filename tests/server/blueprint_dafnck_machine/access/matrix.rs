//! Each kind of user, each table, each command: the rows that are reached are those that the page names, and each policy is
//! needed for that.

use steward_tests::{Database, Session, tests};

use super::world::{Kind, PROJECTS, id, world};
use super::{TABLES, assert_plain};

tests![
    everybody_reaches_what_the_page_says,
    without_a_policy_somebody_reaches_something_else,
    without_row_level_security_everybody_reaches_everything,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Select,
    Update,
    Delete,
}

impl Command {
    const ALL: [Self; 3] = [Self::Select, Self::Update, Self::Delete];
}

/// Of which project a row is, of those that have one.
fn project_of(table: &str) -> Option<&'static str> {
    Some(match table {
        "projects" => "t.id",
        "project_members" | "tasks" | "documents" => "t.project_id",
        "task_dependencies" => "(select project_id from tasks where id = t.task_id)",
        "document_versions" => "(select project_id from documents where id = t.document_id)",
        "file_attachments" => {
            "coalesce(t.project_id, (select project_id from tasks where id = t.task_id),
                 (select project_id from documents where id = t.document_id))"
        }
        "audit_log" => {
            "case t.table_name
                 when 'projects' then (t.key ->> 'id')::uuid
                 when 'tasks' then (select project_id from tasks where id = (t.key ->> 'id')::uuid)
                 when 'documents' then (select project_id from documents where id = (t.key ->> 'id')::uuid)
             end"
        }
        _ => return None,
    })
}

/// The least of the roles that may do this with the rows of a project.
const fn least_rank(table: &str, command: Command) -> Option<u8> {
    let rank = match (table.as_bytes(), command) {
        (b"audit_log" | b"document_versions", Command::Update | Command::Delete) => return None,
        (_, Command::Select) => 3,
        (b"projects", Command::Delete) => 0,
        (b"projects" | b"project_members", _) | (b"tasks" | b"documents", Command::Delete) => 1,
        _ => 2,
    };
    Some(rank)
}

/// The condition for the rows that somebody has to reach, by what the page says.
fn expected(kind: Kind, table: &str, command: Command) -> String {
    let Some(project) = project_of(table) else {
        return own_rows(kind, table, command);
    };
    let Some(least) = least_rank(table, command) else {
        return "false".to_owned();
    };
    let takes_part = kind.rank().is_some_and(|rank| rank <= least);
    let projects: Vec<_> = PROJECTS
        .into_iter()
        .filter(|visibility| {
            let is_open = match *visibility {
                "public" => true,
                "internal" => kind.is_active(),
                _ => false,
            };
            takes_part || is_open && command == Command::Select && table != "audit_log"
        })
        .map(|visibility| id("project", visibility))
        .collect();
    let of_projects = format!("{project} = any (array[{}]::uuid[])", projects.join(", "));
    match (table, command) {
        ("project_members", Command::Update) => format!(
            "{of_projects} and t.role is distinct from 'owner' and t.user_id <> '{}'",
            kind.own_id()
        ),
        ("project_members", Command::Delete) => {
            format!("{of_projects} and t.role is distinct from 'owner'")
        }
        _ => of_projects,
    }
}

fn own_rows(kind: Kind, table: &str, command: Command) -> String {
    if !kind.has_account() {
        return "false".to_owned();
    }
    match (table, command) {
        ("users", Command::Delete) => "false".to_owned(),
        ("users", _) => format!("t.id = '{}'", kind.identity()),
        ("user_sessions", Command::Update) => {
            format!("t.user_id = '{}' and t.is_active", kind.identity())
        }
        _ => format!("t.user_id = '{}'", kind.identity()),
    }
}

/// By what a row is told from others.
fn key_of(table: &str) -> &'static str {
    if table == "audit_log" {
        "sequence"
    } else {
        "id"
    }
}

/// A statement that changes nothing of what policies ask about.
fn update(table: &str) -> &'static str {
    match table {
        "projects" => "update projects set name = name",
        // The role of one who has none yet is given: it is not among those that may be written.
        "project_members" => "update project_members set role = coalesce(role, 'viewer')",
        "tasks" => "update tasks set title = title",
        "task_dependencies" => "update task_dependencies set dependency_type = dependency_type",
        "documents" => "update documents set title = title",
        "file_attachments" => "update file_attachments set filename = filename",
        "users" => "update users set first_name = 'x'",
        "user_profiles" => "update user_profiles set bio = 'x'",
        "user_sessions" => "update user_sessions set is_active = false",
        // Not granted.
        "document_versions" => "update document_versions set content = content",
        _ => "update audit_log set actor = actor",
    }
}

/// Runs a query as what applications act as, for somebody, and takes back what it did. A refusal is its SQLSTATE.
fn reached(session: &mut Session, kind: Kind, query: &str) -> Result<Vec<String>, String> {
    session.run(&format!(
        "savepoint probe; set local session authorization application_role; set local app.current_user_id = '{}'",
        kind.identity()
    ));
    let outcome = session.try_rows(query);
    session.run("rollback to probe; release probe");
    outcome.map_err(|refusal| refusal.sqlstate().to_owned())
}

/// Where somebody reaches other rows of a table than they should. The session is a superuser's, in a transaction.
fn differences(session: &mut Session, table: &str) -> Vec<String> {
    let key = key_of(table);
    let mut found = Vec::new();
    for kind in Kind::ALL {
        for command in Command::ALL {
            let mut should = session.rows(&format!(
                "select t.{key} from {table} as t where {} order by 1",
                expected(kind, table, command)
            ));
            let query = match command {
                Command::Select => format!("select {key} from {table}"),
                Command::Update => format!("{} returning {key}", update(table)),
                Command::Delete => format!("delete from {table} returning {key}"),
            };
            let mut does = match reached(session, kind, &query) {
                Ok(rows) => rows,
                // The right is missing, which nobody's row is reached by.
                Err(refusal) if refusal == "42501" => Vec::new(),
                Err(refusal) => vec![refusal],
            };
            should.sort_unstable();
            does.sort_unstable();
            if should != does {
                found.push(format!(
                    "{table}, {kind:?}, {command:?}: {} rows instead of {}: {does:?}",
                    does.len(),
                    should.len()
                ));
            }
        }
        found.extend(wrong_inserts(session, kind, table));
    }
    found
}

/// A row of a table in a project, by who inserts it, and whether they may.
fn insert(table: &str, project: &str, kind: Kind) -> Option<(String, bool)> {
    let me = kind.own_id();
    let is_rank = |least| kind.rank().is_some_and(|rank| rank <= least);
    let of_project = id("project", project);
    Some(match table {
        "projects" => (
            format!("insert into projects (name, owner_id) values ('new', '{me}')"),
            kind.is_active(),
        ),
        "project_members" => (
            format!(
                "insert into project_members (project_id, user_id, role) values ({of_project}, '{}', 'member')",
                Kind::Outsider.identity()
            ),
            is_rank(1),
        ),
        "tasks" => (
            format!("insert into tasks (project_id, title, creator_id) values ({of_project}, 'new', '{me}')"),
            is_rank(2),
        ),
        "task_dependencies" => (
            format!(
                "insert into task_dependencies (task_id, depends_on_task_id, dependency_type)
                 select {}, {}, 'duplicates' where false or true on conflict (id) do nothing",
                id("other task", project),
                id("third task", project)
            ),
            is_rank(2),
        ),
        "documents" => (
            format!("insert into documents (project_id, title, author_id) values ({of_project}, 'new', '{me}')"),
            is_rank(2),
        ),
        "file_attachments" => (
            ["task", "document", "project"]
                .map(|kind| {
                    format!(
                        "insert into file_attachments
                             (entity_type, entity_id, filename, original_filename, file_size, mime_type, storage_path, uploader_id)
                         values ('{kind}', {}, 'f', 'f', 1, 'x', 'x', '{me}')",
                        id(kind, project)
                    )
                })
                .join("; "),
            is_rank(2),
        ),
        "user_profiles" => (
            format!("insert into user_profiles (user_id) values ('{me}')"),
            kind.has_account(),
        ),
        "users" => (
            "insert into users (email, username, password_hash) values ('n@example.com', 'new', 'x')".to_owned(),
            false,
        ),
        "user_sessions" => (
            format!("insert into user_sessions (user_id, session_token, expires_at) values ('{me}', 'new', now())"),
            false,
        ),
        "document_versions" => (
            format!(
                "insert into document_versions (document_id, version_number, content, author_id) values ({}, 2, 'x', '{me}')",
                id("document", project)
            ),
            false,
        ),
        _ => return None,
    })
}

fn wrong_inserts(session: &mut Session, kind: Kind, table: &str) -> Vec<String> {
    let mut attempts: Vec<(String, Result<(), String>)> = PROJECTS
        .into_iter()
        .filter_map(|project| insert(table, project, kind))
        .map(|(statement, may)| {
            (
                statement,
                if may { Ok(()) } else { Err("42501".to_owned()) },
            )
        })
        .collect();
    if table == "projects" {
        // Of the id of one that is theirs, and in the name of its owner.
        let theirs = format!(
            "insert into projects (id, name, owner_id) values ({}, 'new', '{}')",
            id("project", "private"),
            Kind::Owner.identity()
        );
        let code = if kind == Kind::Owner {
            "23505"
        } else {
            "42501"
        };
        attempts.push((theirs, Err(code.to_owned())));
    }
    attempts
        .into_iter()
        .filter_map(|(statement, should)| {
            let outcome = reached(session, kind, &statement).map(|_| ());
            (outcome != should)
                .then(|| format!("{kind:?}: {outcome:?} instead of {should:?}: {statement}"))
        })
        .collect()
}

/// A superuser's session, in a transaction; it takes the part of the role for each statement.
fn prepared(database: &Database) -> Session {
    let mut owner = world(database);
    for project in PROJECTS {
        owner.run(&format!(
            "insert into tasks (id, project_id, title, creator_id) values ({}, {}, 'third', '{}')",
            id("third task", project),
            id("project", project),
            Kind::Owner.identity()
        ));
    }
    let mut session = database.superuser();
    session
        .run("set search_path = dafnck; begin; set local session authorization application_role");
    assert_plain(&mut session);
    session.run("commit; begin");
    session
}

fn everybody_reaches_what_the_page_says(database: &Database) {
    let mut session = prepared(database);
    for table in TABLES {
        assert_eq!(differences(&mut session, table), [""; 0]);
    }
}

/// The control: this is how it is noticed.
fn without_a_policy_somebody_reaches_something_else(database: &Database) {
    let mut session = prepared(database);
    let policies = session.rows(
        "select tablename, policyname from pg_policies where schemaname = 'dafnck' order by 1, 2",
    );
    assert!(policies.len() > 30, "{policies:?}");
    for policy in policies {
        let (table, name) = policy.split_once('|').expect("a table and a policy");
        session.run(&format!("savepoint policy; drop policy {name} on {table}"));
        let found = differences(&mut session, table);
        assert!(!found.is_empty(), "nobody needs {name} on {table}");
        session.run("rollback to policy");
    }
}

/// The same for all of them at once.
fn without_row_level_security_everybody_reaches_everything(database: &Database) {
    let mut session = prepared(database);
    for table in TABLES {
        session.run(&format!(
            "savepoint security; alter table {table} disable row level security"
        ));
        let found = differences(&mut session, table);
        assert!(found.len() >= 4, "{table}: {found:?}");
        session.run("rollback to security");
    }
}
