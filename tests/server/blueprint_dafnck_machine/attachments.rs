//! Files that belong to a task, a document or a project: never to one that is not there, whoever deletes it meanwhile.

use steward_tests::{Database, Session, tests};

use super::{LEVELS, another_application, application, seeded};

tests![
    each_kind_of_entity_has_to_be_there,
    no_other_kind_is_taken,
    they_go_with_their_entity,
    they_can_be_moved,
    an_entity_that_is_being_deleted_gets_none,
    a_deletion_takes_what_is_being_attached,
    a_trigger_in_place_of_the_key_leaves_an_orphan,
    the_three_columns_follow,
    attachments_of_an_entity_are_found_by_the_index,
];

/// Each kind, with its table.
const KINDS: [(&str, &str); 3] = [
    ("task", "tasks"),
    ("document", "documents"),
    ("project", "projects"),
];

/// Attaches a file to what `entity` selects.
fn attach(kind: &str, entity: &str) -> String {
    format!(
        "insert into file_attachments
             (entity_type, entity_id, filename, original_filename, file_size, mime_type, storage_path, uploader_id)
         select '{kind}', ({entity}), 'f', 'F', 1, 'text/plain', 'files/f', id from users where username = 'emil.strand'"
    )
}

/// Attachments whose entity is not there.
fn orphans(session: &mut Session) -> Vec<String> {
    session.rows(
        "select entity_type, entity_id from file_attachments
         where entity_id not in (select id from tasks union all select id from documents union all select id from projects)",
    )
}

fn each_kind_of_entity_has_to_be_there(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (kind, table) in KINDS {
        writer.run(&attach(kind, &format!("select id from {table} limit 1")));
        let refusal = writer.refusal(&attach(kind, "gen_random_uuid()"));
        assert_eq!(refusal.sqlstate(), "23503");
        assert!(
            refusal.to_string().ends_with(&format!(
                "TABLE: file_attachments\nCONSTRAINT: file_attachments_{kind}_id_fkey"
            )),
            "{refusal}"
        );
    }
    // The id of another kind of entity is none of this.
    assert_eq!(
        writer.sqlstate(&attach("task", "select id from projects limit 1")),
        "23503"
    );
}

fn no_other_kind_is_taken(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for kind in ["user", "Task", "", "tasks"] {
        let refusal = writer
            .refusal(&attach(kind, "select id from tasks limit 1"))
            .to_string();
        assert!(
            refusal.starts_with("23514: ")
                && refusal.ends_with("\nCONSTRAINT: file_attachments_entity_type_check"),
            "{refusal}"
        );
    }
}

fn they_go_with_their_entity(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let count = "select count(*) from file_attachments";
    assert_eq!(writer.value(count), "8");
    writer.run("delete from tasks where title = 'The purchase hangs when the network goes'");
    assert_eq!(writer.value(count), "6");
    writer.run("delete from documents where title = 'Fares and discounts'");
    assert_eq!(writer.value(count), "5");
    // With its tasks and documents, and their files.
    writer.run("delete from projects where name = 'New timetable'");
    assert_eq!(writer.value(count), "3");
    writer.run("delete from projects");
    assert_eq!(writer.value(count), "0");
}

fn they_can_be_moved(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let to_a_document = "update file_attachments set entity_type = 'document',
             entity_id = (select id from documents where title = 'How tickets are signed') where filename = 'pier.mp4'";
    writer.run(to_a_document);
    writer.run("delete from tasks where title = 'The purchase hangs when the network goes'");
    assert_eq!(
        writer.rows(
            "select filename from file_attachments where entity_type = 'document' order by 1"
        ),
        ["agreement.pdf", "pier.mp4", "timetable-2026.csv"]
    );
    assert_eq!(
        writer.sqlstate(
            "update file_attachments set entity_type = 'task' where filename = 'pier.mp4'"
        ),
        "23503"
    );
}

const TASK: &str = "select id from tasks where title = 'Send the receipt'";
const DELETE: &str = "delete from tasks where title = 'Send the receipt'";

/// Whoever attaches waits for who deletes, at every level.
fn an_entity_that_is_being_deleted_gets_none(database: &Database) {
    drop(seeded(database));
    let mut first = application(database);
    for level in LEVELS {
        let id = first.value(TASK);
        let mut second = another_application(database);
        second.run(&format!(
            "begin isolation level {level}; select count(*) from tasks"
        ));
        first.run(&format!("begin; {DELETE}"));
        let waiting = second.start(&attach("task", &format!("'{id}'::uuid")));
        waiting.until_blocked(&mut database.owner());
        first.run("commit");
        let (_, result) = waiting.finish();
        let refusal = result.expect_err("it is gone");
        assert!(
            ["23503", "40001"].contains(&refusal.sqlstate()),
            "{level}: {refusal}"
        );
        assert_eq!(orphans(&mut first), [""; 0], "{level}");
        first.run("insert into tasks (project_id, title, creator_id) select project_id, 'Send the receipt', creator_id from tasks limit 1");
    }
}

/// Whoever deletes waits for who attaches, and then takes the file along, or has to try again.
fn a_deletion_takes_what_is_being_attached(database: &Database) {
    drop(seeded(database));
    let mut first = application(database);
    for level in LEVELS {
        let mut second = another_application(database);
        second.run(&format!(
            "begin isolation level {level}; select count(*) from file_attachments"
        ));
        first.run(&format!("begin; {}", attach("task", TASK)));
        let waiting = second.start(&format!("{DELETE}; commit"));
        waiting.until_blocked(&mut database.owner());
        first.run("commit");
        let (mut second, result) = waiting.finish();
        match result {
            Ok(()) => assert_eq!(level, "read committed"),
            Err(refusal) => {
                assert_eq!(refusal.sqlstate(), "40001", "{level}");
                second.run("rollback");
                second.run(DELETE);
            }
        }
        assert_eq!(orphans(&mut first), [""; 0], "{level}");
        assert_eq!(first.rows(TASK), [""; 0], "{level}");
        first.run("insert into tasks (project_id, title, creator_id) select project_id, 'Send the receipt', creator_id from tasks limit 1");
    }
}

/// The control: triggers that lock, look and delete, instead of the foreign key.
fn a_trigger_in_place_of_the_key_leaves_an_orphan(database: &Database) {
    let mut owner = seeded(database);
    owner.run(
        "alter table file_attachments drop constraint file_attachments_task_id_fkey;
         create function look() returns trigger language plpgsql security definer as $$
         begin
             perform from dafnck.tasks where id = new.task_id for key share;
             if not found and new.task_id is not null then raise foreign_key_violation; end if;
             return null;
         end $$;
         create function take_along() returns trigger language plpgsql security definer as $$
         begin
             delete from dafnck.file_attachments where task_id = old.id;
             return null;
         end $$;
         create trigger look after insert on file_attachments for each row execute function look();
         create trigger take_along after delete on tasks for each row execute function take_along()",
    );
    let mut first = application(database);
    let mut second = another_application(database);
    second.run("begin isolation level repeatable read; select count(*) from file_attachments");
    first.run(&format!("begin; {}", attach("task", TASK)));
    let waiting = second.start(&format!("{DELETE}; commit"));
    waiting.until_blocked(&mut owner);
    first.run("commit");
    waiting.finish().1.expect("nothing stops it");
    assert_eq!(orphans(&mut first).len(), 1);
}

fn the_three_columns_follow(database: &Database) {
    let mut owner = seeded(database);
    assert!(owner.holds(
        "select bool_and(num_nonnulls(task_id, document_id, project_id) = 1
             and entity_id = coalesce(task_id, document_id, project_id)) from file_attachments"
    ));
    assert_eq!(
        owner.sqlstate("update file_attachments set task_id = null"),
        "428C9"
    );
}

fn attachments_of_an_entity_are_found_by_the_index(database: &Database) {
    let mut owner = seeded(database);
    owner.run(&format!(
        "{}, generate_series(1, 5000)",
        attach("task", TASK).replace(
            " where username = 'emil.strand'",
            " join (select 'emil.strand' as of) as e on of = username"
        )
    ));
    owner.run("analyze file_attachments");
    for (query, index) in [
        (
            "explain (costs off) select filename from file_attachments
             where entity_type = 'project' and entity_id = '11111111-2222-4333-8444-555555555555'",
            "idx_file_attachments_entity",
        ),
        (
            "explain (costs off) delete from file_attachments where document_id = '11111111-2222-4333-8444-555555555555'",
            "idx_file_attachments_document_id",
        ),
    ] {
        let plan = owner.rows(query).join("\n");
        assert!(plan.contains(index), "{plan}");
    }
}
