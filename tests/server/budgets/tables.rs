//! Tables that change after they were metered, partitions of several tables of limits, and budgets that say more than one
//! thing.

use steward_tests::{Database, Session, tests};

use super::{A, HUB, METER, P, Q, assert_counters_agree, budget, counted, owner_of_hub, spend};

tests![
    side_tables_of_other_types,
    a_key_of_another_type,
    scopes_of_another_type,
    several_tables_of_limits_over_partitions,
    old_rows_move_between_partitions,
    a_moved_row_lends_its_time_to_no_other,
    only_the_column_of_its_kind_counts,
    a_budget_that_names_nothing_is_found,
    sums_larger_than_any_amount,
    many_scopes_without_budgets,
];

/// What is stored past the executor has to be of the type that is expected, or the server goes down.
fn side_tables_of_other_types(database: &Database) {
    for change in [
        "alter table budget_limits_counters alter budget type text",
        "alter table budget_limits_counters alter spent type text",
        "alter table budget_limits_counters alter slot type bigint",
        "alter table budget_limits_counters add column more text",
        "alter table budget_limits_counters drop column refused",
        "alter table budget_limits_alerts alter severity type integer using 5",
        "alter table budget_limits_reservations alter verdict type integer using 5",
        "alter table budget_limits_holds drop column budget",
    ] {
        let database = database.create_another().expect("a database");
        let mut owner = owner_of_hub(&database);
        owner.run(&spend("1"));
        owner.run(change);
        let refusal = owner.refusal(&spend("8"));
        assert_eq!(refusal.sqlstate(), "42809", "{change}: {refusal}");
        // The way out that the error names.
        owner.run("select steward.detach('token_usage', 'budgets'); select steward.detach('budget_limits', 'budgets')");
        owner.run(METER);
        owner.refusal(&spend("10"));
        owner.run(&spend("8"));
        assert_counters_agree(&mut owner);
    }
}

fn a_key_of_another_type(database: &Database) {
    let mut owner = database.owner();
    owner.run(&HUB.replace(
        "create table budget_limits (\n        id uuid primary key default gen_random_uuid()",
        "create table budget_limits (\n        id text primary key default '7'",
    ));
    owner.run(METER);
    budget(&mut owner, "all", "global", "10", "block");
    owner.run(&spend("1"));
    owner.run(
        "alter table budget_limits alter id drop default, alter id type bigint using id::bigint",
    );
    assert_eq!(owner.sqlstate(&spend("1")), "42809");
    assert_eq!(
        owner.sqlstate("select * from steward.budget_status('budget_limits')"),
        "42809"
    );
}

fn scopes_of_another_type(database: &Database) {
    for change in [
        "alter table budget_limits alter scope_id type bigint using 5",
        "alter table token_usage alter agent_id type bigint using 5",
        "alter table token_usage alter reservation type bigint using 5",
        "alter table token_usage alter cost_usd type double precision",
    ] {
        let database = database.create_another().expect("a database");
        let mut owner = owner_of_hub(&database);
        owner.run("alter table token_usage drop constraint token_usage_agent_id_fkey, alter cost_usd drop default");
        owner.run(&spend("1"));
        owner.run(change);
        let write =
            "insert into token_usage (project_id, cost_usd) select project_id, 1 from token_usage";
        assert_eq!(owner.sqlstate(write), "39P01", "{change}");
    }
}

/// Usage by type of agent, in a partition for coders and one for the rest.
fn partitioned(owner: &mut Session) {
    owner.run(HUB);
    owner.run(
        "drop table token_usage;
         create table token_usage (
             id uuid not null default gen_random_uuid(), timestamp timestamptz default now(), agent_id uuid,
             agent_type varchar(20), project_id uuid references projects on delete set null, cost_usd decimal(10,6) default 0,
             reservation uuid
         ) partition by list (project_id);
         create table token_usage_p partition of token_usage for values in ('00000000-0000-0000-0000-000000000001');
         create table token_usage_others partition of token_usage default;
         create index on token_usage (timestamp)",
    );
}

fn several_tables_of_limits_over_partitions(database: &Database) {
    let mut owner = database.owner();
    partitioned(&mut owner);
    owner.run("create table other_limits (like budget_limits including all)");
    owner.run(METER);
    owner.run("select steward.meter_usage('token_usage', 'other_limits')");
    budget(&mut owner, "large", "global", "1000", "block");
    owner.run("insert into other_limits (name, scope_type, amount_usd, period, action_on_exceed) values ('small', 'global', 10, 'daily', 'block')");
    let straight = format!(
        "insert into token_usage_p (project_id, timestamp, cost_usd) values ('{P}', now(), 9)"
    );
    owner.run(&straight);
    assert_eq!(owner.refusal(&straight).constraint(), Some("small"));
    for limits in ["budget_limits", "other_limits"] {
        assert_eq!(
            owner.value(&format!(
                "select spent from steward.budget_status('{limits}')"
            )),
            "9.00",
            "{limits}"
        );
    }
    // The one that came first can go: the other goes on.
    owner.run("drop table budget_limits cascade");
    assert_eq!(owner.refusal(&straight).constraint(), Some("small"));
}

/// Time that has passed is no new time: what deletes a project takes it from usage of any age.
fn old_rows_move_between_partitions(database: &Database) {
    let mut owner = database.owner();
    partitioned(&mut owner);
    owner.run("create table other_limits (like budget_limits including all)");
    for age in ["1 minute", "40 days"] {
        owner.run(&format!("insert into token_usage (timestamp, project_id, cost_usd) values (now() - interval '{age}', '{P}', 3)"));
    }
    owner.run(METER);
    owner.run("select steward.meter_usage('token_usage', 'other_limits')");
    budget(&mut owner, "P", &format!("project {P}"), "10", "block");
    budget(&mut owner, "all", "global", "10", "block");
    owner.run(&spend("1"));
    owner.run(&format!("delete from projects where id = '{P}'"));
    assert_eq!(
        owner.value("select count(*) from token_usage_others where project_id is null"),
        "3"
    );
    assert_eq!(counted(&mut owner, "P"), "0.00|0.00");
    assert_eq!(counted(&mut owner, "all"), "4.00|0.00");
    assert_counters_agree(&mut owner);
}

fn a_moved_row_lends_its_time_to_no_other(database: &Database) {
    let mut owner = database.owner();
    partitioned(&mut owner);
    owner.run(&format!("insert into token_usage (timestamp, project_id, cost_usd) values (now() - interval '40 days', '{P}', 3)"));
    owner.run(METER);
    for more in [
        format!("update token_usage set project_id = '{Q}', timestamp = timestamp - interval '1 day'"),
        format!(
            "with gone as (delete from token_usage returning timestamp)
             insert into token_usage (timestamp, project_id, cost_usd) select timestamp, '{Q}', 1 from gone, generate_series(1, 2)"
        ),
        "begin; delete from token_usage; insert into token_usage (timestamp, cost_usd) values (now() - interval '40 days', 3)".to_owned(),
        "rollback; insert into token_usage (timestamp, cost_usd) select timestamp, 3 from token_usage".to_owned(),
    ] {
        let refusal = owner.refusal(&more);
        assert_eq!(refusal.constraint(), Some("token_usage_clock_skew"), "{more}: {refusal}");
    }
}

/// A budget for a type of agent may well say which project it came from.
fn only_the_column_of_its_kind_counts(database: &Database) {
    let mut owner = owner_of_hub(database);
    let coder = |cost: &str| {
        format!(
            "insert into token_usage (agent_type, agent_id, cost_usd) values ('coder', '{A}', {cost})"
        )
    };
    owner.run(&coder("6"));
    owner.run(&format!(
        "insert into budget_limits (name, scope_type, scope_id, scope_agent_type, amount_usd, period, action_on_exceed)
         values ('coders', 'agent_type', '{A}', 'coder', 10, 'monthly', 'block'), ('all', 'global', '{A}', 'coder', 100, 'monthly', 'warn')"
    ));
    assert_eq!(owner.refusal(&coder("5")).constraint(), Some("coders"));
    owner.run(&coder("4"));
    assert_eq!(
        owner.rows("select name, scope, spent from steward.budget_status('budget_limits') where name <> 'P' order by 1"),
        ["all|NULL|10.00", "coders|coder|10.00"]
    );
    assert_counters_agree(&mut owner);
}

fn a_budget_that_names_nothing_is_found(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(
        "insert into budget_limits (name, scope_type, scope_agent_type, amount_usd, period) values ('nobody', 'project', 'coder', 10, 'daily')",
    );
    owner.run(&spend("9"));
    assert_eq!(
        owner.rows("select problem, detail from steward.verify_budgets('budget_limits')"),
        ["unknown scope|it does not say which 'project' it is about"]
    );
    // It is in nobody's way.
    assert_eq!(
        owner.rows("select name, spent from steward.budget_status('budget_limits') order by name"),
        ["P|9.00", "nobody|0.00"]
    );
    let check = format!(
        "select name from steward.check_budget('budget_limits', '{{\"project\": \"{P}\"}}', 1)"
    );
    assert_eq!(owner.rows(&check), ["P"]);
}

fn sums_larger_than_any_amount(database: &Database) {
    let mut owner = database.owner();
    owner.run(HUB);
    owner.run("alter table token_usage alter cost_usd type bigint, alter cost_usd set default 0");
    owner.run(METER);
    budget(&mut owner, "all", "global", "20000000", "warn");
    let spend = "insert into token_usage (cost_usd) values (9000000000000000000)";
    let shown = "select spent from steward.budget_status('budget_limits')";
    owner.run(spend);
    assert_eq!(owner.value(shown), "9000000000000000000.00");
    owner.run(spend);
    owner.run("select steward.rebuild_budgets('budget_limits')");
    assert_eq!(owner.value(shown), "18000000000000000000.00");
    owner.run("insert into token_usage (cost_usd) values (1)");
    owner.run("insert into token_usage (cost_usd) values (2)");
    assert_eq!(owner.value(shown), "18000000000000000003.00");
    assert_eq!(
        owner.value("select spent from budget_limits_counters"),
        "18000000000000000003.00"
    );
    assert_counters_agree(&mut owner);
}

/// After so many, all budgets are read at once: those of the scopes that come then are found, and followed.
fn many_scopes_without_budgets(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("alter table token_usage drop constraint token_usage_project_id_fkey");
    let many = "insert into token_usage (project_id, cost_usd) select gen_random_uuid(), 0.01 from generate_series(1, 500)";
    owner.run(many);
    owner.run(&spend("6"));
    assert_eq!(owner.refusal(&spend("6")).constraint(), Some("P"));
    budget(&mut owner, "Q", &format!("project {Q}"), "5", "block");
    budget(&mut owner, "coders", "agent_type coder", "5", "block");
    owner.run(many);
    assert_eq!(
        owner.refusal(&spend("6").replace(P, Q)).constraint(),
        Some("Q")
    );
    assert_eq!(
        owner
            .refusal("insert into token_usage (agent_type, cost_usd) values ('coder', 6)")
            .constraint(),
        Some("coders")
    );
    owner.run("update budget_limits set is_active = false where name = 'Q'");
    owner.run(&spend("6").replace(P, Q));
    assert_counters_agree(&mut owner);
}
