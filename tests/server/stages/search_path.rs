//! What a role puts into a schema of its own does not reach statements that run with other rights.
//!
//! The traps are an operator, functions and tables that look like what the rule's statements use, and
//! note as whom they ran. Each test shows first that its trap springs where the caller's `search_path`
//! counts.

use steward_tests::{Database, Role, Session, tests};

use super::{TABLES, TRACK, transitions};

tests![
    a_writers_search_path_does_not_reach_the_owner,
    a_writers_temporary_objects_do_not_reach_the_owner,
    an_operator_in_public_does_not_reach_who_attaches,
];

/// A schema full of traps, made by a plain role, and a table that anyone may note things in.
const TRAPS: &str = "
    create table stranger.sprung (who text, what text);
    grant insert, select on stranger.sprung to public;
    grant usage on schema stranger to public;
    create function stranger.note(what text) returns void language plpgsql as $$ begin
        insert into stranger.sprung values (current_user, what);
    end $$;
    create function stranger.equal(a integer, b integer) returns boolean language plpgsql as $$ begin
        perform stranger.note('operator'); return a operator(pg_catalog.=) b;
    end $$;
    create operator stranger.= (leftarg = integer, rightarg = integer, function = stranger.equal);
    create function stranger.now() returns timestamptz language plpgsql as $$ begin
        perform stranger.note('now'); return pg_catalog.now();
    end $$;
    create function stranger.floor(a numeric) returns numeric language plpgsql as $$ begin
        perform stranger.note('floor'); return pg_catalog.floor(a);
    end $$;
    create table stranger.history (
        task integer, before text, after text, at timestamptz, lasted bigint
    );
    create function stranger.note_row() returns trigger language plpgsql as $$ begin
        perform stranger.note('table'); return new;
    end $$;
    create trigger note before insert on stranger.history for each row execute function stranger.note_row();
    grant all on stranger.history to public";

const HOSTILE_PATH: &str = "set search_path = stranger, pg_catalog, public";

/// The statement of the rule in a SECURITY DEFINER function of the owner's that pins no path.
const UNPINNED: &str = "
    create function record() returns trigger language plpgsql security definer as $$ begin
        insert into history
        select new.id, old.stage, new.stage, now(), floor(extract(epoch from now() - previous.at) * 1000)
        from (select) as one left join
            (select at from history where task = new.id order by at desc limit 1) as previous on true;
        return null;
    end $$;
    create trigger record after update on tasks for each row execute function record()";

fn sprung(session: &mut Session) -> Vec<String> {
    session.rows("select distinct who || ' ' || what from stranger.sprung order by 1")
}

/// Sets the traps, has the writer insert and update a row, and returns what sprang.
fn spring(database: &Database, rule: &str) -> (Session, Vec<String>) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(rule);
    owner.run("grant select, insert, update on tasks to writer");
    database.session(Role::Stranger).run(TRAPS);
    let mut writer = database.session(Role::Writer);
    writer.run(HOSTILE_PATH);
    writer.run(
        "insert into public.tasks values (1, 'one', 'a'); update public.tasks set stage = 'b'; update public.tasks set stage = 'c'",
    );
    let sprung = sprung(&mut writer);
    (owner, sprung)
}

fn a_writers_search_path_does_not_reach_the_owner(database: &Database) {
    let (_, control) = spring(database, UNPINNED);
    assert_eq!(
        control,
        ["owner floor", "owner now", "owner operator", "owner table"]
    );
    let database = database.create_another().expect("a database");
    let (mut owner, sprung) = spring(&database, TRACK);
    assert!(sprung.is_empty(), "{sprung:?}");
    assert_eq!(transitions(&mut owner, 1), ["NULL|a", "a|b", "b|c"]);
}

fn a_writers_temporary_objects_do_not_reach_the_owner(database: &Database) {
    let temporary = "create temporary table history (task integer, before text, after text, at timestamptz, lasted bigint);
        grant all on history to public";
    for (rule, expected) in [(UNPINNED, "1"), (TRACK, "0")] {
        let database = database.create_another().expect("a database");
        let mut owner = database.owner();
        owner.run(TABLES);
        owner.run(rule);
        owner.run("grant select, insert, update on tasks to writer");
        let mut writer = database.session(Role::Writer);
        writer.run(temporary);
        writer.run("insert into tasks values (1, 'one', 'a'); update tasks set stage = 'b'");
        assert_eq!(
            writer.value("select count(*) from pg_temp.history"),
            expected
        );
        if rule == TRACK {
            assert_eq!(owner.value("select count(*) from public.history"), "2");
        }
    }
}

/// The catalogs are asked for oids, and `oid = integer` is an operator that PostgreSQL itself does not
/// have: one in a schema of the path is a better match than any of its own.
fn an_operator_in_public_does_not_reach_who_attaches(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("grant create on schema public to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.sprung (who text, what text);
         grant insert, select on stranger.sprung to public;
         grant usage on schema stranger to public",
    );
    for (left, right) in [
        ("oid", "integer"),
        ("regclass", "integer"),
        ("oid", "bigint"),
        ("name", "text"),
    ] {
        stranger.run(&format!(
            "create function public.equal(a {left}, b {right}) returns boolean language plpgsql as $$ begin
                 insert into stranger.sprung values (current_user, '{left} = {right}');
                 return a::text operator(pg_catalog.=) b::text;
             end $$;
             create operator public.= (leftarg = {left}, rightarg = {right}, function = public.equal)"
        ));
    }
    let mut superuser = database.superuser();
    // The control: the trap lies ready for a query that is written without care.
    superuser.run("select from pg_class where oid = 1259");
    assert_eq!(sprung(&mut superuser), ["postgres oid = integer"]);
    superuser.run("truncate stranger.sprung");

    superuser.run("alter table tasks add column updated_at timestamptz");
    superuser.run("create table child () inherits (tasks)");
    let calls = [
        "select steward.track_updated_at('child')",
        "select steward.track_updated_at('tasks')",
        "select steward.track_updated_at('tasks', only_changes => true)",
        "drop table child",
        TRACK,
        "select steward.detach('tasks', 'stages', name => 'steward_stage')",
        "select steward.detach('tasks', 'timestamps')",
        "select count(*) from steward.attachments",
    ];
    let mut reached = Vec::new();
    for call in calls {
        superuser.run(call);
        let traps = sprung(&mut superuser);
        if !traps.is_empty() {
            reached.push(format!("{call}: {}", traps.join(", ")));
        }
        superuser.run("truncate stranger.sprung");
    }
    assert!(reached.is_empty(), "{reached:#?}");
}
