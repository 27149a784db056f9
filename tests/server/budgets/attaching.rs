//! What `meter_usage` demands, and what it leaves behind.

use steward_tests::{Database, Role, tests};

use super::{HUB, METER, P, assert_counters_agree, owner_of_hub, spend};
use crate::hostile::{identifier, literal, names};

tests![
    what_it_refuses,
    again_it_does_nothing,
    other_arguments_replace_it,
    usage_from_before_is_counted,
    names_that_have_to_be_quoted,
    a_column_that_is_renamed,
    tables_that_are_renamed,
    dump_and_restore,
];

fn what_it_refuses(database: &Database) {
    let mut owner = database.owner();
    owner.run(HUB);
    owner.run(
        "alter table token_usage add price double precision, add local timestamp, add word text",
    );
    for (arguments, sqlstate) in [
        ("'token_usage', cost => 'nothing'", "42703"),
        ("'token_usage', cost => 'price'", "42809"),
        ("'token_usage', at => 'local'", "42809"),
        (
            "'token_usage', scopes => '{\"project\": \"word\"}'",
            "42809",
        ),
        (
            "'token_usage', scopes => '{\"global\": \"project_id\"}'",
            "22023",
        ),
        ("'token_usage', scopes => '[]'", "22023"),
        (
            "'token_usage', columns => '{\"colour\": \"name\"}'",
            "22023",
        ),
        (
            "'token_usage', columns => '{\"name\": \"nothing\"}'",
            "42703",
        ),
        ("'token_usage', notify => 'now'", "22023"),
        ("'token_usage', max_clock_skew => '-1 s'", "22023"),
        ("'token_usage', limits => 'token_usage'", "42703"),
        ("null", "22023"),
        ("'projects'", "42703"),
        ("'token_usage', reservation => 'agent_type'", "42809"),
    ] {
        let refusal = owner.refusal(&format!("select steward.meter_usage({arguments})"));
        assert_eq!(refusal.sqlstate(), sqlstate, "{arguments}: {refusal}");
    }
    owner.run("drop index token_usage_timestamp_idx");
    let refusal = owner.refusal("select steward.meter_usage('token_usage')");
    assert_eq!(refusal.sqlstate(), "55000");
    let hint = refusal.hint().unwrap_or_default().to_owned();
    owner.run(&hint);
    assert_eq!(
        database
            .session(Role::Writer)
            .sqlstate("select steward.meter_usage('token_usage')"),
        "42501"
    );
    assert_eq!(owner.value("select count(*) from steward.attachments"), "0");
    assert_eq!(
        owner.value(
            "select count(*) from pg_class where relname like 'budget_limits\\_%' and relkind = 'r'"
        ),
        "0"
    );
}

fn again_it_does_nothing(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("1"));
    let state = "select count(*), sum(oid::bigint), max(xmin::text::bigint) from pg_trigger";
    let before = owner.value(state);
    let mut reader = database.owner();
    reader.run("begin; select * from token_usage; select * from budget_limits");
    owner.run("set lock_timeout = '1s'");
    owner.run(METER);
    assert_eq!(owner.value(state), before);
    assert_eq!(
        owner.rows("select target, name, bound_table from steward.attachments where capability = 'budgets' order by 1, 2"),
        [
            "token_usage|steward_usage|budget_limits",
            "token_usage|steward_usage_begin|NULL",
            "token_usage|steward_usage_charge|NULL",
            "token_usage|steward_usage_truncate|NULL",
            "budget_limits|steward_budgets|budget_limits_counters",
            "budget_limits|steward_budgets_alerts|budget_limits_alerts",
            "budget_limits|steward_budgets_holds|budget_limits_holds",
            "budget_limits|steward_budgets_reservations|budget_limits_reservations",
            "budget_limits|steward_budgets_truncate|NULL",
        ]
    );
}

fn other_arguments_replace_it(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run("select steward.meter_usage('token_usage', time_zone => 'Asia/Tokyo', scopes => '{\"agent\": \"agent_id\"}')");
    owner.run(&spend("9"));
    assert_eq!(
        owner.rows("select problem, detail from steward.verify_budgets('budget_limits')"),
        ["unknown scope|no usage has a scope 'project'"]
    );
    owner.run(METER);
    owner.refusal(&spend("1"));
    // What was told stays told.
    assert_eq!(
        owner.value("select count(*) from budget_limits_alerts"),
        "1"
    );
    assert_eq!(owner.value("select count(*) from steward.attachments"), "9");
    assert_counters_agree(&mut owner);
}

fn usage_from_before_is_counted(database: &Database) {
    let mut owner = database.owner();
    owner.run(HUB);
    owner.run(&format!("insert into budget_limits (name, scope_type, scope_id, amount_usd, period, action_on_exceed) values ('P', 'project', '{P}', 10, 'monthly', 'block')"));
    owner.run(&spend("9"));
    owner.run(METER);
    assert_eq!(
        owner.value("select spent from steward.budget_status('budget_limits')"),
        "9.00"
    );
    owner.refusal(&spend("2"));
    owner.run(&spend("1"));
    assert_counters_agree(&mut owner);
}

fn names_that_have_to_be_quoted(database: &Database) {
    let mut owner = database.owner();
    for name in names() {
        let quoted = identifier(&name);
        let escaped = name
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        owner.run(&format!(
            "create schema {quoted};
             create table {quoted}.{quoted} ({quoted} numeric not null, at timestamptz not null default now(), who text);
             create index on {quoted}.{quoted} (at);
             create table {quoted}.limits (id text primary key, {quoted} text, scope_type text, scope_id text, amount numeric, period text, action text);
             insert into {quoted}.limits values ({}, {}, {}, {}, 10, 'daily', 'block');
             select steward.meter_usage('{quoted}.{quoted}'::text::regclass, limits => '{quoted}.limits'::text::regclass, cost => {}, at => 'at',
                 scopes => {}, columns => {})",
            literal(&name), literal(&name), literal(&name), literal(&name), literal(&name),
            literal(&format!("{{\"{escaped}\": \"who\"}}")),
            literal(&format!("{{\"name\": \"{escaped}\", \"amount\": \"amount\", \"action\": \"action\"}}")),
        ).replace(&format!("'{quoted}.{quoted}'"), &literal(&format!("{quoted}.{quoted}"))).replace(&format!("'{quoted}.limits'"), &literal(&format!("{quoted}.limits"))));
        let spend = format!(
            "insert into {quoted}.{quoted} ({quoted}, who) values (6, {})",
            literal(&name)
        );
        owner.run(&spend);
        let refusal = owner.refusal(&spend);
        assert_eq!(refusal.constraint(), Some(name.as_str()), "{refusal}");
        let limits = literal(&format!("{quoted}.limits"));
        assert!(
            owner
                .rows(&format!("select * from steward.verify_budgets({limits})"))
                .is_empty()
        );
        owner.run(&format!("drop schema {quoted} cascade"));
    }
}

fn a_column_that_is_renamed(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("alter table token_usage rename cost_usd to price");
    let refusal = owner.refusal(&format!(
        "insert into token_usage (project_id, price) values ('{P}', 1)"
    ));
    assert_eq!(refusal.sqlstate(), "42703");
    owner.run("select steward.meter_usage('token_usage', cost => 'price')");
    owner.run(&format!(
        "insert into token_usage (project_id, price) values ('{P}', 10)"
    ));
    owner.run("alter table budget_limits rename amount_usd to amount");
    assert_eq!(
        owner.sqlstate(&format!(
            "insert into token_usage (project_id, price) values ('{P}', 1)"
        )),
        "42703"
    );
    owner.run("select steward.meter_usage('token_usage', cost => 'price', columns => '{\"amount\": \"amount\"}')");
    assert_eq!(
        owner.sqlstate(&format!(
            "insert into token_usage (project_id, price) values ('{P}', 1)"
        )),
        "23514"
    );
}

fn tables_that_are_renamed(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run("create schema b; alter table budget_limits set schema b; alter table b.budget_limits rename to budgets;
        alter table budget_limits_counters rename to counters; alter table budget_limits_holds set schema b; alter table token_usage rename to usage");
    owner.refusal(&spend("2").replace("token_usage", "usage"));
    owner.run(&spend("1").replace("token_usage", "usage"));
    assert!(
        owner
            .rows("select * from steward.verify_budgets('b.budgets')")
            .is_empty()
    );
}

fn dump_and_restore(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    let other = database.restored();
    let mut owner = other.owner();
    assert_counters_agree(&mut owner);
    owner.refusal(&spend("2"));
    owner.run(&spend("1"));
    owner.run(METER);
    owner.run("select steward.detach('token_usage', 'budgets'); select steward.detach('budget_limits', 'budgets')");
    assert!(
        owner
            .rows("select from pg_class where relname like 'budget_limits\\_%' and relkind = 'r'")
            .is_empty()
    );
}
