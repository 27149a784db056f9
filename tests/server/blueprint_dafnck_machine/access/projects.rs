//! How a project begins, who comes to it and goes, and who gets it.

use steward_tests::{Database, tests};

use super::world::{Kind, id, world};
use super::{EMIL, NOOR, act, acting, seeded};

tests![
    whoever_makes_a_project_owns_it,
    members_come_and_go,
    a_project_is_handed_over,
    only_an_owner_hands_it_over,
    opening_and_closing_a_project_counts_at_once,
    nobody_makes_the_tasks_of_others_wait,
    nobody_makes_a_task_a_part_of_what_is_not_theirs,
    nothing_is_written_in_the_name_of_others,
    nothing_is_told_of_hidden_rows,
];

fn whoever_makes_a_project_owns_it(database: &Database) {
    drop(world(database));
    let mut session = acting(database, Kind::Outsider.identity());
    let me = Kind::Outsider.identity();
    let project = session.value(&format!(
        "insert into projects (name, owner_id) values ('Mine', '{me}') returning id, visibility, progress"
    ));
    let project = project.split('|').next().expect("an id").to_owned();
    session.run(&format!(
        "insert into project_members (project_id, user_id, role) values ('{project}', '{me}', 'owner');
         insert into project_members (project_id, user_id) values ('{project}', '{}');
         insert into tasks (project_id, title, creator_id, status) values ('{project}', 'First', '{me}', 'done') returning *;
         insert into documents (project_id, title, content, author_id) values ('{project}', 'First', 'x', '{me}') returning *;
         update projects set visibility = 'internal' where id = '{project}'",
        Kind::Member.identity()
    ));
    assert_eq!(
        session.rows(&format!(
            "select p.name, p.progress, p.visibility, m.role from projects as p join project_members as m on m.project_id = p.id
             where p.id = '{project}' order by m.role"
        )),
        ["Mine|100|internal|owner", "Mine|100|internal|member"]
    );
    // Nobody is given one, as by making anew what is just deleted.
    assert_eq!(
        session.sqlstate(&format!(
            "with gone as (delete from projects where id = '{project}' returning id)
             insert into projects (id, name, owner_id) select id, 'Theirs', '{}' from gone",
            Kind::Owner.identity()
        )),
        "42501"
    );
    for statement in [
        // For somebody else, and as somebody who has no account.
        &format!(
            "insert into projects (name, owner_id) values ('Theirs', '{}')",
            Kind::Owner.identity()
        ),
        &format!(
            "set app.current_user_id = ''; insert into projects (name, owner_id) values ('Mine', '{me}')"
        ),
        &format!(
            "set app.current_user_id = '{0}'; insert into projects (name, owner_id) values ('Mine', '{0}')",
            Kind::Suspended.identity()
        ),
    ] {
        assert_eq!(session.sqlstate(statement), "42501", "{statement}");
        act(&mut session, me);
    }
    session.run(&format!("delete from projects where id = '{project}'"));
    assert_eq!(
        session.value("select count(*) from projects where name = 'Mine'"),
        "0"
    );
}

fn members_come_and_go(database: &Database) {
    drop(world(database));
    let project = id("project", "private");
    let tasks = format!("select count(*) from tasks where project_id = {project}");
    let mut admin = acting(database, Kind::Admin.identity());
    let mut outsider = acting(database, Kind::Outsider.identity());
    let outsider_id = Kind::Outsider.identity();
    outsider
        .client()
        .batch_execute(&format!("prepare tasks as {tasks}"))
        .expect("a statement");
    assert_eq!(outsider.value("execute tasks"), "0");
    let rename =
        format!("update tasks set title = 'mine' where project_id = {project} returning 1");
    admin.run(&format!(
        "insert into project_members (project_id, user_id, role) values ({project}, '{outsider_id}', 'viewer')"
    ));
    assert_eq!(outsider.value("execute tasks"), "2");
    assert_eq!(outsider.rows(&rename), [""; 0]);
    admin.run(&format!(
        "update project_members set role = 'member' where user_id = '{outsider_id}'"
    ));
    assert_eq!(outsider.rows(&rename), ["1"; 2]);
    admin.run(&format!(
        "delete from project_members where user_id = '{outsider_id}'"
    ));
    assert_eq!(outsider.value("execute tasks"), "0");
    // A statement that was prepared for one is asked anew for another.
    act(&mut outsider, Kind::Member.identity());
    assert_eq!(outsider.value("execute tasks"), "2");
    assert_eq!(
        admin.rows(&format!(
            "delete from project_members where project_id = {} and role = 'owner' returning 1",
            id("project", "internal")
        )),
        [""; 0]
    );
}

fn a_project_is_handed_over(database: &Database) {
    drop(seeded(database));
    let mut noor = acting(database, NOOR);
    let hand_over = format!(
        "select hand_over_project(id, '{EMIL}') from projects where name = 'Tickets on the phone'"
    );
    let roles = "select u.username, m.role from project_members as m join user_names as u on u.id = m.user_id
         join projects as p on p.id = m.project_id where p.name = 'Tickets on the phone' and m.role <= 'admin' order by m.role, 1";
    assert_eq!(noor.rows(roles), ["noor.haddad|owner", "emil.strand|admin"]);
    assert_eq!(noor.value(&hand_over), "t");
    assert_eq!(noor.rows(roles), ["emil.strand|owner", "noor.haddad|admin"]);
    let owner = "select owner_id from projects where name = 'Tickets on the phone'";
    assert_eq!(noor.value(owner), EMIL);
    assert_eq!(noor.value(&hand_over), "f", "it is not theirs any more");
    assert_eq!(
        noor.value(
            "select actor = steward.current_user_id(), after ->> 'owner_id' from audit_log
             where table_name = 'projects' and action = 'UPDATE' order by sequence desc limit 1"
        ),
        format!("t|{EMIL}")
    );
    // Back again, and to oneself.
    act(&mut noor, EMIL);
    assert_eq!(noor.value(&hand_over), "t");
    assert_eq!(noor.rows(roles), ["emil.strand|owner", "noor.haddad|admin"]);
    assert_eq!(noor.value(&hand_over.replace(EMIL, NOOR)), "t");
    assert_eq!(noor.rows(roles), ["noor.haddad|owner", "emil.strand|admin"]);
}

fn only_an_owner_hands_it_over(database: &Database) {
    let mut owner = world(database);
    let project = id("project", "public");
    for kind in Kind::ALL {
        let mut session = acting(
            database,
            &kind.identity().replace("''", "'").replace('\'', "''"),
        );
        for to in [Kind::Member, Kind::Outsider, Kind::Suspended, Kind::Unknown] {
            let expected = if kind == Kind::Owner && to == Kind::Member {
                "t"
            } else {
                "f"
            };
            session.run("begin");
            assert_eq!(
                session.value(&format!(
                    "select hand_over_project({project}, '{}')",
                    to.identity()
                )),
                expected,
                "{kind:?} to {to:?}"
            );
            session.run("rollback");
        }
    }
    // One by owner_id alone leaves a row of their own behind.
    let private = id("project", "private");
    let mut session = acting(database, Kind::Owner.identity());
    assert_eq!(
        session.value(&format!(
            "select hand_over_project({private}, '{}')",
            Kind::Member.identity()
        )),
        "t"
    );
    assert_eq!(
        owner.rows(&format!(
            "select role, count(*) from project_members where project_id = {private}
                 and user_id in ('{}', '{}') group by role order by role",
            Kind::Owner.identity(),
            Kind::Member.identity()
        )),
        ["owner|1", "admin|1"]
    );
}

fn opening_and_closing_a_project_counts_at_once(database: &Database) {
    drop(world(database));
    let project = id("project", "private");
    let mut admin = acting(database, Kind::Admin.identity());
    let mut outsider = acting(database, Kind::Outsider.identity());
    let mut nobody = acting(database, "");
    let count = format!(
        "select (select count(*) from tasks where project_id = {project}), (select count(*) from documents where project_id = {project}),
             (select count(*) from file_attachments as f join tasks as t on t.id = f.task_id where t.project_id = {project}),
             (select count(*) from project_members where project_id = {project})"
    );
    for (visibility, seen, seen_by_nobody) in [
        ("'private'", "0|0|0|0", "0|0|0|0"),
        ("'internal'", "2|1|1|5", "0|0|0|0"),
        ("'public'", "2|1|1|5", "2|1|1|5"),
        ("null", "0|0|0|0", "0|0|0|0"),
    ] {
        admin.run(&format!(
            "update projects set visibility = {visibility} where id = {project}"
        ));
        assert_eq!(outsider.value(&count), seen, "{visibility}");
        assert_eq!(nobody.value(&count), seen_by_nobody, "{visibility}");
    }
}

/// Whose task would wait for another has to be theirs.
fn nobody_makes_the_tasks_of_others_wait(database: &Database) {
    let mut owner = world(database);
    // A member of the private project alone, who reads the public one.
    owner.run(&format!(
        "delete from project_members where user_id = '{}' and project_id <> {}",
        Kind::Member.identity(),
        id("project", "private")
    ));
    let mut member = acting(database, Kind::Member.identity());
    let mine = id("task", "private");
    let link = |from: &str, to: &str, dependency: &str| {
        format!(
            "insert into task_dependencies (task_id, depends_on_task_id, dependency_type) values ({from}, {to}, '{dependency}')"
        )
    };
    let open = id("task", "public");
    let other = id("other task", "public");
    let hidden = id("task", "undecided");
    for statement in [
        link(&mine, &open, "subtask_of"),
        link(&open, &mine, "blocks"),
        link(&open, &mine, "relates_to"),
        link(&open, &other, "duplicates"),
        link(&mine, &hidden, "blocks"),
        link(&hidden, &mine, "blocks"),
    ] {
        assert_eq!(member.sqlstate(&statement), "42501", "{statement}");
    }
    member.run(&link(&mine, &open, "blocks"));
    let changed = format!(
        "update task_dependencies set dependency_type = 'subtask_of' where task_id = {mine} and depends_on_task_id = {open}"
    );
    assert_eq!(member.sqlstate(&changed), "42501");
    // Who has the one that is waited for does not end the waiting, either.
    let mut admin = acting(database, Kind::Admin.identity());
    owner.run(&format!(
        "delete from project_members where user_id = '{}' and project_id = {}",
        Kind::Admin.identity(),
        id("project", "private")
    ));
    assert_eq!(
        admin.rows(&format!("delete from task_dependencies where depends_on_task_id = {open} and task_id = {mine} returning 1")),
        [""; 0]
    );
    assert_eq!(
        member.rows(&format!("delete from task_dependencies where task_id = {mine} and depends_on_task_id = {open} returning 1")),
        ["1"]
    );
}

/// It could not be deleted then.
fn nobody_makes_a_task_a_part_of_what_is_not_theirs(database: &Database) {
    let mut owner = world(database);
    owner.run(&format!(
        "delete from project_members where user_id = '{}' and project_id <> {}",
        Kind::Member.identity(),
        id("project", "private")
    ));
    let mut member = acting(database, Kind::Member.identity());
    let (private, me) = (id("project", "private"), Kind::Member.identity());
    let part_of = |whole: &str| {
        format!(
            "insert into tasks (project_id, parent_task_id, title, creator_id) values ({private}, {whole}, 'part', '{me}')"
        )
    };
    for whole in [id("task", "public"), id("task", "undecided")] {
        assert_eq!(member.sqlstate(&part_of(&whole)), "42501");
        let refusal = member.refusal(&format!(
            "update tasks set parent_task_id = {whole} where project_id = {private}"
        ));
        assert_eq!(
            refusal.to_string(),
            "42501: new row violates row-level security policy for table \"tasks\"\n\
             DETAIL: A task is made a part of one that may be changed.\n\
             SCHEMA: dafnck\nTABLE: tasks\nCOLUMN: parent_task_id"
        );
    }
    member.run(&part_of(&id("task", "private")));
    // A whole and its part in one statement, the part first.
    member.run(&format!(
        "insert into tasks (id, project_id, parent_task_id, title, creator_id) values
             (md5('part')::uuid, {private}, md5('whole')::uuid, 'part', '{me}'),
             (md5('whole')::uuid, {private}, null, 'whole', '{me}')"
    ));
    // In a project that is theirs as well.
    let mut admin = acting(database, Kind::Admin.identity());
    admin.run(&part_of(&id("task", "public")).replace(me, Kind::Admin.identity()));
    // The control: without the trigger, it is done.
    owner.run("drop trigger tasks_parent_access_insert_trigger on tasks");
    member.run(&part_of(&id("task", "public")));
}

fn nothing_is_written_in_the_name_of_others(database: &Database) {
    drop(world(database));
    let mut member = acting(database, Kind::Member.identity());
    let (project, other) = (id("project", "private"), Kind::Owner.identity());
    for statement in [
        format!("insert into tasks (project_id, title, creator_id) values ({project}, 't', '{other}')"),
        format!("insert into documents (project_id, title, author_id) values ({project}, 't', '{other}')"),
        format!(
            "insert into file_attachments (entity_type, entity_id, filename, original_filename, file_size, mime_type, storage_path, uploader_id)
             values ('project', {project}, 'f', 'f', 1, 'x', 'x', '{other}')"
        ),
        format!("insert into user_profiles (user_id) values ('{other}')"),
    ] {
        assert_eq!(member.sqlstate(&statement), "42501", "{statement}");
        let mine = statement.replace(other, Kind::Member.identity());
        member.run(&mine);
    }
}

/// Errors of constraints come after the policies, and what a hidden row looks like is not in them.
fn nothing_is_told_of_hidden_rows(database: &Database) {
    let mut owner = world(database);
    let mut outsider = acting(database, Kind::Outsider.identity());
    let hidden = id("task", "private");
    let refusal = outsider.refusal(&format!(
        "insert into tasks (id, project_id, title, creator_id) values ({hidden}, {}, 't', '{}')",
        id("project", "private"),
        Kind::Outsider.identity()
    ));
    assert_eq!((refusal.sqlstate(), refusal.detail()), ("42501", None));
    // A key that is taken is told, as everywhere in PostgreSQL; its row is not.
    outsider.run(&format!(
        "insert into projects (name, owner_id) values ('Mine', '{}')",
        Kind::Outsider.identity()
    ));
    let refusal = outsider.refusal(&format!(
        "insert into tasks (id, project_id, title, creator_id) select {hidden}, id, 't', '{}' from projects where name = 'Mine'",
        Kind::Outsider.identity()
    ));
    assert_eq!((refusal.sqlstate(), refusal.detail()), ("23505", None));
    assert_eq!(
        outsider.sqlstate(&format!(
            "insert into tasks (id, project_id, title, creator_id) select {hidden}, id, 't', '{}' from projects where name = 'Mine'
             on conflict (id) do update set title = 'mine'",
            Kind::Outsider.identity()
        )),
        "42501"
    );
    // A condition that would tell is asked about what is seen alone.
    owner.run(&format!(
        "update tasks set title = 'secret' where id = {hidden};
         insert into users (email, username, password_hash) values ('hermit@example.com', 'secret', 'x')"
    ));
    outsider.run(
        "create function pg_temp.tells(text) returns boolean language plpgsql cost 0.0001
         as 'begin if $1 = ''secret'' then raise ''told''; end if; return true; end'",
    );
    let told = [
        "select 1 from tasks where pg_temp.tells(title) and title like 's%'",
        "select 1 from user_names where pg_temp.tells(username) and username like 's%t'",
    ];
    for query in told {
        assert_eq!(outsider.rows(query), [""; 0]);
    }
    owner.run("alter table tasks disable row level security");
    assert_eq!(outsider.sqlstate(told[0]), "P0001", "the control");
}
