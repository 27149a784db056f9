//! What a budget of Agent Hub is about: the shape of its scope, and its target, which has to be there and switches it
//! off when it goes.

use steward_tests::{Database, tests};

use super::world::{ADA, CODER, PHONE, TESTER, WEBSITE, inhabited, is_refused};
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
];

/// A budget of a hundred dollars a month, with these for its scope.
pub(super) fn budget(
    name: &str,
    scope_type: &str,
    scope_id: &str,
    scope_agent_type: &str,
) -> String {
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

/// Every kind of scope, with its id and its type of agents.
pub(super) const GOOD: &[(&str, &str, &str)] = &[
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
