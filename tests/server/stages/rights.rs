//! Who may attach, and with whose rights the history is written.

use steward_tests::{Database, Role, tests};

use crate::errors::assert_must_be_owner;

use super::{TABLES, TRACK, owner_of_tracked_tasks, transitions};

tests![
    the_writer_needs_no_rights_on_the_history,
    the_history_is_written_past_row_level_security,
    only_the_owner_attaches,
    a_member_of_the_owning_role_attaches,
    a_superuser_attaches_for_the_owner,
    a_destination_of_another_owner,
    a_trigger_made_by_hand_on_another_owners_table,
    a_new_owner_of_one_table,
    a_new_owner_of_both_tables,
    partitions_of_other_owners,
];

fn the_writer_needs_no_rights_on_the_history(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("grant insert, update, select on tasks to writer");
    let mut writer = database.session(Role::Writer);
    for forbidden in [
        "select from history",
        "insert into history values (1, 'a', 'b', now(), 1)",
        "delete from history",
    ] {
        assert_eq!(writer.sqlstate(forbidden), "42501");
    }
    writer.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    assert_eq!(writer.value("select current_user"), "writer");
}

/// The control is the same statement as the owner writes it by hand, which the policy refuses.
fn the_history_is_written_past_row_level_security(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "alter table history enable row level security, force row level security;
         create policy nothing on history using (false);
         grant insert, update, select on tasks to writer",
    );
    assert_eq!(
        owner.sqlstate("insert into history values (9, null, 'a', now(), null)"),
        "42501"
    );
    let mut writer = database.session(Role::Writer);
    writer.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'");
    assert!(
        transitions(&mut owner, 1).is_empty(),
        "the policy hides the history from its owner"
    );
    let mut superuser = database.superuser();
    assert_eq!(
        superuser.rows("select before, after, lasted is null from history order by at"),
        ["NULL|a|t", "a|b|f"]
    );
}

fn only_the_owner_attaches(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("grant all on tasks, history to writer");
    let mut writer = database.session(Role::Writer);
    assert_must_be_owner(&writer.refusal(TRACK), "public", "tasks");
    owner.run(TRACK);
    assert_eq!(
        writer.sqlstate("select steward.detach('tasks', 'stages')"),
        "42501"
    );
}

fn a_member_of_the_owning_role_attaches(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let mut member = database.session(Role::Member);
    member.run(TRACK);
    owner.run("insert into tasks values (1, 'one', 'a')");
    member.run("update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    // A table of the member's own is not the owner's.
    owner.run("grant create on schema public to member");
    member.run(
        "create table own (task integer, before text, after text not null, at timestamptz, lasted bigint);
         create index on own (task)",
    );
    assert_eq!(
        member.sqlstate(&TRACK.replace("'history'", "'own'")),
        "42501"
    );
}

fn a_superuser_attaches_for_the_owner(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let mut superuser = database.superuser();
    superuser.run(TRACK);
    owner.run("insert into tasks values (1, 'one', 'a')");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a"]);
    owner.run("select steward.detach('tasks', 'stages')");
}

/// What the stranger needs to try: a table of his own, and a right to write the victim's.
const STRANGERS_TASKS: &str =
    "create table stranger.tasks (id integer primary key, title text, stage text not null)";

fn a_destination_of_another_owner(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("grant all on history to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run(STRANGERS_TASKS);
    let call = TRACK
        .replace("'tasks'", "'stranger.tasks'")
        .replace("'history'", "'public.history'");
    assert_eq!(
        stranger.refusal(&call).to_string(),
        "42501: tables stranger.tasks and public.history have different owners\n\
         DETAIL: A rule writes only into tables that belong to the owner of the table that it guards.\n\
         HINT: Give both tables the same owner with ALTER TABLE ... OWNER TO.\n\
         SCHEMA: public\n\
         TABLE: history"
    );
}

/// Who may create triggers on both tables still cannot have the rule write as the other owner.
fn a_trigger_made_by_hand_on_another_owners_table(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("grant trigger on history to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run(STRANGERS_TASKS);
    let trigger = "create constraint trigger forged after insert or update on stranger.tasks from public.history
        for each row execute function
        steward.record_stage_transition('id', 'stage', 'task', 'before', 'after', 'at', 'lasted')";
    stranger.run(trigger);
    let refusal = stranger.refusal("insert into stranger.tasks values (1, 'one', 'forged')");
    assert_eq!(refusal.sqlstate(), "42501");
    assert_eq!(
        refusal.message(),
        "tables stranger.tasks and public.history have different owners"
    );
    assert!(owner.rows("select from history").is_empty());
    // Without a right on the other table the trigger cannot even be created.
    owner.run("revoke trigger on history from stranger");
    assert_eq!(
        stranger.sqlstate(&trigger.replace("forged", "again")),
        "42501"
    );
}

fn a_new_owner_of_one_table(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a')");
    let mut superuser = database.superuser();
    superuser.run("alter table history owner to stranger");
    let refusal = owner.refusal("update tasks set stage = 'b'");
    assert_eq!(refusal.sqlstate(), "42501");
    superuser.run("alter table history owner to owner; alter table tasks owner to stranger; grant all on tasks to owner");
    assert_eq!(owner.sqlstate("update tasks set stage = 'b'"), "42501");
    superuser.run("alter table tasks owner to owner");
    owner.run("update tasks set stage = 'b'");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
}

fn a_new_owner_of_both_tables(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'a'); grant all on tasks to writer");
    let mut superuser = database.superuser();
    superuser.run("alter table history owner to stranger; alter table tasks owner to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run("update tasks set stage = 'b'");
    superuser.run("grant usage on schema public to stranger");
    assert_eq!(transitions(&mut stranger, 1), ["NULL|a", "a|b"]);
    assert_eq!(owner.sqlstate("select from history"), "42501");
}

fn partitions_of_other_owners(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer, title text, stage text not null) partition by list (title);
         create table here partition of tasks for values in ('here');
         create table there partition of tasks for values in ('there');
         create table history (task integer not null, before text, after text not null, at timestamptz, lasted bigint);
         create index on history (task)",
    );
    owner.run(TRACK);
    let mut superuser = database.superuser();
    superuser.run("alter table there owner to stranger");
    owner.run(
        "insert into tasks values (1, 'there', 'a'); update tasks set title = 'here', stage = 'b'",
    );
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b"]);
    let mut stranger = database.session(Role::Stranger);
    stranger.run("insert into there values (2, 'there', 'a')");
    assert_eq!(transitions(&mut owner, 2), ["NULL|a"]);
}
