//! Budgets of Agent Hub at work: what they refuse, who is told, and the log of their changes.

use steward_tests::{Database, Session, tests};

use super::another_application;
use super::scopes::{GOOD, budget};
use super::world::{
    ADA, ANOTHER_TASK, BOB, CODER, PHONE, REVIEWER, TASK, WEBSITE, inhabited, used,
};

tests![
    every_scope_is_charged_and_refuses,
    without_the_rule_nothing_is_refused,
    a_reservation_is_named_by_a_setting,
    owners_and_administrators_are_told,
    without_the_rule_nobody_is_told,
    an_administrator_who_is_just_being_deleted_fails_nothing,
    changes_are_audited,
];

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
