//! Every way of writing tasks, and what happens to parents.

use steward_tests::{Database, tests};

use super::{ROLL_UP, TABLES, assert_right, owner_of_milestones, progress};

tests![
    upserts_merges_copies_and_parts_of_one_query,
    savepoints_and_rollbacks,
    triggers_that_write_tasks,
    what_a_trigger_is_refused_is_taken_back,
    parents_that_are_not_there,
    parents_that_go,
    keys_of_parents_that_change,
    the_parent_is_written_only_where_its_progress_changes,
    truncate_of_the_parents,
    a_tree_of_tasks,
    several_of_one_table,
    prepared_transactions,
    cursors,
];

fn upserts_merges_copies_and_parts_of_one_query(database: &Database) {
    let mut owner = owner_of_milestones(database);
    for statement in [
        "insert into tasks values (1, 1), (2, 1), (3, 2)",
        "insert into tasks values (1, 1), (4, 1) on conflict (id) do update set status = 'done'",
        "insert into tasks values (1, 3), (5, 3) on conflict (id) do nothing",
        "insert into tasks values (1, 3), (2, 3) on conflict (id) do update set milestone_id = excluded.milestone_id",
        "with gone as (delete from tasks where id = 3 returning *) insert into tasks select 13, milestone_id, 'done' from gone",
        "with changed as (update tasks set status = 'done' where id = 5 returning *) \
             update tasks set status = 'todo' where id in (select id - 4 from changed)",
        "update tasks set status = 'done' from milestones as m where m.id = milestone_id",
        "update tasks set status = status",
        "delete from tasks using milestones as m where m.id = milestone_id and m.id = 3",
    ] {
        owner.run(statement);
        assert_right(&mut owner);
    }
    let is_15 = owner.holds("select current_setting('server_version_num')::integer >= 150000");
    if is_15 {
        owner.run(
            "merge into tasks as t using (values (4, 'todo'), (13, 'x'), (21, 'done'), (22, 'todo')) as s (id, status) on s.id = t.id \
             when matched and s.status = 'x' then delete \
             when matched then update set status = s.status \
             when not matched then insert values (s.id, 2, s.status)",
        );
        assert_right(&mut owner);
    }
    let client = owner.client();
    let mut copy = client
        .copy_in("copy tasks (id, milestone_id, status) from stdin")
        .expect("a copy");
    std::io::Write::write_all(&mut copy, b"31\t1\tdone\n32\t1\ttodo\n33\t\\N\tdone\n")
        .expect("rows");
    copy.finish().expect("the end");
    assert_right(&mut owner);
}

fn savepoints_and_rollbacks(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1), (2, 1), (3, 1), (4, 1)");
    owner.run(
        "begin;
         update tasks set status = 'done' where id = 1;
         savepoint a;
         update tasks set status = 'done' where id = 2;
         savepoint b;
         delete from tasks where id = 3;
         rollback to b;
         update tasks set milestone_id = 2 where id = 4;
         release a;
         savepoint c;
         update tasks set status = 'done';
         rollback to c",
    );
    assert_right(&mut owner);
    owner.run("commit");
    assert_eq!(progress(&mut owner), ["1|67", "2|0", "3|0"]);
    owner.run("begin; update tasks set status = 'done', milestone_id = 3; rollback");
    assert_eq!(progress(&mut owner), ["1|67", "2|0", "3|0"]);
    assert_right(&mut owner);
}

fn triggers_that_write_tasks(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(
        "create function follow() returns trigger language plpgsql as $$ begin
             if new.id < 5 then
                 insert into tasks values (new.id + 1, new.milestone_id % 3 + 1, new.status);
                 update tasks set status = 'done' where id = new.id + 1;
             end if;
             return null;
         end $$;
         create trigger a_follow after insert on tasks for each row execute function follow();
         insert into tasks values (1, 1, 'todo')",
    );
    assert_right(&mut owner);
    owner.run(
        "drop trigger a_follow on tasks; delete from tasks;
         create trigger z_follow after insert on tasks for each row execute function follow();
         insert into tasks values (1, 1, 'todo')",
    );
    assert_right(&mut owner);
    // A trigger of the parent that writes tasks again.
    owner.run(
        "drop trigger z_follow on tasks;
         create function add() returns trigger language plpgsql as $$ begin
             if new.progress = 100 then insert into public.tasks values (100 + (select count(*) from public.tasks), new.id, 'todo'); end if;
             return null;
         end $$;
         create trigger add after update on milestones for each row execute function add();
         update tasks set status = 'done'",
    );
    assert_right(&mut owner);
}

fn what_a_trigger_is_refused_is_taken_back(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(
        "insert into tasks values (1, 1), (2, 1), (3, 1);
         create function try() returns trigger language plpgsql as $$ begin
             if pg_trigger_depth() > 1 then return null; end if;
             begin
                 update tasks set status = 'done' where id = new.id + 1;
                 update tasks set milestone_id = 99 where id = new.id + 2;
             exception when foreign_key_violation then
                 null;
             end;
             return null;
         end $$;
         create trigger try after update on tasks for each row execute function try();
         update tasks set status = 'done' where id = 1",
    );
    assert_eq!(progress(&mut owner), ["1|33", "2|0", "3|0"]);
    assert_right(&mut owner);
}

fn parents_that_are_not_there(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table milestones (id integer primary key, progress integer);
         create table tasks (id integer primary key, milestone_id integer, status text);
         select steward.roll_up_progress('tasks', destination => 'milestones');
         insert into tasks values (1, 7, 'done'), (2, 7, 'todo'), (3, null, 'done'), (4, 8, 'todo')",
    );
    assert_eq!(progress(&mut owner), [""; 0]);
    owner.run("insert into milestones values (7, 0), (8, 0)");
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        ["progress|7|it is 0 and should be 50"]
    );
    // It is right with the next change: its tasks were counted.
    owner.run("insert into tasks values (5, 7, 'todo')");
    assert_eq!(progress(&mut owner), ["7|33", "8|0"]);
}

fn parents_that_go(database: &Database) {
    for (action, left) in [("cascade", "0"), ("set null", "3")] {
        let mut owner = database.owner();
        owner.run("drop table if exists tasks, milestones cascade");
        owner.run(&TABLES.replace(
            "references milestones",
            &format!("references milestones on delete {action}"),
        ));
        owner.run("insert into milestones values (1), (2), (3)");
        owner.run(ROLL_UP);
        owner.run(
            "insert into tasks values (1, 1, 'done'), (2, 1, 'todo'), (3, 2, 'todo'); delete from milestones where id < 3",
        );
        assert_eq!(owner.value("select count(*) from tasks"), left, "{action}");
        assert_eq!(
            owner.value("select count(*) from tasks_progress"),
            "0",
            "{action}"
        );
        assert_right(&mut owner);
    }
}

fn keys_of_parents_that_change(database: &Database) {
    let mut owner = database.owner();
    owner.run(&TABLES.replace(
        "references milestones",
        "references milestones on update cascade",
    ));
    owner.run("insert into milestones values (1), (2)");
    owner.run(ROLL_UP);
    owner.run("insert into tasks values (1, 1, 'done'), (2, 1, 'todo'), (3, 2, 'done'); update milestones set id = id + 10");
    assert_eq!(progress(&mut owner), ["11|50", "12|100"]);
    assert_right(&mut owner);
}

fn the_parent_is_written_only_where_its_progress_changes(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(
        "alter table milestones add updated_at timestamptz; select steward.track_updated_at('milestones');
         create table told (id integer, before integer, after integer);
         create function tell() returns trigger language plpgsql as $$ begin
             insert into public.told values (new.id, old.progress, new.progress); return null;
         end $$;
         create trigger tell after update on milestones for each row execute function tell();
         insert into tasks select n, 1 from generate_series(1, 1000) as n",
    );
    assert_eq!(owner.rows("select * from told"), [""; 0]);
    owner.run("update tasks set status = 'done' where id <= 400");
    assert_eq!(owner.rows("select * from told"), ["1|0|40"]);
    owner.run("update tasks set status = 'done' where id <= 401");
    assert_eq!(
        owner.rows("select * from told"),
        ["1|0|40"],
        "still 40, rounded"
    );
    assert_eq!(
        owner.rows("select id from milestones where updated_at is not null"),
        ["1"]
    );
    owner.run("update tasks set id = id + 1000, status = status");
    assert_eq!(owner.value("select count(*) from told"), "1");
}

fn truncate_of_the_parents(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1, 'done'); truncate milestones cascade");
    assert_eq!(owner.value("select count(*) from tasks_progress"), "0");
    owner.run("insert into milestones values (1); insert into tasks values (1, 1, 'todo'), (2, 1, 'done')");
    assert_eq!(progress(&mut owner), ["1|50"]);
    owner.run("begin; truncate tasks; insert into tasks values (3, 1, 'done'); rollback");
    assert_eq!(progress(&mut owner), ["1|50"]);
    assert_right(&mut owner);
}

fn a_tree_of_tasks(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, parent integer references tasks on delete cascade, status text default 'todo',
             progress integer default 0);
         select steward.roll_up_progress('tasks', parent => 'parent');
         insert into tasks values (1, null), (2, 1), (3, 1), (4, 2);
         update tasks set status = 'done' where id = 4",
    );
    let rows = "select id, progress from tasks order by id";
    assert_eq!(owner.rows(rows), ["1|0", "2|100", "3|0", "4|0"]);
    owner.run("update tasks set status = 'done' where id = 2");
    assert_eq!(owner.rows(rows), ["1|50", "2|100", "3|0", "4|0"]);
    owner.run("delete from tasks where id = 2");
    assert_eq!(owner.rows(rows), ["1|0", "3|0"]);
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        [""; 0]
    );
}

fn several_of_one_table(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(
        "create table projects (id integer primary key, progress numeric(5,2));
         alter table tasks add project_id integer references projects;
         insert into projects values (1);
         select steward.roll_up_progress('tasks', parent => 'project_id', name => 'projects');
         insert into tasks values (1, 1, 'done', 1), (2, 2, 'todo', 1), (3, null, 'todo', 1)",
    );
    assert_eq!(progress(&mut owner), ["1|100", "2|0", "3|0"]);
    assert_eq!(owner.value("select progress from projects"), "33.33");
    let refusal = owner.refusal("select * from steward.verify_progress('tasks')");
    assert_eq!(
        refusal.to_string(),
        "42704: table public.tasks has its progress rolled up several times\n\
         HINT: Name one of them with name => '...': NULL, 'projects'.\n\
         SCHEMA: public\n\
         TABLE: tasks"
    );
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks', 'projects')"),
        [""; 0]
    );
}

fn prepared_transactions(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1), (2, 1); begin; update tasks set status = 'done' where id = 1; prepare transaction 'half'");
    assert_eq!(progress(&mut owner)[0], "1|0");
    owner.run("commit prepared 'half'");
    owner.run("update tasks set status = 'done' where id = 2");
    assert_eq!(progress(&mut owner)[0], "1|100");
    assert_right(&mut owner);
}

fn cursors(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(
        "insert into tasks select n, 1 from generate_series(1, 10) as n;
         do $$
         declare task record; tasks_left cursor for select * from tasks for update;
         begin
             for task in tasks_left loop
                 update tasks set status = 'done' where current of tasks_left;
                 exit when (select progress from milestones where id = 1) >= 70;
             end loop;
         end $$",
    );
    assert_eq!(progress(&mut owner)[0], "1|70");
    assert_right(&mut owner);
}
