//! A table of the user's own: whatever columns of it are known are written, by a statement.

use steward_tests::{Database, Role, Session, tests};

tests![
    the_columns_of_a_document,
    a_redacted_and_an_ignored_column,
    every_column_that_is_known,
    a_truncate,
    names_that_are_too_long,
    a_key_that_does_not_fit,
    a_key_that_fits_more_or_less,
    a_key_that_would_be_cut,
    its_constraints_hold,
    its_policies_hold,
    its_defaults_hold,
    its_triggers_fire,
    a_table_that_cannot_hold_changes,
    an_action_that_is_an_enum,
    another_owner,
    it_is_renamed_and_changed,
    a_row_that_is_swallowed,
];

pub(super) const DOCUMENT: &str = "
    create table users (id uuid primary key default gen_random_uuid(), email text);
    create table audit_logs (
        id uuid primary key default gen_random_uuid(),
        user_id uuid references users on delete set null,
        action varchar(50) not null,
        entity_type varchar(50) not null,
        entity_id uuid not null,
        changes jsonb,
        created_at timestamptz not null default now()
    );
    create table tasks (id uuid primary key, title text, hash text, touched integer);
    insert into users values ('00000000-0000-0000-0000-00000000000a', 'a@example.org')";

pub(super) const USER: &str = "00000000-0000-0000-0000-00000000000a";
const TASK: &str = "00000000-0000-0000-0000-000000000001";

fn owner_of_document(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(DOCUMENT);
    owner.run(
        "select steward.audit('tasks', 'audit_logs', ignore => '{touched}', redact => '{hash}')",
    );
    owner.run(&format!("set app.current_user_id = '{USER}'"));
    owner
}

fn the_columns_of_a_document(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run(&format!(
        "insert into tasks values ('{TASK}', 'a'); update tasks set title = 'b'; delete from tasks"
    ));
    assert_eq!(
        owner.rows("select user_id, action, entity_type, entity_id, changes, created_at > now() - interval '1 minute' from audit_logs order by created_at"),
        [
            format!(r#"{USER}|INSERT|tasks|{TASK}|{{"id": {{"new": "{TASK}", "old": null}}, "hash": {{"new": {{"redacted": true}}, "old": null}}, "title": {{"new": "a", "old": null}}}}|t"#),
            format!(r#"{USER}|UPDATE|tasks|{TASK}|{{"title": {{"new": "b", "old": "a"}}}}|t"#),
            format!(r#"{USER}|DELETE|tasks|{TASK}|{{"id": {{"new": null, "old": "{TASK}"}}, "hash": {{"new": null, "old": {{"redacted": true}}}}, "title": {{"new": null, "old": "b"}}}}|t"#),
        ]
    );
}

fn a_redacted_and_an_ignored_column(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run(&format!("insert into tasks values ('{TASK}', 'a', '5ecret', 4711); update tasks set touched = 4712; update tasks set hash = '5ecret2', touched = 4713; delete from tasks"));
    let all = owner.rows("select changes from audit_logs order by created_at");
    assert_eq!(all.len(), 3);
    assert_eq!(
        all[1],
        r#"{"hash": {"new": {"redacted": true}, "old": {"redacted": true}}}"#
    );
    let all = all.join("\n");
    assert!(
        !all.contains("5ecret") && !all.contains("471") && !all.contains("touched"),
        "{all}"
    );
}

fn every_column_that_is_known(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table own (
             logged_at timestamptz, transaction xid8, transaction_at timestamptz, table_oid oid, action text, schema_name name, table_name name,
             key jsonb, before jsonb, after jsonb, actor text, actor_source text, session_role name, invoking_role text, application_name text
         );
         create table tasks (a integer, b text, v text, primary key (a, b));
         select steward.audit('tasks', 'own');
         set app.user_id = 'me'; set application_name = 'it';
         insert into tasks values (1, 'x', 'v'); update tasks set v = 'w'; update tasks set a = 2; delete from tasks; truncate tasks",
    );
    assert_eq!(
        owner.rows("select action, schema_name, table_name, table_oid::regclass, key, before, after, actor, actor_source, session_role, invoking_role, application_name from own order by logged_at"),
        [
            r#"INSERT|public|tasks|tasks|{"a": 1, "b": "x"}|NULL|{"a": 1, "b": "x", "v": "v"}|me|app.user_id|owner|owner|it"#,
            r#"UPDATE|public|tasks|tasks|{"a": 1, "b": "x"}|{"v": "v"}|{"v": "w"}|me|app.user_id|owner|owner|it"#,
            r#"UPDATE|public|tasks|tasks|{"a": 1, "b": "x"}|{"a": 1, "b": "x", "v": "w"}|{"a": 2}|me|app.user_id|owner|owner|it"#,
            r#"UPDATE|public|tasks|tasks|{"a": 2, "b": "x"}|{"a": 1}|{"a": 2, "b": "x", "v": "w"}|me|app.user_id|owner|owner|it"#,
            r#"DELETE|public|tasks|tasks|{"a": 2, "b": "x"}|{"a": 2, "b": "x", "v": "w"}|NULL|me|app.user_id|owner|owner|it"#,
            "TRUNCATE|public|tasks|tasks|NULL|NULL|NULL|me|app.user_id|owner|owner|it",
        ]
    );
    assert!(owner.holds("select bool_and(pg_xact_status(transaction) = 'committed' and transaction_at <= logged_at) from own"));
}

fn a_truncate(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run("insert into tasks select gen_random_uuid() from generate_series(1, 7); analyze tasks; truncate tasks");
    assert_eq!(
        owner.value("select user_id, entity_type, entity_id, changes from audit_logs where action = 'TRUNCATE'"),
        format!("{USER}|tasks|00000000-0000-0000-0000-000000000000|{{\"@estimated_rows\": 7}}")
    );
}

fn names_that_are_too_long(database: &Database) {
    let mut owner = database.owner();
    let long = "ü".repeat(31);
    owner.run(&format!(
        "create domain short as varchar(4);
         create table own (action char(3), entity_type varchar(5), entity_id bigint, changes jsonb, schema_name short, invoking_role varchar(2));
         create table {long} (id bigint primary key); select steward.audit('{long}', 'own'); insert into {long} values (1)",
    ));
    assert_eq!(
        owner.value("select action, entity_type, entity_id, schema_name, invoking_role from own"),
        format!("INS|{}|1|publ|ow", "ü".repeat(5))
    );
}

fn a_key_that_does_not_fit(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run("create table numbers (id bigint primary key); create table pairs (a uuid, b uuid, primary key (a, b)); create table counted (action text, entity_id integer, changes jsonb)");
    assert_eq!(
        owner
            .refusal("select steward.audit('numbers', 'audit_logs')")
            .to_string(),
        "42809: table public.audit_logs cannot hold the key of the audited table in column entity_id\n\
         DETAIL: It is the table that changes are to be recorded in.\n\
         HINT: alter table public.audit_logs alter column entity_id type text; -- or the type of the key\n\
         SCHEMA: public\n\
         TABLE: audit_logs\n\
         COLUMN: entity_id"
    );
    for (table, destination) in [
        ("numbers", "counted"),
        ("tasks", "counted"),
        ("pairs", "audit_logs"),
    ] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.audit('{table}', '{destination}')")),
            "42809",
            "{table}"
        );
    }
    // By hand it is found out at the first change.
    owner.run("create constraint trigger t after insert on numbers from audit_logs for each row execute function steward.record_change()");
    assert_eq!(owner.sqlstate("insert into numbers values (1)"), "42809");
    // A key of the wrong type for its partitions' table is as well refused later.
    owner.run("create table later (id uuid primary key); select steward.audit('later', 'audit_logs'); alter table later drop id, add id bigint primary key");
    assert_eq!(owner.sqlstate("insert into later values (1)"), "42809");
}

fn a_key_that_fits_more_or_less(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table own (action text, entity_id uuid not null, changes jsonb); create table tasks (id text primary key); select steward.audit('tasks', 'own')");
    owner.run("insert into tasks values ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('no uuid')");
    assert_eq!(
        owner.rows("select entity_id, changes -> '@key' from own order by entity_id desc"),
        [
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|NULL",
            r#"00000000-0000-0000-0000-000000000000|{"id": "no uuid"}"#
        ]
    );
    owner.run("create table pairs (a integer, b text, primary key (a, b)); create table all_keys (action text, entity_id text, changes jsonb); create table json_keys (action text, entity_id jsonb, changes jsonb)");
    for destination in ["all_keys", "json_keys"] {
        owner.run(&format!("select steward.audit('pairs', '{destination}')"));
    }
    owner.run("insert into pairs values (1, 'x'); truncate pairs");
    for destination in ["all_keys", "json_keys"] {
        assert_eq!(
            owner.value(&format!(
                "select entity_id::jsonb from {destination} where action = 'INSERT'"
            )),
            r#"{"a": 1, "b": "x"}"#
        );
    }
}

/// A key that is cut would be another row's.
fn a_key_that_would_be_cut(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table own (action text, entity_id varchar(5) not null, changes jsonb); create table tasks (id text primary key); select steward.audit('tasks', 'own')");
    owner.run("insert into tasks values ('abcde'), ('abcdef'), ('ääääü')");
    assert_eq!(
        owner.rows("select entity_id, changes -> '@key' from own order by changes -> 'id' ->> 'new' collate \"C\""),
        ["abcde|NULL", r#"|{"id": "abcdef"}"#, "ääääü|NULL"]
    );
}

fn its_constraints_hold(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run("alter table audit_logs add constraint no_deletes check (action <> 'DELETE')");
    owner.run(&format!("insert into tasks values ('{TASK}')"));
    let refusal = owner.refusal("delete from tasks");
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint()),
        ("23514", Some("no_deletes"))
    );
    owner.run("alter table audit_logs drop constraint no_deletes; create unique index once on audit_logs (action, entity_id); update tasks set title = 'x'");
    assert_eq!(owner.sqlstate("update tasks set title = 'y'"), "23505");
    // Its error shows rows to those who may read them only.
    owner.run("grant all on tasks to writer");
    let mut writer = database.session(Role::Writer);
    let update = "update tasks set title = 'y'";
    assert_eq!(writer.refusal(update).detail(), None);
    owner.run("grant select on audit_logs to writer");
    assert!(
        writer
            .refusal(update)
            .detail()
            .is_some_and(|detail| detail.contains("already exists"))
    );
    owner.run("alter table audit_logs enable row level security; create policy p on audit_logs for select using (false)");
    let refusal = writer.refusal(update);
    assert_eq!((refusal.sqlstate(), refusal.detail()), ("23505", None));
}

/// The owner is under a policy where he says so himself.
fn its_policies_hold(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run("alter table audit_logs enable row level security, force row level security; create policy p on audit_logs with check (action <> 'DELETE'); grant all on tasks to writer");
    let mut writer = database.session(Role::Writer);
    writer.run(&format!(
        "insert into tasks values ('{TASK}'); update tasks set title = 'x'"
    ));
    assert_eq!(writer.sqlstate("delete from tasks"), "42501");
    owner.run("alter table audit_logs no force row level security");
    writer.run("delete from tasks");
    // The users are found all the same: who they are is no secret of theirs.
    owner.run("alter table users enable row level security, force row level security");
    owner.run(&format!("insert into tasks values ('{TASK}')"));
    assert_eq!(
        database
            .superuser()
            .value("select count(*) from audit_logs where user_id is not null"),
        "1"
    );
}

fn its_defaults_hold(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table own (number integer generated always as identity, action text, changes jsonb, tenant text not null default 'home',
             short text generated always as (left(action, 1)) stored);
         create table tasks (id integer primary key); select steward.audit('tasks', 'own'); insert into tasks values (1)",
    );
    assert_eq!(
        owner.value("select number, action, tenant, short from own"),
        "1|INSERT|home|I"
    );
}

fn its_triggers_fire(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run(
        "create table more (id uuid primary key, title text); select steward.audit('more', 'audit_logs');
         create function follow() returns trigger language plpgsql as $$ begin
             if new.entity_type = 'tasks' then
                 insert into public.more as more values (new.entity_id, new.action) on conflict (id) do update set title = excluded.title;
             end if;
             return null;
         end $$;
         create trigger follow after insert on audit_logs for each row execute function follow()",
    );
    owner.run(&format!(
        "insert into tasks values ('{TASK}'); update tasks set title = 'x'; delete from tasks"
    ));
    assert_eq!(
        owner.rows("select entity_type, action from audit_logs order by created_at"),
        [
            "tasks|INSERT",
            "more|INSERT",
            "tasks|UPDATE",
            "more|UPDATE",
            "tasks|DELETE",
            "more|UPDATE"
        ]
    );
}

fn a_table_that_cannot_hold_changes(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table tasks (id integer primary key)");
    for columns in [
        "action text",
        "changes jsonb",
        "action text, before jsonb",
        "action text, changes jsonb, needed text not null",
        "action text, changes jsonb, user_id uuid not null",
        "action text, before jsonb not null, after jsonb",
        "action text, changes jsonb, user_id numeric",
        "action text, changes jsonb, user_id date",
        "action integer, changes jsonb",
        "action text, changes integer",
        "action text, changes jsonb, created_at integer",
    ] {
        owner.run(&format!("create table own ({columns})"));
        let refusal = owner.refusal("select steward.audit('tasks', 'own')");
        assert_eq!(refusal.sqlstate(), "42809", "{columns}: {refusal}");
        owner.run("drop table own");
    }
    for columns in [
        "action text, changes json",
        "action text, changes text",
        "action varchar, changes jsonb, needed text not null default ''",
        "action name, before jsonb, after jsonb",
        "action text, changes jsonb not null, created_at date",
    ] {
        owner.run(&format!("create table own ({columns}); select steward.audit('tasks', 'own'); insert into tasks values (1); delete from tasks; drop table own"));
    }
}

fn an_action_that_is_an_enum(database: &Database) {
    let mut owner = database.owner();
    owner.run("create type done as enum ('INSERT', 'UPDATE'); create table tasks (id integer primary key); create table own (action done, changes jsonb)");
    let refusal = owner.refusal("select steward.audit('tasks', 'own')");
    assert_eq!(refusal.sqlstate(), "42809", "{refusal}");
    owner.run("alter type done add value 'DELETE'");
    owner.run("alter type done add value 'TRUNCATE'");
    owner.run("select steward.audit('tasks', 'own'); insert into tasks values (1); delete from tasks; truncate tasks");
    assert_eq!(owner.value("select count(*) from own"), "3");
}

fn another_owner(database: &Database) {
    let mut superuser = database.superuser();
    let mut owner = owner_of_document(database);
    superuser.run("alter table audit_logs owner to writer");
    assert_eq!(
        owner.sqlstate(&format!("insert into tasks values ('{TASK}')")),
        "42501"
    );
    owner.run("create table other (id uuid primary key)");
    for session in [&mut owner, &mut superuser] {
        assert_eq!(
            session.sqlstate("select steward.audit('other', 'audit_logs')"),
            "42501"
        );
    }
}

fn it_is_renamed_and_changed(database: &Database) {
    let mut owner = owner_of_document(database);
    let mut other = database.owner();
    let insert = "insert into tasks select gen_random_uuid()";
    owner.run(insert);
    for change in [
        "alter table audit_logs rename to trail",
        "create schema kept; alter table trail set schema kept",
        "alter schema kept rename to held",
        "alter table users rename to people",
        "alter table people rename id to number",
        "alter table people set schema held",
        "alter table held.trail add actor text",
        "alter table held.trail drop created_at",
        "alter table held.trail alter entity_id type text",
        "alter table held.trail alter action type varchar(3) using left(action, 3)",
    ] {
        other.run(change);
        owner.run(insert);
        owner.run("truncate tasks");
    }
    assert!(owner.holds("select count(*) = 21 and bool_and(user_id is not null) from held.trail"));
    assert_eq!(
        owner.value("select count(*) from held.trail where actor is not null"),
        "8"
    );
    // Without the column there is nothing to name a user in.
    other.run("alter table held.trail drop user_id, drop actor");
    owner.run(insert);
    assert_eq!(
        owner.value(&format!(
            "select count(*) from held.trail where changes -> '@actor' ->> 'id' = '{USER}'"
        )),
        "1"
    );
    other.run("alter table held.trail drop changes");
    assert_eq!(owner.sqlstate(insert), "42809");
}

/// A rule or trigger of the owner's that takes the row away: it is his table.
fn a_row_that_is_swallowed(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run("create rule nothing as on insert to audit_logs do instead nothing");
    owner.run(&format!("insert into tasks values ('{TASK}')"));
    assert_eq!(owner.value("select count(*) from audit_logs"), "0");
}
