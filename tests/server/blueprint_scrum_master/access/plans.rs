//! The document's common queries by their indexes, through the policies.

use steward_tests::{Database, Session, tests};

use super::super::queries::filled;
use super::is_plain;

tests![
    the_documents_queries,
    an_update_of_one_row,
    edits_of_a_message,
    who_asks_is_looked_up_once_a_statement,
];

/// In a transaction, for user 17, as the application.
fn planned(superuser: &mut Session, query: &str) -> String {
    superuser.run("savepoint part; set local session authorization application_user");
    assert!(is_plain(superuser));
    superuser.run("select steward.act_as(17, 'developer')");
    let plan = superuser
        .rows(&format!("explain (costs off) {query}"))
        .join("\n");
    superuser.run("rollback to part");
    plan
}

#[track_caller]
fn assert_uses(database: &Database, index: &str, query: &str) {
    let mut superuser = database.superuser();
    superuser.run("begin; set local search_path = scrum");
    let by_index = planned(&mut superuser, query);
    assert!(by_index.contains(index), "{by_index}");
    // Once a statement each, and nothing for each row.
    assert!(by_index.contains("InitPlan"), "{by_index}");
    assert!(!by_index.contains("SubPlan"), "{by_index}");
    superuser.run(&format!("drop index {index}"));
    let without = planned(&mut superuser, query);
    assert!(!without.contains(index) && without != by_index, "{without}");
    superuser.run("rollback");
}

fn the_documents_queries(database: &Database) {
    drop(filled(database));
    for (index, query) in [
        (
            "idx_tasks_user_status",
            "select * from tasks where assigned_user_id = 17 and status = 'todo' order by priority desc, start_date asc",
        ),
        (
            "idx_notifications_user_unread",
            "select * from notifications where user_id = 17 and is_read = false order by created_at desc",
        ),
        (
            "idx_chat_conversation",
            "select * from chat_messages
             where (sender_id = 17 and recipient_id = 116) or (sender_id = 116 and recipient_id = 17) order by created_at asc",
        ),
        (
            "idx_tasks_delayed",
            "select * from tasks where is_delayed = true and status != 'done' order by end_date asc",
        ),
    ] {
        assert_uses(database, index, query);
    }
}

fn an_update_of_one_row(database: &Database) {
    drop(filled(database));
    let mut superuser = database.superuser();
    superuser.run("begin; set local search_path = scrum");
    for update in [
        "update tasks set status = 'in_progress' where id = 17",
        "update notifications set is_read = true where id = 17",
        "update chat_messages set message = 'm' where id = 17",
        "delete from notifications where id = 17",
    ] {
        let plan = planned(&mut superuser, update);
        assert!(plan.contains("_pkey"), "{update}\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{update}\n{plan}");
    }
}

fn edits_of_a_message(database: &Database) {
    filled(database).run(
        "do $$ begin
             for edit in 1..10 loop
                 update chat_messages set message = 'edit ' || edit where id % 40 = 0;
             end loop;
         end $$;
         analyze chat_messages; analyze chat_message_edits",
    );
    let query = "select * from chat_message_edits where message_id = 4000 order by id";
    assert_uses(database, "idx_chat_message_edits_message", query);
    assert_uses(database, "idx_chat_edited", query);
}

/// However many rows there are. The look-up is the only thing that reads users by the key.
fn who_asks_is_looked_up_once_a_statement(database: &Database) {
    drop(filled(database));
    let mut superuser = database.superuser();
    superuser.run("set track_functions = 'all'; set stats_fetch_consistency = none");
    superuser.run(
        "begin; set local search_path = scrum; set local session authorization application_user",
    );
    superuser.run("select steward.act_as(17, 'developer'); create temporary table seen as select count(*) as rows from tasks");
    assert_eq!(superuser.value("select rows from seen"), "20000");
    let calls = "select calls from pg_stat_xact_user_functions where funcname in ('is_current_user_active', 'role_of_current_user') order by funcname";
    // The role by two policies.
    assert_eq!(superuser.rows(calls), ["1", "2"]);
}
