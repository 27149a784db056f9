//! All ways in which rows come, change and go.

use steward_tests::{Database, tests};

use super::{HUB, METER, P, Q, assert_counters_agree, budget, counted, owner_of_hub, spend};

tests![
    update_and_delete_correct_the_counters,
    what_does_not_raise_the_cost_is_never_refused,
    on_conflict_and_merge,
    copy,
    truncate_counts_what_is_left,
    savepoints_and_nested_statements,
    row_by_row_in_one_transaction,
    partitions,
    several_usage_tables_share_limits,
    many_windows_in_one_statement,
    prepared_transactions,
];

fn update_and_delete_correct_the_counters(database: &Database) {
    let mut owner = owner_of_hub(database);
    budget(&mut owner, "Q", &format!("project {Q}"), "10", "block");
    owner.run(&spend("4"));
    owner.run(&spend("5"));
    owner.run("update token_usage set cost_usd = 3 where cost_usd = 4");
    assert_eq!(counted(&mut owner, "P"), "8.00|0.00");
    owner.run(&format!(
        "update token_usage set project_id = '{Q}' where cost_usd = 5"
    ));
    assert_eq!(counted(&mut owner, "P"), "3.00|0.00");
    assert_eq!(counted(&mut owner, "Q"), "5.00|0.00");
    owner.refusal("update token_usage set cost_usd = cost_usd + 8");
    owner.run("delete from token_usage where cost_usd = 3");
    assert_eq!(counted(&mut owner, "P"), "0.00|0.00");
    owner.run("delete from projects");
    assert_eq!(counted(&mut owner, "Q"), "0.00|0.00");
    assert_counters_agree(&mut owner);
}

fn what_does_not_raise_the_cost_is_never_refused(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run("update budget_limits set amount_usd = 5");
    owner.refusal(&spend("0.01"));
    owner.run("update token_usage set cost_usd = 8.5; update token_usage set agent_type = 'coder'");
    // A row is raised by what another is lowered by.
    owner.run(&format!(
        "begin; set constraints all immediate; {}; commit",
        spend("0")
    ));
    owner.run("update token_usage set cost_usd = 8.5 - cost_usd");
    owner.run(&format!("delete from projects where id = '{P}'"));
    assert_eq!(counted(&mut owner, "P"), "0.00|0.00");
    assert_counters_agree(&mut owner);
}

fn on_conflict_and_merge(database: &Database) {
    let mut owner = owner_of_hub(database);
    let row = |cost: &str| {
        format!("insert into token_usage (id, project_id, cost_usd) values ('{Q}', '{P}', {cost})")
    };
    owner.run(&row("4"));
    owner.run(&format!("{} on conflict do nothing", row("9")));
    assert_eq!(counted(&mut owner, "P"), "4.00|0.00");
    owner.run(&format!(
        "{} on conflict (id) do update set cost_usd = excluded.cost_usd",
        row("5")
    ));
    assert_eq!(counted(&mut owner, "P"), "5.00|0.00");
    owner.refusal(&format!(
        "{} on conflict (id) do update set cost_usd = excluded.cost_usd",
        row("11")
    ));
    owner.run(&format!(
        "merge into token_usage as u using (values ('{Q}'::uuid, 7.0), (gen_random_uuid(), 2.0)) as n (id, cost) on n.id = u.id
         when matched then update set cost_usd = n.cost
         when not matched then insert (id, project_id, cost_usd) values (n.id, '{P}', n.cost)"
    ));
    assert_eq!(counted(&mut owner, "P"), "9.00|0.00");
    owner.run("merge into token_usage as u using (values (2.0)) as n (cost) on n.cost = u.cost_usd when matched then delete");
    assert_eq!(counted(&mut owner, "P"), "7.00|0.00");
    assert_counters_agree(&mut owner);
}

fn copy(database: &Database) {
    use std::io::Write as _;
    let mut owner = owner_of_hub(database);
    let mut copied = |rows: &str| {
        let mut writer = owner
            .client()
            .copy_in("copy token_usage (project_id, cost_usd) from stdin (format csv)")
            .expect("copy");
        writer.write_all(rows.as_bytes()).expect("rows");
        writer.finish().is_ok()
    };
    assert!(copied(&format!("{P},4\n{P},5\n{Q},100\n")));
    assert!(!copied(&format!("{P},0.5\n{P},0.6\n")));
    assert!(copied(&format!("{P},0.5\n{P},0.5\n")));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    assert_counters_agree(&mut owner);
}

fn truncate_counts_what_is_left(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run("begin; truncate token_usage");
    owner.run(&spend("8"));
    owner.run("rollback");
    owner.refusal(&spend("2"));
    owner.run("truncate token_usage");
    owner.run(&spend("10"));
    owner.refusal(&spend("1"));
    assert_counters_agree(&mut owner);
}

fn savepoints_and_nested_statements(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&format!(
        "begin; {}; savepoint a; {}; savepoint b; {}; rollback to a; {}; release a; commit",
        spend("1"),
        spend("2"),
        spend("4"),
        spend("3")
    ));
    assert_eq!(counted(&mut owner, "P"), "4.00|0.00");
    // Each row brings another one, as a fee.
    owner.run(&format!(
        "create function fee() returns trigger language plpgsql as $$ begin
             if new.agent_type is null then
                 insert into token_usage (project_id, agent_type, cost_usd) values (new.project_id, 'fee', 1);
                 begin
                     insert into token_usage (project_id, agent_type, cost_usd) values (new.project_id, 'fee', 1);
                     raise division_by_zero;
                 exception when division_by_zero then null;
                 end;
             end if;
             return null;
         end $$;
         create trigger a_fee after insert on token_usage for each row execute function fee();
         insert into token_usage (project_id, cost_usd) values ('{P}', 1), ('{P}', 1)"
    ));
    assert_eq!(counted(&mut owner, "P"), "8.00|0.00");
    assert_eq!(
        owner.value("select sum(cost_usd)::int, count(*) from token_usage"),
        "8|6"
    );
    owner.refusal(&spend("1.5"));
    owner.run(&format!(
        "with one as (insert into token_usage (project_id, agent_type, cost_usd) values ('{P}', 'x', 1) returning 1)
         insert into token_usage (project_id, agent_type, cost_usd) select '{P}', 'x', 1 from one"
    ));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    assert_counters_agree(&mut owner);
}

/// What is remembered of the slots follows savepoints, and what others do meanwhile.
fn row_by_row_in_one_transaction(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("update budget_limits set amount_usd = 1000");
    owner.run(&format!(
        "do $$ begin
             for i in 1..300 loop
                 insert into token_usage (project_id, cost_usd) values ('{P}', 1);
                 begin
                     insert into token_usage (project_id, cost_usd) values ('{P}', 10);
                     insert into token_usage (project_id, cost_usd) values ('{P}', 0.5);
                     if i % 3 > 0 then
                         raise division_by_zero;
                     end if;
                     update token_usage set cost_usd = 0.25 where cost_usd = 10;
                 exception when division_by_zero then null;
                 end;
                 if i % 50 = 0 then
                     update budget_limits set amount_usd = amount_usd + 1;
                 end if;
             end loop;
         end $$"
    ));
    assert_eq!(counted(&mut owner, "P"), "375.00|0.00");
    owner.run(&format!("begin; {}", spend("1")));
    let mut other = database.owner();
    let waiting = {
        other.run("set lock_timeout = '10s'");
        other.start(&spend("200"))
    };
    waiting.until_blocked(&mut database.owner());
    owner.run(&format!("{}; commit", spend("1")));
    assert!(waiting.finish().1.is_ok());
    owner.run(&format!("begin; {}; {}", spend("1"), spend("400")));
    owner.refusal(&spend("30"));
    owner.run("rollback");
    owner.run(&spend("429"));
    owner.refusal(&spend("0.01"));
    assert_counters_agree(&mut owner);
}

fn partitions(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        &HUB.replace(
            "        id uuid primary key default gen_random_uuid(),
        timestamp timestamptz default now(),
        agent_id",
            "        id uuid default gen_random_uuid(),
        timestamp timestamptz default now(),
        agent_id",
        )
        .replace(
            "        reservation uuid
    );",
            "        reservation uuid
    ) partition by list (agent_type);
    create table coders partition of token_usage for values in ('coder');
    create table others partition of token_usage default;",
        ),
    );
    owner.run(METER);
    budget(&mut owner, "P", &format!("project {P}"), "10", "block");
    owner.run(&format!("insert into token_usage (project_id, agent_type, cost_usd) values ('{P}', 'coder', 2), ('{P}', 'x', 2)"));
    owner.run(&format!(
        "insert into coders (project_id, agent_type, cost_usd) values ('{P}', 'coder', 2)"
    ));
    assert_eq!(counted(&mut owner, "P"), "6.00|0.00");
    owner.run("update token_usage set agent_type = 'coder' where agent_type = 'x'");
    assert_eq!(counted(&mut owner, "P"), "6.00|0.00");
    let refusal = owner.refusal(&format!(
        "insert into coders (project_id, agent_type, cost_usd) values ('{P}', 'coder', 5)"
    ));
    assert_eq!(refusal.constraint(), Some("P"));
    owner.run(&format!(
        "begin; insert into coders (project_id, agent_type, cost_usd) values ('{P}', 'coder', 5);
         delete from coders where cost_usd = 5; commit"
    ));
    owner.run("delete from coders where cost_usd = 2");
    assert_eq!(counted(&mut owner, "P"), "0.00|0.00");
    assert_counters_agree(&mut owner);
    assert_eq!(
        owner
            .refusal("select steward.meter_usage('coders', limits => 'budget_limits')")
            .sqlstate(),
        "42809"
    );
}

fn several_usage_tables_share_limits(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("4"));
    owner.run(&format!(
        "create table image_usage (at timestamptz not null default now(), project uuid, cents integer not null);
         create index on image_usage (at);
         insert into image_usage (project, cents) values ('{P}', 3);
         select steward.meter_usage('image_usage', limits => 'budget_limits', cost => 'cents', at => 'at', scopes => '{{\"project\": \"project\"}}')"
    ));
    owner.refusal(&spend("4"));
    owner.run(&spend("3"));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    owner.run("truncate image_usage");
    owner.run(&spend("3"));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    assert_eq!(
        owner
            .refusal("select steward.detach('budget_limits', 'budgets')")
            .sqlstate(),
        "55000"
    );
    owner.run("truncate token_usage");
    owner.run(&format!(
        "insert into image_usage (project, cents) values ('{P}', 10); {}",
        spend("0")
    ));
    owner.run("select steward.detach('image_usage', 'budgets')");
    owner.run(&spend("10"));
    owner.run("select steward.detach('token_usage', 'budgets'); select steward.detach('budget_limits', 'budgets')");
    assert!(
        owner
            .rows("select from pg_class where relname like 'budget_limits\\_%' and relkind = 'r'")
            .is_empty()
    );
    assert_eq!(owner.value("select count(*) from steward.attachments"), "0");
}

fn many_windows_in_one_statement(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&METER.replace("notify", "max_clock_skew => null, notify"));
    owner.run("update budget_limits set period = 'daily'");
    owner.run(&format!(
        "insert into token_usage (timestamp, project_id, cost_usd)
         select now() - g * interval '6 hours', '{P}', 1 from generate_series(1, 2000) as g"
    ));
    assert_counters_agree(&mut owner);
    assert!(owner.holds("select count(distinct window_id) >= 500 from budget_limits_counters"));
    // Windows that are over only warn.
    owner.run(&format!(
        "insert into token_usage (timestamp, project_id, cost_usd) values (now() - interval '10 days', '{P}', 50)"
    ));
    owner.refusal(&spend("50"));
    assert_counters_agree(&mut owner);
}

fn prepared_transactions(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&format!(
        "begin; {}; prepare transaction 'usage'",
        spend("6")
    ));
    let waiting = database.owner().start(&spend("6"));
    waiting.until_blocked(&mut owner);
    owner.run("rollback prepared 'usage'");
    assert!(waiting.finish().1.is_ok());
    owner.refusal(&spend("6"));
    assert_counters_agree(&mut owner);
}
