//! Who may do what, and with whose rights the rule acts.

use steward_tests::{Database, Role, tests};

use super::{ROLL_UP, TABLES, assert_right, owner_of_milestones, progress};

tests![
    a_writer_needs_no_right_on_the_parents,
    policies_hide_nothing_from_the_rule,
    a_stranger_cannot_attach,
    a_destination_of_another_owner,
    an_owner_that_changes,
    a_hand_written_trigger_writes_nobody_elses_table,
    a_member_of_the_owning_role,
    counters_are_the_owners,
];

fn a_writer_needs_no_right_on_the_parents(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1), (2, 1); grant select, update, delete, insert, truncate on tasks to writer");
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.sqlstate("select * from milestones"), "42501");
    writer.run("update tasks set status = 'done' where id = 1");
    assert_eq!(progress(&mut owner)[0], "1|50");
    writer.run("truncate tasks");
    assert_right(&mut owner);
}

fn policies_hide_nothing_from_the_rule(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(
        "insert into tasks values (1, 1), (2, 1); grant select, update on tasks to writer;
         alter table milestones enable row level security; alter table milestones force row level security;
         alter table tasks enable row level security; alter table tasks force row level security;
         create policy own on tasks to writer using (id = 1);
         alter table tasks_progress enable row level security; alter table tasks_progress force row level security",
    );
    database
        .session(Role::Writer)
        .run("update tasks set status = 'done'");
    owner.run("alter table milestones no force row level security");
    assert_eq!(progress(&mut owner)[0], "1|50");
}

fn a_stranger_cannot_attach(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let mut stranger = database.session(Role::Stranger);
    for call in [
        "roll_up_progress('tasks')",
        "verify_progress('tasks')",
        "rebuild_progress('tasks')",
    ] {
        assert_eq!(
            stranger.sqlstate(&format!("select steward.{call}")),
            "42501",
            "{call}"
        );
    }
}

fn a_destination_of_another_owner(database: &Database) {
    let mut stranger = database.session(Role::Stranger);
    database.owner().run(TABLES);
    database
        .owner()
        .run("grant references, trigger, select, update on milestones to stranger");
    stranger.run("create table stranger.tasks (milestone_id integer, status text)");
    let refusal = stranger.refusal(
        "select steward.roll_up_progress('stranger.tasks', destination => 'public.milestones')",
    );
    assert_eq!(refusal.sqlstate(), "42501");
    assert_eq!(
        refusal.message(),
        "tables stranger.tasks and public.milestones have different owners"
    );
}

fn an_owner_that_changes(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1)");
    let mut superuser = database.superuser();
    superuser.run("alter table milestones owner to stranger");
    assert_eq!(owner.sqlstate("update tasks set status = 'done'"), "42501");
    superuser
        .run("alter table tasks owner to stranger; alter table tasks_progress owner to stranger");
    superuser.run("update tasks set status = 'done'");
    assert_eq!(progress(&mut superuser)[0], "1|100");
}

fn a_hand_written_trigger_writes_nobody_elses_table(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("insert into milestones values (1, '', 5); grant references, trigger on milestones to stranger");
    let mut stranger = database.session(Role::Stranger);
    let arguments = "'parent=milestone_id', 'key=id', 'progress=progress', 'status=status', 'done=done', 'empty=0'";
    stranger.run(&format!(
        "set search_path = stranger;
         create table tasks (milestone_id integer, status text);
         create table counters (parent integer primary key, done bigint, total bigint);
         create constraint trigger t after insert or update on tasks from counters for each row \
             execute function steward.collect_progress({arguments});
         create trigger t_begin before insert or update or delete on tasks for each statement execute function steward.settle_progress();
         create trigger t_flush after insert or update or delete on tasks for each statement execute function steward.settle_progress()"
    ));
    // Bound to one table only, it does nothing.
    stranger.run("insert into tasks values (1, 'done')");
    stranger.run(&format!(
        "create constraint trigger t_into after delete on tasks from public.milestones for each row \
             execute function steward.release_progress({arguments})"
    ));
    assert_eq!(
        stranger.sqlstate("insert into tasks values (1, 'done')"),
        "42501"
    );
    assert_eq!(owner.value("select progress from milestones"), "5");
    stranger.run("drop trigger t_into on tasks; create table own (id integer primary key, progress integer, x integer)");
    stranger.run(&format!(
        "create constraint trigger t_into after delete on tasks from own for each row \
             execute function steward.release_progress({arguments});
         insert into own values (1, 0); insert into tasks values (1, 'done')"
    ));
    assert_eq!(stranger.value("select progress from own"), "100");
}

fn a_member_of_the_owning_role(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("insert into milestones values (1); insert into tasks values (1, 1, 'done')");
    let mut member = database.session(Role::Member);
    member.run(ROLL_UP);
    assert_eq!(
        owner.value("select relowner::regrole from pg_class where relname = 'tasks_progress'"),
        "owner"
    );
    member.run("update tasks set status = 'todo'");
    assert_eq!(progress(&mut owner), ["1|0"]);
    assert_eq!(
        member.value("select steward.rebuild_progress('tasks')"),
        "0"
    );
}

fn counters_are_the_owners(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1)");
    assert_eq!(
        database
            .session(Role::Writer)
            .sqlstate("select * from tasks_progress"),
        "42501"
    );
    assert_eq!(owner.sqlstate("drop table tasks_progress"), "2BP01");
}
