//! Each kind of user, each table, each command: the rows that are reached are those that the page names, and each policy is
//! needed for that.

use postgres::SimpleQueryMessage;
use steward_tests::{Database, Session, tests};

use super::{TABLES, is_plain, seeded};

tests![
    everybody_reaches_what_the_page_says,
    without_a_policy_somebody_reaches_something_else,
    without_row_level_security_everybody_reaches_everything,
];

/// A kind of user, and how the application says who it is.
struct Kind {
    name: &'static str,
    identity: &'static str,
    /// The rows that are theirs, in the order of the columns of [`Reach`].
    reach: fn(table: &str) -> Reach,
}

/// Conditions for the rows that are reached, and which rows of [`INSERTS`] are taken.
struct Reach {
    select: String,
    update: String,
    delete: String,
    insert: Inserted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inserted {
    Nothing,
    OwnName,
    OthersNames,
    AnyName,
}

const DENIED: &str = "42501";

const KINDS: [Kind; 11] = [
    Kind {
        name: "nobody",
        identity: "select",
        reach: nothing,
    },
    Kind {
        name: "somebody unknown",
        identity: "select steward.act_as(4711, 'admin')",
        reach: nothing,
    },
    Kind {
        name: "an identity that is no number",
        identity: "select set_config('app.user_id', '1; drop', true), set_config('app.user_role', 'admin', true)",
        reach: nothing,
    },
    Kind {
        name: "a role without a user",
        identity: "select set_config('app.user_role', 'admin', true)",
        reach: nothing,
    },
    Kind {
        name: "somebody retired",
        identity: "select steward.act_as(9, 'developer')",
        reach: nothing,
    },
    Kind {
        name: "a developer",
        identity: "select steward.act_as(1, 'developer')",
        reach: |table| of_worker(table, 1, Some("developer")),
    },
    Kind {
        name: "a tester",
        identity: "select set_config('app.user_id', '6', true), set_config('app.user_role', 'tester', true)",
        reach: |table| of_worker(table, 6, Some("tester")),
    },
    Kind {
        name: "a developer who says to be an admin",
        identity: "select steward.act_as(1, 'admin')",
        reach: |table| of_worker(table, 1, None),
    },
    Kind {
        name: "a project manager",
        identity: "select steward.act_as(2, 'project_manager')",
        reach: |table| match table {
            "users" => of_worker(table, 2, None),
            _ => of_manager(table, 2),
        },
    },
    Kind {
        name: "an admin",
        identity: "select steward.act_as(3, 'admin')",
        reach: |table| of_manager(table, 3),
    },
    Kind {
        name: "a report",
        identity: "set local session authorization read_only_user",
        reach: |_| Reach {
            select: "true".to_owned(),
            update: DENIED.to_owned(),
            delete: DENIED.to_owned(),
            insert: Inserted::Nothing,
        },
    },
];

fn nothing(table: &str) -> Reach {
    Reach {
        insert: Inserted::Nothing,
        ..reach(table, "false", "false", "false")
    }
}

/// Who takes no part in managing: `role` is theirs where they have said it rightly.
fn of_worker(table: &str, user: i32, role: Option<&str>) -> Reach {
    let role = role.unwrap_or("none");
    match table {
        "users" => {
            let own = format!("id = {user}");
            Reach {
                insert: Inserted::Nothing,
                ..reach(table, &own, &own, &own)
            }
        }
        "tasks" => reach(
            table,
            &format!("{user} in (assigned_user_id, created_by) or assigned_role = '{role}'"),
            &format!(
                "{user} in (assigned_user_id, created_by) or assigned_user_id is null and assigned_role = '{role}'"
            ),
            &format!("created_by = {user}"),
        ),
        "notifications" => {
            let own = format!("user_id = {user}");
            reach(table, &own, &own, &own)
        }
        "chat_messages" => reach(
            table,
            &format!("recipient_id is null or {user} in (sender_id, recipient_id)"),
            &format!("sender_id = {user}"),
            &format!("sender_id = {user}"),
        ),
        "chat_message_edits" => reach(
            table,
            &format!(
                "message_id in (select id from chat_messages where recipient_id is null or {user} in (sender_id, recipient_id))"
            ),
            DENIED,
            DENIED,
        ),
        _ => reach(
            table,
            "true",
            &format!("{user} in (reporter_id, assigned_to) or assigned_to is null"),
            &format!("reporter_id = {user}"),
        ),
    }
}

/// Project managers and admins; of accounts the latter alone.
fn of_manager(table: &str, user: i32) -> Reach {
    match table {
        "users" => Reach {
            insert: Inserted::OthersNames,
            ..reach(table, "true", "true", "true")
        },
        "tasks" | "triage_items" => Reach {
            insert: Inserted::AnyName,
            ..reach(table, "true", "true", "true")
        },
        _ => of_worker(table, user, None),
    }
}

fn reach(table: &str, select: &str, update: &str, delete: &str) -> Reach {
    let no_writing = table == "chat_message_edits";
    Reach {
        select: select.to_owned(),
        update: if no_writing { DENIED } else { update }.to_owned(),
        delete: if no_writing { DENIED } else { delete }.to_owned(),
        insert: if no_writing {
            Inserted::Nothing
        } else {
            Inserted::OwnName
        },
    }
}

/// A column that may be updated, and a row that is inserted in the name of `$1`, whoever that is.
const WRITES: [(&str, &str, &str); 6] = [
    (
        "chat_message_edits",
        "old_message",
        "insert into chat_message_edits (message_id, old_message) select min(id), 'm' from chat_messages",
    ),
    (
        "chat_messages",
        "message",
        "insert into chat_messages (sender_id, message) values ($1, 'm')",
    ),
    (
        "notifications",
        "is_read",
        "insert into notifications (user_id, type, title, message) values ($1, 'system', 't', 'm')",
    ),
    (
        "tasks",
        "title",
        "insert into tasks (title, description, assigned_role, start_date, end_date, created_by)
             values ('t', 'd', 'designer', now(), now() + interval '1 day', $1)",
    ),
    (
        "triage_items",
        "title",
        "insert into triage_items (reporter_id, title, description) values ($1, 't', 'd')",
    ),
    // An account is its own name, so it has to go before it can come.
    (
        "users",
        "username",
        "with gone as (delete from users where id = $1 returning id)
         insert into users (id, github_id, username, role)
             select $1 + case when (select count(*) from gone) = 0 then 1000 else 0 end, 'new', 'New', 'developer'",
    ),
];

/// The development data, with rows that it lacks, and without the foreign keys: what they refuse is not asked here.
fn prepared(database: &Database) -> Session {
    let mut owner = seeded(database);
    owner.run(
        "insert into tasks (title, description, assigned_role, start_date, end_date, created_by, assigned_user_id) values
             ('free', 'd', 'developer', now(), now() + interval '1 day', null, null),
             ('free', 'd', 'tester', now(), now() + interval '1 day', 1, null),
             ('free', 'd', 'designer', now(), now() + interval '1 day', 6, 5),
             ('foreign', 'd', 'designer', now(), now() + interval '1 day', 2, null),
             ('taken', 'd', 'designer', now(), now() + interval '1 day', 2, 1);
         update chat_messages set message = message || '!' where id in (11, 12, 15, 24);
         insert into tasks (title, description, assigned_role, start_date, end_date, created_by, created_at) values
             ('of who has left', 'd', 'developer', now(), now() + interval '1 day', 9, '2025-01-01');
         alter table users disable trigger user",
    );
    drop_foreign_keys(&mut owner);
    database.superuser()
}

fn drop_foreign_keys(owner: &mut Session) {
    let drops = owner.rows(
        "select format('alter table %s drop constraint %I', conrelid::regclass, conname) from pg_constraint
         where connamespace = 'scrum'::regnamespace and contype = 'f'",
    );
    owner.run(&drops.join(";"));
}

/// The keys that a statement gives, or the SQLSTATE that it is refused with; undone again.
fn outcome(session: &mut Session, statement: &str) -> String {
    session.run("savepoint attempt");
    let result = session.client().simple_query(statement);
    let text = match result {
        Ok(messages) => {
            let keys = messages.iter().filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            });
            keys.collect::<Vec<_>>().join(" ")
        }
        Err(error) => error
            .code()
            .expect("an error of the server")
            .code()
            .to_owned(),
    };
    session.run("rollback to attempt");
    text
}

/// Where what is reached is not what is expected, in the transaction that the superuser is in.
fn differences(superuser: &mut Session) -> Vec<String> {
    let tables = WRITES.map(|(table, ..)| table);
    differences_on(superuser, &tables)
}

fn differences_on(superuser: &mut Session, tables: &[&str]) -> Vec<String> {
    let mut differences = Vec::new();
    for kind in &KINDS {
        for (table, column, row) in WRITES {
            if !tables.contains(&table) {
                continue;
            }
            let reach = (kind.reach)(table);
            let mut expected_keys = |condition: &str| {
                if condition == DENIED {
                    return DENIED.to_owned();
                }
                outcome(
                    superuser,
                    &format!("select id from {table} where {condition} order by id"),
                )
            };
            let expected = [
                expected_keys(&reach.select),
                expected_keys(&reach.update),
                expected_keys(&reach.delete),
                format!("{:?}", reach.insert),
            ];
            let found = found(superuser, kind.identity, table, column, row);
            for (command, (expected, found)) in ["select", "update", "delete", "insert"]
                .iter()
                .zip(expected.iter().zip(&found))
            {
                if expected != found {
                    let name = kind.name;
                    differences.push(format!(
                        "{name}: {command} {table}: [{found}], not [{expected}]"
                    ));
                }
            }
        }
    }
    differences
}

fn found(
    superuser: &mut Session,
    identity: &str,
    table: &str,
    column: &str,
    row: &str,
) -> [String; 4] {
    superuser.run("savepoint part");
    superuser.run("set local session authorization application_user");
    superuser.run(identity);
    let select = outcome(superuser, &format!("select id from {table} order by id"));
    let [update, delete] = [
        format!("update {table} set {column} = {column}"),
        format!("delete from {table}"),
    ]
    .map(|statement| {
        let keys = format!(
            "with reached as ({statement} returning id) select id from reached order by id"
        );
        outcome(superuser, &keys)
    });
    let mut takes = |user: &str| {
        let statement = row.replace("$1", user);
        let outcome = outcome(superuser, &statement);
        assert!(
            ["", DENIED].contains(&outcome.as_str()),
            "{statement}: {outcome}"
        );
        outcome.is_empty()
    };
    let own = takes("coalesce(steward.current_user_bigint(), 1)");
    // Somebody who is none of the kinds.
    let foreign = takes("8");
    superuser.run("rollback to part");
    let insert = match (own, foreign) {
        (false, false) => Inserted::Nothing,
        (true, false) => Inserted::OwnName,
        (true, true) => Inserted::AnyName,
        (false, true) => Inserted::OthersNames,
    };
    [select, update, delete, format!("{insert:?}")]
}

fn everybody_reaches_what_the_page_says(database: &Database) {
    let mut superuser = prepared(database);
    superuser.run("begin; set local search_path = scrum");
    superuser.run("set local session authorization application_user");
    assert!(is_plain(&mut superuser));
    superuser.run("set local session authorization read_only_user");
    assert!(is_plain(&mut superuser));
    superuser.run("rollback; begin; set local search_path = scrum");
    assert_eq!(differences(&mut superuser), [""; 0]);
    // Of each table somebody reaches some rows and not others, but for issues, which the whole team sees.
    for (table, ..) in WRITES {
        let all = outcome(
            &mut superuser,
            &format!("select id from {table} order by id"),
        );
        let reach = of_worker(table, 1, Some("developer"));
        for condition in [reach.select, reach.update, reach.delete] {
            if condition == DENIED || condition == "true" {
                continue;
            }
            let some = outcome(
                &mut superuser,
                &format!("select id from {table} where {condition} order by id"),
            );
            assert!(!some.is_empty() && some != all, "{table}: {condition}");
        }
    }
}

/// The control: every single one of them.
fn without_a_policy_somebody_reaches_something_else(database: &Database) {
    let mut superuser = prepared(database);
    let policies = superuser.rows(
        "select tablename, policyname from pg_policies where schemaname = 'scrum' order by 1, 2",
    );
    assert_eq!(policies.len(), 30);
    for policy in &policies {
        let (table, name) = policy.split_once('|').expect("a table and a policy");
        superuser.run("begin; set local search_path = scrum");
        superuser.run(&format!("drop policy {name} on {table}"));
        assert_ne!(
            differences_on(&mut superuser, &[table]),
            [""; 0],
            "without {policy}"
        );
        superuser.run("rollback");
    }
}

fn without_row_level_security_everybody_reaches_everything(database: &Database) {
    let mut superuser = prepared(database);
    for table in TABLES {
        superuser.run("begin; set local search_path = scrum");
        superuser.run(&format!("alter table {table} disable row level security"));
        let differences = differences_on(&mut superuser, &[table]);
        assert!(
            differences
                .iter()
                .any(|difference| difference.starts_with(&format!("nobody: select {table}"))),
            "{table}: {differences:#?}"
        );
        superuser.run("rollback");
    }
}
