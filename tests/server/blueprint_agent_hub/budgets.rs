//! Budgets of Agent Hub: their scopes and targets, what they refuse, who is told, and the log of their changes.

use steward_tests::{Database, Session, tests};

use super::world::{
    ADA, ANOTHER_TASK, BOB, CODER, PHONE, REVIEWER, TASK, TESTER, WEBSITE, inhabited, is_refused,
    used,
};
use super::{LEVELS, another_application};

tests![
    scopes_are_of_a_shape,
    without_the_checks_they_are_of_any,
    a_target_has_to_be_there,
    without_the_rule_it_need_not,
    deleting_the_target_switches_the_budget_off,
    without_the_rule_the_target_cannot_be_deleted,
    a_target_cannot_be_unsaid,
    a_target_that_is_just_being_deleted_is_none,
    a_budget_that_is_just_being_made_is_found,
    without_foreign_keys_it_is_missed,
    every_scope_is_charged_and_refuses,
    without_the_rule_nothing_is_refused,
    a_reservation_is_named_by_a_setting,
    owners_and_administrators_are_told,
    without_the_rule_nobody_is_told,
    an_administrator_who_is_just_being_deleted_fails_nothing,
    changes_are_audited,
];

/// A budget of a hundred dollars a month, with these for its scope.
fn budget(name: &str, scope_type: &str, scope_id: &str, scope_agent_type: &str) -> String {
    let quoted = |value: &str| {
        if value == "null" {
            value.to_owned()
        } else {
            format!("'{value}'")
        }
    };
    format!(
        "insert into budget_limits (name, scope_type, scope_id, scope_agent_type, amount_usd, period, action_on_exceed)
         values ('{name}', '{scope_type}', {}, {}, 100, 'monthly', 'block')",
        quoted(scope_id),
        quoted(scope_agent_type)
    )
}

const GOOD: &[(&str, &str, &str)] = &[
    ("global", "null", "null"),
    ("project", WEBSITE, "null"),
    ("agent", CODER, "null"),
    ("agent_type", "null", "coder"),
];

const BAD: &[(&str, &str, &str)] = &[
    ("global", WEBSITE, "null"),
    ("global", "null", "coder"),
    ("project", "null", "null"),
    ("project", WEBSITE, "coder"),
    ("agent", "null", "null"),
    ("agent", "null", "coder"),
    ("agent_type", "null", "null"),
    ("agent_type", CODER, "coder"),
];

fn scopes_are_of_a_shape(database: &Database) {
    let mut writer = inhabited(database);
    for (kind, id, agent_type) in BAD {
        let refusal = writer.refusal(&budget("b", kind, id, agent_type));
        assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
        assert_eq!(
            refusal.constraint(),
            Some("budget_limits_scope_check"),
            "{kind} {id} {agent_type}"
        );
    }
    for (kind, id, agent_type) in GOOD {
        writer.run(&budget("b", kind, id, agent_type));
    }
    for (statement, constraint) in [
        (
            budget("b", "agent_type", "null", "Coder"),
            "budget_limits_scope_agent_type_check",
        ),
        (
            budget("b", "user", "null", "null"),
            "budget_limits_scope_type_check",
        ),
        (
            "update budget_limits set period = 'yearly'".to_owned(),
            "budget_limits_period_check",
        ),
        (
            "update budget_limits set alert_threshold = 0".to_owned(),
            "budget_limits_alert_threshold_check",
        ),
        (
            "update budget_limits set alert_threshold = 1.01".to_owned(),
            "budget_limits_alert_threshold_check",
        ),
        (
            "update budget_limits set action_on_exceed = 'ask'".to_owned(),
            "budget_limits_action_on_exceed_check",
        ),
        (
            "update budget_limits set scope_type = 'global' where scope_type = 'agent'".to_owned(),
            "budget_limits_scope_check",
        ),
    ] {
        is_refused(&mut writer, &statement, constraint);
    }
    for period in ["daily", "weekly", "monthly"] {
        writer.run(&format!(
            "update budget_limits set period = '{period}', alert_threshold = 1"
        ));
    }
}

fn without_the_checks_they_are_of_any(database: &Database) {
    let mut writer = inhabited(database);
    database.owner().run(
        "alter table hub.budget_limits drop constraint budget_limits_scope_check;
         alter table hub.budget_limits drop constraint budget_limits_target_check;
         alter table hub.budget_limits drop constraint budget_limits_scope_agent_type_check",
    );
    for (kind, id, agent_type) in BAD {
        writer.run(&budget("b", kind, id, agent_type));
    }
    writer.run(&budget("b", "agent_type", "null", "Coder"));
}

fn a_target_has_to_be_there(database: &Database) {
    let mut writer = inhabited(database);
    for (statement, constraint) in [
        (
            budget("b", "project", CODER, "null"),
            "budget_limits_project_id_fkey",
        ),
        (
            budget("b", "agent", WEBSITE, "null"),
            "budget_limits_agent_id_fkey",
        ),
        (
            budget("b", "project", ADA, "null").replace("'block'", "null"),
            "budget_limits_project_id_fkey",
        ),
    ] {
        let refusal = writer.refusal(&statement);
        assert_eq!(refusal.sqlstate(), "23503", "{refusal}");
        assert_eq!(refusal.constraint(), Some(constraint));
        assert!(refusal.detail().is_some(), "{refusal}");
    }
    writer.run(&budget("b", "project", WEBSITE, "null"));
    for change in [
        format!("scope_id = '{CODER}'"),
        format!("scope_type = 'agent', name = 'a', scope_id = '{PHONE}'"),
    ] {
        assert_eq!(
            writer.sqlstate(&format!("update budget_limits set {change}")),
            "23503",
            "{change}"
        );
    }
    writer.run(&format!(
        "update budget_limits set scope_type = 'agent', scope_id = '{CODER}'"
    ));
    assert_eq!(
        writer.value("select project_id, agent_id from budget_limits"),
        format!("NULL|{CODER}")
    );
    writer.run("update budget_limits set scope_type = 'global', scope_id = null");
    assert_eq!(
        writer.value("select project_id, agent_id, is_active from budget_limits"),
        "NULL|NULL|t"
    );
}

fn without_the_rule_it_need_not(database: &Database) {
    let mut writer = inhabited(database);
    database.owner().run(
        "alter table hub.budget_limits drop constraint budget_limits_target_check;
         drop trigger hold_budget_target on hub.budget_limits",
    );
    writer.run(&budget("b", "project", CODER, "null"));
}

fn deleting_the_target_switches_the_budget_off(database: &Database) {
    let mut writer = inhabited(database);
    for (kind, id, agent_type) in GOOD {
        writer.run(&budget(kind, kind, id, agent_type));
    }
    writer.run(&budget("phone", "project", PHONE, "null"));
    writer.run(&format!("delete from projects where id = '{WEBSITE}'"));
    assert_eq!(
        writer.rows("select name, is_active from budget_limits order by 1"),
        [
            "agent|f",
            "agent_type|t",
            "global|t",
            "phone|t",
            "project|f"
        ]
    );
    assert_eq!(
        writer.rows("select name from steward.budget_status('budget_limits') order by 1"),
        ["agent_type", "global", "phone"]
    );
    // It can be changed and renamed, but not be brought back without its target.
    writer.run("update budget_limits set name = 'old', amount_usd = 1 where name = 'project'");
    assert_eq!(
        writer.sqlstate("update budget_limits set is_active = true where name = 'old'"),
        "23503"
    );
    writer.run(&format!(
        "update budget_limits set is_active = true, scope_id = '{PHONE}' where name = 'old'"
    ));
    // An agent alone, and one that is off already.
    writer.run(&budget("tester", "agent", TESTER, "null"));
    writer.run(&budget("off", "agent", TESTER, "null"));
    writer.run(&format!(
        "update budget_limits set is_active = null where name = 'off'; delete from agents where id = '{TESTER}'"
    ));
    assert_eq!(
        writer.rows(&format!("select name, is_active, agent_id from budget_limits where scope_id = '{TESTER}' order by 1")),
        ["off|f|NULL", "tester|f|NULL"]
    );
}

fn without_the_rule_the_target_cannot_be_deleted(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&budget("b", "project", WEBSITE, "null"));
    database
        .owner()
        .run("alter table hub.budget_limits disable trigger hold_budget_target");
    is_refused(
        &mut writer,
        &format!("delete from projects where id = '{WEBSITE}'"),
        "budget_limits_target_check",
    );
}

fn a_target_cannot_be_unsaid(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&budget("b", "project", WEBSITE, "null"));
    for change in [
        "project_id = null".to_owned(),
        format!("project_id = '{PHONE}'"),
        format!("agent_id = '{CODER}'"),
        format!("project_id = null, agent_id = '{CODER}', is_active = true"),
    ] {
        writer.run(&format!("update budget_limits set {change}"));
        assert_eq!(
            writer.value("select project_id, agent_id, is_active from budget_limits"),
            format!("{WEBSITE}|NULL|t"),
            "{change}"
        );
    }
    writer.run("update budget_limits set is_active = false, project_id = null; update budget_limits set is_active = true");
    assert_eq!(
        writer.value("select project_id, is_active from budget_limits"),
        format!("{WEBSITE}|t")
    );
}

fn a_target_that_is_just_being_deleted_is_none(database: &Database) {
    for level in LEVELS {
        let database = database.create_another().expect("a database");
        let mut first = inhabited(&database);
        let mut second = another_application(&database);
        second.run(&format!(
            "begin isolation level {level}; select count(*) from projects"
        ));
        first.run(&format!(
            "begin; delete from projects where id = '{WEBSITE}'"
        ));
        let waiting = second.start(&format!(
            "{}; commit",
            budget("b", "project", WEBSITE, "null")
        ));
        waiting.until_blocked(&mut database.owner());
        first.run("commit");
        let refusal = waiting.finish().1.expect_err("it has gone");
        assert!(
            ["23503", "40001"].contains(&refusal.sqlstate()),
            "{refusal}"
        );
    }
}

/// The deletion waits for the budget, and switches it off, or is tried again.
fn a_budget_that_is_just_being_made_is_found(database: &Database) {
    for level in LEVELS {
        let database = database.create_another().expect("a database");
        let mut first = inhabited(&database);
        let mut second = another_application(&database);
        let delete = format!("delete from projects where id = '{WEBSITE}'");
        second.run(&format!(
            "begin isolation level {level}; select count(*) from projects"
        ));
        first.run(&format!(
            "begin; {}",
            budget("b", "project", WEBSITE, "null")
        ));
        let waiting = second.start(&format!("{delete}; commit"));
        waiting.until_blocked(&mut database.owner());
        first.run("commit");
        let (mut second, result) = waiting.finish();
        if let Err(refusal) = result {
            assert_eq!(refusal.sqlstate(), "40001", "{refusal}");
            second.run(&format!("rollback; {delete}"));
        }
        assert_eq!(
            second.value("select is_active, project_id from budget_limits"),
            "f|NULL"
        );
    }
}

/// The control: a trigger that looks for the budgets of what is deleted does not see one that is newer than its snapshot.
fn without_foreign_keys_it_is_missed(database: &Database) {
    let mut first = inhabited(database);
    database.owner().run(
        "set search_path = hub;
         alter table budget_limits drop constraint budget_limits_project_id_fkey;
         create function switch_off() returns trigger language plpgsql security definer as $$ begin
             update hub.budget_limits set is_active = false where scope_type = 'project' and scope_id = old.id;
             return null;
         end $$;
         create trigger switch_off after delete on projects for each row execute function switch_off();
         create function look() returns trigger language plpgsql security definer as $$ begin
             perform from hub.projects where id = new.scope_id for key share;
             return null;
         end $$;
         create trigger look after insert on budget_limits for each row execute function look()",
    );
    let mut second = another_application(database);
    second.run("begin isolation level repeatable read; select count(*) from projects");
    first.run(&format!(
        "begin; {}",
        budget("b", "project", WEBSITE, "null")
    ));
    let waiting = second.start(&format!(
        "delete from projects where id = '{WEBSITE}'; commit"
    ));
    waiting.until_blocked(&mut database.owner());
    first.run("commit");
    waiting.finish().1.expect("nothing stops it");
    assert_eq!(first.value("select is_active from budget_limits"), "t");
}

/// Usage that each of the four scopes refuses, and what is not theirs.
fn refused_by(kind: &str) -> (String, String) {
    match kind {
        "global" => (used("cost_usd", "100.01"), used("cost_usd", "100")),
        "project" => (
            used("task_id, cost_usd", &format!("'{ANOTHER_TASK}', 100.01")),
            used("project_id, cost_usd", &format!("'{PHONE}', 100.01")),
        ),
        "agent" => (
            used("task_id, cost_usd", &format!("'{TASK}', 100.01")),
            used("agent_id, cost_usd", &format!("'{REVIEWER}', 100.01")),
        ),
        _ => (
            used("agent_id, cost_usd", &format!("'{CODER}', 100.01")),
            used(
                "task_id, user_id, cost_usd",
                &format!("'{TASK}', '{ADA}', 100.01"),
            ),
        ),
    }
}

fn every_scope_is_charged_and_refuses(database: &Database) {
    let mut writer = inhabited(database);
    for (kind, id, agent_type) in GOOD {
        writer.run(&format!(
            "delete from token_usage; delete from budget_limits; {}",
            budget(kind, kind, id, agent_type)
        ));
        let (too_much, fits) = refused_by(kind);
        let refusal = writer.refusal(&too_much);
        assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
        assert_eq!(refusal.constraint(), Some(*kind), "{refusal}");
        writer.run(&fits);
        assert_eq!(
            writer.value("select count(*) from token_usage"),
            "1",
            "nothing of the other stays"
        );
        assert_eq!(
            writer.rows("select from tasks where total_cost_usd > 100.01"),
            [""; 0]
        );
    }
}

fn without_the_rule_nothing_is_refused(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("select steward.detach('hub.token_usage', 'budgets')");
    for (kind, id, agent_type) in GOOD {
        writer.run(&budget(kind, kind, id, agent_type));
        writer.run(&refused_by(kind).0);
    }
}

fn a_reservation_is_named_by_a_setting(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&budget("website", "project", WEBSITE, "null"));
    let reserve = |amount: u32| {
        format!(
            "select verdict from steward.reserve('budget_limits', '{{\"project\": \"{WEBSITE}\"}}', {amount}, idempotency_key => 'call {amount}')"
        )
    };
    assert_eq!(writer.value(&reserve(60)), "granted");
    assert_eq!(writer.value(&reserve(60)), "granted", "the same answer");
    assert_eq!(writer.value(&reserve(50)), "does not fit now");
    assert_eq!(writer.value(&reserve(101)), "can never fit");
    assert_eq!(
        writer.sqlstate(&used("project_id, cost_usd", &format!("'{WEBSITE}', 50"))),
        "23514"
    );
    let reservation = database
        .owner()
        .value("select reservation from hub.budget_limits_reservations where verdict = 'granted'");
    writer.run(&format!(
        "begin; set local steward.reservation = '{reservation}'; {}; commit; select steward.settle('{reservation}')",
        used("task_id, cost_usd", &format!("'{TASK}', 55"))
    ));
    assert_eq!(
        writer.value("select spent, held, remaining from steward.budget_status('budget_limits')"),
        "55.00|0.00|45.00"
    );
}

fn told(session: &mut Session) -> Vec<String> {
    session.rows(
        "with gone as (delete from notifications returning *)
         select type, severity, title, username, project_id, agent_id, metadata ->> 'related_entity_type',
             (metadata ->> 'related_entity_id')::uuid = (metadata ->> 'budget')::uuid, is_read
         from gone join users on users.id = user_id order by severity desc, title, username",
    )
}

fn owners_and_administrators_are_told(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(
        "insert into users (username, email, password_hash, is_admin, is_active) values
             ('gone', 'gone@example.com', '!', true, false), ('other', 'other@example.com', '!', null, true)",
    );
    let coder = |who: &str, severity: &str, title: &str| {
        format!("budget|{severity}|{title}|{who}|{WEBSITE}|{CODER}|budget_limit|t|f")
    };
    for (kind, id, agent_type, project, agent, owner) in [
        ("global", "null", "null", "NULL", "NULL", false),
        ("agent_type", "null", "coder", "NULL", "NULL", false),
        ("project", WEBSITE, "null", WEBSITE, "NULL", true),
        ("agent", CODER, "null", WEBSITE, CODER, true),
    ] {
        writer.run(&format!(
            "delete from token_usage; delete from budget_limits; {}",
            budget("b", kind, id, agent_type)
        ));
        writer.run("update budget_limits set action_on_exceed = 'warn'");
        let usage = |cost: u32| used("agent_id, cost_usd", &format!("'{CODER}', {cost}"));
        writer.run(&usage(79));
        assert_eq!(told(&mut writer), [""; 0]);
        for (cost, severity, title) in [
            (6, "warning", "Budget b has used 85 %"),
            (16, "critical", "Budget b is exceeded"),
        ] {
            writer.run(&usage(cost));
            let mut expected: Vec<_> = ["ada", "bob"]
                .iter()
                .filter(|who| owner || **who == "ada")
                .map(|who| {
                    coder(who, severity, title).replace(
                        &format!("|{WEBSITE}|{CODER}|"),
                        &format!("|{project}|{agent}|"),
                    )
                })
                .collect();
            expected.sort_unstable();
            assert_eq!(told(&mut writer), expected, "{kind}");
            // Once.
            writer.run(&usage(1));
            assert_eq!(told(&mut writer), [""; 0]);
        }
    }
    // The owner who is an administrator too is told once.
    writer.run(&format!(
        "update users set is_admin = true where id = '{BOB}'; delete from token_usage; delete from budget_limits; {}",
        budget("b", "project", WEBSITE, "null")
    ));
    writer.run(&used("agent_id, cost_usd", &format!("'{CODER}', 100")));
    assert_eq!(told(&mut writer).len(), 2);
}

fn without_the_rule_nobody_is_told(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&budget("b", "project", WEBSITE, "null"));
    database
        .owner()
        .run("create or replace function hub.tell_of_budget(budget text, severity text, title text, message text, details jsonb)
              returns void language sql as ''");
    writer.run(&used("agent_id, cost_usd", &format!("'{CODER}', 100")));
    assert_eq!(told(&mut writer), [""; 0]);
}

fn an_administrator_who_is_just_being_deleted_fails_nothing(database: &Database) {
    let mut first = inhabited(database);
    first.run(&budget("b", "project", WEBSITE, "null"));
    let second = another_application(database);
    first.run(&format!("begin; delete from users where id = '{ADA}'"));
    let waiting = second.start(&used("agent_id, cost_usd", &format!("'{CODER}', 90")));
    waiting.until_blocked(&mut database.owner());
    first.run("commit");
    let (mut second, result) = waiting.finish();
    result.expect("somebody else is told");
    assert_eq!(told(&mut second).len(), 1);
}

fn changes_are_audited(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&budget("b", "project", WEBSITE, "null"));
    writer.run(&format!(
        "begin; set local app.current_user_id = '{BOB}'; update budget_limits set amount_usd = 200; commit;
         update budget_limits set amount_usd = 200"
    ));
    let entries = "select action, actor, before, after from steward.history('budget_limits', (select id from budget_limits))
         where action = 'UPDATE'";
    assert_eq!(
        writer.rows(entries),
        [format!(
            "UPDATE|{BOB}|{{\"amount_usd\": 100.00}}|{{\"amount_usd\": 200.00}}"
        )]
    );
    // The control.
    database
        .owner()
        .run("select steward.detach('hub.budget_limits', 'audit')");
    writer.run("update budget_limits set amount_usd = 300");
    assert_eq!(
        database
            .owner()
            .value("select count(*) from hub.audit_log where action = 'UPDATE'"),
        "1"
    );
}
