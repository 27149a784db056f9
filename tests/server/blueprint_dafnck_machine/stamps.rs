//! The times that DafnckMachine's rules write: of the last update, of archiving, publishing and signing in.

use steward_tests::{Database, tests};

use super::{another_application, application, migrated, seeded};

tests![
    an_update_is_stamped_in_every_table,
    the_documents_function_lets_every_row_through,
    the_documents_own_body_would_not,
    a_project_is_archived,
    a_document_is_published,
    a_session_is_a_login,
    without_the_triggers_nothing_is_stamped,
];

fn an_update_is_stamped_in_every_table(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let tables = writer.rows(
        "select attrelid::regclass from pg_attribute join pg_class as c on c.oid = attrelid
         where relnamespace = 'dafnck'::regnamespace and relkind = 'r' and attname = 'updated_at' order by 1",
    );
    assert_eq!(tables.len(), 5);
    for table in tables {
        writer.run("begin");
        let stamps = writer.rows(&format!(
            "update {table} set updated_at = '2001-01-01' returning updated_at = now()"
        ));
        assert!(
            !stamps.is_empty() && stamps.iter().all(|stamp| stamp == "t"),
            "{table}"
        );
        writer.run("rollback");
    }
}

const NOTES: &str = "create table notes (body text, updated_at timestamptz);
     create trigger notes_trigger before insert or update or delete on notes for each row execute function ";

fn the_documents_function_lets_every_row_through(database: &Database) {
    let mut owner = migrated(database);
    owner.run(&format!("{NOTES} audit_trigger_function()"));
    owner.run("insert into notes values ('a'), ('b')");
    assert_eq!(
        owner.rows("select body, updated_at from notes"),
        ["a|NULL", "b|NULL"]
    );
    assert_eq!(
        owner.rows(
            "update notes set body = 'c' where body = 'a' returning body, updated_at = now()"
        ),
        ["c|t"]
    );
    owner.run("delete from notes where body = 'c'");
    assert_eq!(owner.rows("select body, updated_at from notes"), ["b|NULL"]);
}

/// The control: the text of the document.
fn the_documents_own_body_would_not(database: &Database) {
    let mut owner = migrated(database);
    owner.run(&format!(
        "create function as_documented() returns trigger language plpgsql as $$
         begin
             if tg_op = 'UPDATE' then
                 new.updated_at = now();
                 return new;
             end if;
             return null;
         end $$;
         {NOTES} as_documented();
         insert into notes values ('a')"
    ));
    assert_eq!(owner.value("select count(*) from notes"), "0");
}

fn a_project_is_archived(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let archived = "select archived_at is not null, archived_at = now() from projects where name = 'Tickets on the phone'";
    writer
        .run("begin; update projects set status = 'archived' where name = 'Tickets on the phone'");
    assert_eq!(writer.value(archived), "t|t");
    writer.run("commit; begin; update projects set archived_at = null, description = 'old' where status = 'archived'");
    assert_eq!(writer.value(archived), "t|f", "it was archived before");
    writer.run("commit; update projects set status = 'active', archived_at = now() where name = 'Tickets on the phone'");
    assert_eq!(writer.value(archived), "f|NULL");
    writer.run("update projects set status = null");
    assert_eq!(writer.value("select count(archived_at) from projects"), "0");
    // On INSERT too; and a time that is given is kept.
    assert_eq!(
        writer.rows(
            "insert into projects (name, owner_id, status, archived_at)
             select name, id, stands::project_status, given from users, (values
                 ('new', 'archived', null), ('import', 'archived', '2020-01-01'::timestamptz), ('wrong', 'active', '2020-01-01')
             ) as p (name, stands, given) where username = 'noor.haddad' returning name, archived_at = now(), archived_at = '2020-01-01'"
        ),
        ["new|t|f", "import|f|t", "wrong|NULL|NULL"]
    );
}

fn a_document_is_published(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let published = "select published_at is not null, published_at = now() from documents where title = 'How tickets are signed'";
    let set = |status: &str| {
        format!(
            "begin; update documents set status = '{status}' where title = 'How tickets are signed'"
        )
    };
    for (status, expected) in [
        ("published", "t|t"),
        // Still, since then.
        ("published", "t|f"),
        ("archived", "t|f"),
        ("published", "t|f"),
        ("review", "f|NULL"),
        ("archived", "f|NULL"),
        ("published", "t|t"),
        ("draft", "f|NULL"),
    ] {
        writer.run(&set(status));
        assert_eq!(writer.value(published), expected, "{status}");
        writer.run("commit");
    }
}

fn a_session_is_a_login(database: &Database) {
    drop(seeded(database));
    // Who signs users in needs no right on their accounts.
    let mut owner = database.owner();
    drop(application(database));
    owner.run("revoke update on dafnck.users from writer");
    let mut writer = another_application(database);
    let login = |at: &str| {
        format!(
            "insert into user_sessions (user_id, session_token, expires_at, created_at)
             select id, gen_random_uuid(), now(), {at} from users where username = 'piet.maas'"
        )
    };
    let last =
        "select last_login_at = now(), last_login_at from users where username = 'piet.maas'";
    assert_eq!(writer.value(last), "NULL|NULL");
    writer.run(&format!("begin; {}", login("now()")));
    assert!(writer.value(last).starts_with("t|"));
    let known = writer.value(last);
    writer.run(&login("'2020-01-01'"));
    assert_eq!(
        writer.value(last),
        known,
        "one that an import brings is no newer one"
    );
    writer.run("rollback");
    writer.run(&format!("begin; {}", login("null")));
    assert!(writer.value(last).starts_with("t|"));
    writer.run("commit");
    writer.run("delete from user_sessions");
    assert!(
        writer.value(last).starts_with("f|"),
        "a session that is gone was a login"
    );
}

/// The control for the three before it.
fn without_the_triggers_nothing_is_stamped(database: &Database) {
    let mut owner = seeded(database);
    owner.run(
        "drop trigger projects_archived_at_trigger on projects;
         drop trigger documents_published_at_trigger on documents;
         drop trigger user_sessions_last_login_at_trigger on user_sessions;
         update projects set status = 'archived', archived_at = null;
         update documents set status = 'published', published_at = null;
         insert into user_sessions (user_id, session_token, expires_at)
             select id, 'x', now() from users where username = 'piet.maas'",
    );
    assert_eq!(
        owner.value(
            "select (select count(archived_at) from projects), (select count(published_at) from documents),
                 (select count(last_login_at) from users where username = 'piet.maas')"
        ),
        "0|0|0"
    );
}
