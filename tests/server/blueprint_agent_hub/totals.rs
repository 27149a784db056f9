//! The totals of tasks and messages: the sums of their usage, whichever statement changes it and whatever clients write.

use steward_tests::{Database, Session, tests};

use super::world::{
    ANOTHER_TASK, ANSWER, CODER, PHONE_TASK, QUESTION, TALK, TASK, TESTER, inhabited, used,
};

tests![
    totals_are_sums,
    without_the_rule_they_are_not,
    every_kind_of_statement_counts,
    what_an_application_adds_does_not_count_twice,
    without_the_rule_it_does,
    what_has_no_usage_is_the_applications,
    a_wrong_total_is_right_after_the_next_row,
    too_much_for_a_column_is_a_warning,
    without_the_rule_it_is_an_error,
    what_stays_the_same_is_not_written,
    a_bulk_is_added_up_once,
    the_sums_are_taken_from_the_index,
];

/// Tasks and messages whose totals are not the sums of what they used, where they used anything.
pub(super) const WRONG: &str = "
    select 'task', t.id, total_tokens_used, total_cost_usd, s.* from tasks as t, lateral (
        select count(*), sum(tokens_in::bigint + tokens_out) as tokens, sum(cost_usd) as cost
        from token_usage where task_id = t.id
    ) as s where s.count > 0 and (total_tokens_used, total_cost_usd) is distinct from (s.tokens, s.cost)
    union all
    select 'message', m.id, m.tokens_in + m.tokens_out, m.cost_usd, s.count, s.tokens_in + s.tokens_out, s.cost
    from messages as m, lateral (
        select count(*), sum(u.tokens_in) as tokens_in, sum(u.tokens_out) as tokens_out, sum(u.cost_usd) as cost
        from token_usage as u where message_id = m.id
    ) as s where s.count > 0 and (m.tokens_in, m.tokens_out, m.cost_usd) is distinct from (s.tokens_in, s.tokens_out, s.cost)";

fn of_task(session: &mut Session, task: &str) -> String {
    session.value(&format!(
        "select total_tokens_used, total_cost_usd from tasks where id = '{task}'"
    ))
}

fn of_message(session: &mut Session, message: &str) -> String {
    session.value(&format!(
        "select tokens_in, tokens_out, cost_usd from messages where id = '{message}'"
    ))
}

/// For the task and the message: 10 tokens read, 5 written, and a dollar.
fn usage() -> String {
    used(
        "task_id, message_id, tokens_in, tokens_out, cost_usd",
        &format!("'{TASK}', '{ANSWER}', 10, 5, 1"),
    )
}

fn totals_are_sums(database: &Database) {
    let mut writer = inhabited(database);
    for (statement, tokens, cost) in [
        (usage(), "10|5", "1.000000"),
        (usage(), "20|10", "2.000000"),
        (used("cost_usd", "7"), "20|10", "2.000000"),
        ("update token_usage set tokens_in = 11, cost_usd = cost_usd + 0.5 where task_id is not null".to_owned(), "22|10", "3.000000"),
        ("delete from token_usage where id = (select min(id::text)::uuid from token_usage where task_id is not null)".to_owned(), "11|5", "1.500000"),
        ("delete from token_usage".to_owned(), "0|0", "0.000000"),
    ] {
        writer.run(&statement);
        assert_eq!(of_message(&mut writer, ANSWER), format!("{tokens}|{cost}"), "{statement}");
        let (read, written) = tokens.split_once('|').expect("two numbers");
        let sum = read.parse::<i32>().expect("a number") + written.parse::<i32>().expect("a number");
        assert_eq!(of_task(&mut writer, TASK), format!("{sum}|{cost}"), "{statement}");
    }
    for untouched in [ANOTHER_TASK, PHONE_TASK] {
        assert_eq!(of_task(&mut writer, untouched), "0|0.000000");
    }
}

fn without_the_rule_they_are_not(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("drop trigger add_up_tasks_after_insert on hub.token_usage; drop trigger add_up_messages_after_insert on hub.token_usage");
    writer.run(&usage());
    assert_eq!(writer.rows(WRONG).len(), 2);
}

fn every_kind_of_statement_counts(database: &Database) {
    let mut writer = inhabited(database);
    let key = "99999999-0000-4000-8000-000000000001";
    for statement in [
        usage(),
        usage().replace("(model, ", "(id, model, ").replace("('m', ", &format!("('{key}', 'm', ")),
        format!("insert into token_usage (id, model, cost_usd) values ('{key}', 'm', 1) on conflict (id) do update set cost_usd = 9"),
        format!("insert into token_usage (id, model, cost_usd) values ('{key}', 'm', 1) on conflict do nothing"),
        format!(
            "merge into token_usage using (values (1), (2)) as v (n) on id = '{key}' and n = 1
             when matched then update set task_id = '{ANOTHER_TASK}', message_id = null
             when not matched then insert (model, task_id, cost_usd) values ('m', '{ANOTHER_TASK}', 3)"
        ),
        format!(
            "with gone as (delete from token_usage where id = '{key}' returning task_id, cost_usd)
             insert into token_usage (model, task_id, cost_usd) select 'm', task_id, cost_usd + 1 from gone"
        ),
        "begin".to_owned(),
        "savepoint s".to_owned(),
        usage(),
        "rollback to s; commit".to_owned(),
        format!("update token_usage set task_id = '{TASK}', message_id = '{ANSWER}'"),
        "update token_usage set id = gen_random_uuid(), tokens_out = tokens_out + 1".to_owned(),
        format!("update token_usage set task_id = '{ANOTHER_TASK}', message_id = null where cost_usd > 2"),
        format!("delete from messages where id = '{ANSWER}'"),
        format!("delete from tasks where id = '{TASK}'"),
    ] {
        writer.run(&statement);
        assert_eq!(writer.rows(WRONG), [""; 0], "{statement}");
    }
    assert_ne!(of_task(&mut writer, ANOTHER_TASK), "0|0.000000");
    database.owner().run("truncate hub.token_usage");
    assert_eq!(of_task(&mut writer, ANOTHER_TASK), "0|0.000000");
}

fn what_an_application_adds_does_not_count_twice(database: &Database) {
    let mut writer = inhabited(database);
    // The way of an ORM that keeps the sum itself: before the row, and after it.
    writer.run(&format!(
        "begin;
         update tasks set total_tokens_used = total_tokens_used + 15, total_cost_usd = total_cost_usd + 1 where id = '{TASK}';
         update messages set tokens_in = 10, tokens_out = 5, cost_usd = 1 where id = '{ANSWER}';
         {};
         update tasks set total_tokens_used = total_tokens_used + 15, total_cost_usd = total_cost_usd + 1 where id = '{TASK}';
         update messages set tokens_in = tokens_in + 10, cost_usd = null, content = 'other' where id = '{ANSWER}';
         commit",
        usage()
    ));
    assert_eq!(of_task(&mut writer, TASK), "15|1.000000");
    assert_eq!(of_message(&mut writer, ANSWER), "10|5|1.000000");
    assert_eq!(
        writer.value(&format!(
            "select content from messages where id = '{ANSWER}'"
        )),
        "other"
    );
}

fn without_the_rule_it_does(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("drop trigger keep_task_totals on hub.tasks");
    writer.run(&usage());
    writer.run(&format!(
        "update tasks set total_cost_usd = total_cost_usd + 1 where id = '{TASK}'"
    ));
    assert_eq!(of_task(&mut writer, TASK), "15|2.000000");
}

/// It may be all that is known, as of messages from before there was usage.
fn what_has_no_usage_is_the_applications(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&format!(
        "update tasks set total_cost_usd = 3 where id = '{TASK}';
         update messages set tokens_in = 3 where id = '{QUESTION}';
         insert into messages (conversation_id, author_type, agent_id, content, tokens_out) values ('{TALK}', 'agent', '{CODER}', 'new', 8)"
    ));
    assert_eq!(of_task(&mut writer, TASK), "0|3.000000");
    assert_eq!(of_message(&mut writer, QUESTION), "3|0|0.000000");
    assert_eq!(
        writer.value("select tokens_out from messages where content = 'new'"),
        "8"
    );
    // Until the first row, be it of nothing.
    writer.run(
        &used("task_id, message_id", &format!("'{TASK}', '{QUESTION}'")).replace(QUESTION, ANSWER),
    );
    assert_eq!(of_task(&mut writer, TASK), "0|0.000000");
}

fn a_wrong_total_is_right_after_the_next_row(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&usage());
    database.superuser().run(
        "set session_replication_role = replica;
         update hub.tasks set total_cost_usd = 17; update hub.messages set tokens_in = 17;
         insert into hub.token_usage (model, task_id, cost_usd, usage_date) select 'm', task_id, 5, now() from hub.token_usage",
    );
    assert_eq!(writer.rows(WRONG).len(), 2);
    writer.run(&usage());
    assert_eq!(writer.rows(WRONG), [""; 0]);
    assert_eq!(of_task(&mut writer, TASK), "30|7.000000");
}

fn too_much_for_a_column_is_a_warning(database: &Database) {
    let mut writer = inhabited(database);
    writer.notices();
    let much = used(
        "task_id, message_id, tokens_in, tokens_out, cost_usd",
        &format!("'{TASK}', '{ANSWER}', 2147483647, 2147483647, 9999.999999"),
    );
    writer.run(&much);
    let notices = writer.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].starts_with(
            "WARNING: the usage of 1 tasks adds up to more than their columns can hold\nHINT: "
        ),
        "{notices:?}"
    );
    writer.run(&much);
    assert_eq!(writer.notices().len(), 2);
    assert_eq!(of_task(&mut writer, TASK), "2147483647|9999.999999");
    assert_eq!(
        of_message(&mut writer, ANSWER),
        "2147483647|2147483647|9999.999999"
    );
    // What a client writes is no way around.
    writer.run("update tasks set total_cost_usd = 1; update messages set cost_usd = 1");
    assert_eq!(of_task(&mut writer, TASK), "2147483647|9999.999999");
    assert_eq!(
        of_message(&mut writer, ANSWER),
        "2147483647|2147483647|9999.999999"
    );
    // And back.
    writer.run("update token_usage set tokens_in = 1, tokens_out = 2, cost_usd = 3");
    assert_eq!(of_task(&mut writer, TASK), "6|6.000000");
    assert_eq!(of_message(&mut writer, ANSWER), "2|4|6.000000");
}

fn without_the_rule_it_is_an_error(database: &Database) {
    let mut writer = inhabited(database);
    database.owner().run(
        "set search_path = hub; drop trigger add_up_tasks_after_insert on token_usage;
         create function add_it() returns trigger language plpgsql security definer as $$ begin
             update hub.tasks set total_cost_usd = total_cost_usd + new.cost_usd where id = new.task_id;
             return null;
         end $$;
         create trigger add_it after insert on token_usage for each row execute function add_it()",
    );
    let much = used("task_id, cost_usd", &format!("'{TASK}', 9999.999999"));
    writer.run(&much);
    assert_eq!(writer.sqlstate(&much), "22003");
}

fn what_stays_the_same_is_not_written(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&usage());
    let versions = "select t.xmin, m.xmin from tasks as t, messages as m where total_tokens_used > 0 and m.tokens_in > 0";
    let before = writer.value(versions);
    writer.run(&format!(
        "update token_usage set was_cached = true, agent_id = '{TESTER}', agent_type = null;
         update token_usage set cost_usd = cost_usd;
         delete from agents where id = '{TESTER}';
         insert into token_usage (model) values ('m')"
    ));
    assert_eq!(writer.value(versions), before);
    writer.run("update token_usage set cost_usd = cost_usd + 1");
    assert_ne!(writer.value(versions), before);
}

/// One version of the task for a statement of many rows.
fn a_bulk_is_added_up_once(database: &Database) {
    let mut writer = inhabited(database);
    let mut owner = database.owner();
    owner.run(
        "set search_path = hub; create table updates (id uuid);
         create function count_it() returns trigger language plpgsql security definer as $$ begin
             insert into hub.updates values (new.id);
             return null;
         end $$;
         create trigger count_it after update on tasks for each row execute function count_it();
         create trigger count_it after update on messages for each row execute function count_it()",
    );
    for statement in [
        format!(
            "insert into token_usage (model, task_id, message_id, tokens_in, cost_usd)
             select 'm', '{TASK}', '{ANSWER}', 1, 0.000001 from generate_series(1, 1000)"
        ),
        "update token_usage set tokens_in = 2".to_owned(),
        "delete from token_usage".to_owned(),
    ] {
        writer.run(&statement);
        assert_eq!(
            owner
                .value("with gone as (delete from updates returning id) select count(*) from gone"),
            "2"
        );
    }
}

fn the_sums_are_taken_from_the_index(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&format!(
        "insert into token_usage (model, task_id, tokens_in) select 'm', '{TASK}', 1 from generate_series(1, 100);
         set enable_seqscan = off; set enable_bitmapscan = off"
    ));
    for (column, index) in [
        ("task_id", "idx_token_usage_task"),
        ("message_id", "idx_token_usage_message"),
    ] {
        let plan = writer.rows(&format!(
            "explain select {column}, sum(tokens_in), sum(tokens_out), sum(cost_usd) from token_usage
             where {column} = any ('{{{TASK}}}') group by {column}"
        ));
        let plan = plan.join("\n");
        assert!(
            plan.contains(&format!("Index Only Scan using {index}")),
            "{plan}"
        );
    }
}
