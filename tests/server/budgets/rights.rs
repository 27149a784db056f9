//! What plain writers, and owners of other tables, can and cannot do.

use steward_tests::{Database, Role, Session, tests};

use super::{METER, P, Q, assert_counters_agree, counted, owner_of_hub, spend};

tests![
    a_writer_needs_no_rights_on_the_limits,
    a_refusal_shows_no_figures_to_who_may_not_read_them,
    questions_tell_of_budgets_that_may_be_read,
    reserving_needs_the_right_to_spend,
    a_writer_cannot_write_the_counters,
    a_trigger_by_hand_charges_no_budget_of_another_owner,
    what_is_told_runs_as_the_owner,
];

fn writer(database: &Database, owner: &mut Session) -> Session {
    owner.run("grant insert on token_usage to writer");
    database.session(Role::Writer)
}

fn a_writer_needs_no_rights_on_the_limits(database: &Database) {
    let mut owner = owner_of_hub(database);
    let mut writer = writer(database, &mut owner);
    owner.run("alter table budget_limits enable row level security; alter table budget_limits force row level security;
        alter table token_usage enable row level security; create policy all_of_it on token_usage for insert with check (true)");
    writer.run(&spend("9"));
    assert_eq!(writer.refusal(&spend("2")).constraint(), Some("P"));
    assert_eq!(counted_by_superuser(database), "9.000000");
}

fn counted_by_superuser(database: &Database) -> String {
    database
        .superuser()
        .value("select sum(spent)::decimal(20,6) from budget_limits_counters")
}

fn a_refusal_shows_no_figures_to_who_may_not_read_them(database: &Database) {
    let mut owner = owner_of_hub(database);
    let mut writer = writer(database, &mut owner);
    assert_eq!(writer.refusal(&spend("11")).detail(), None);
    owner.run("grant select (name) on budget_limits to writer");
    assert_eq!(writer.refusal(&spend("11")).detail(), None);
    owner.run("grant select on budget_limits to writer");
    assert!(writer.refusal(&spend("11")).detail().is_some());
    owner.run("alter table budget_limits enable row level security; create policy p on budget_limits using (true)");
    assert_eq!(writer.refusal(&spend("11")).detail(), None);
}

fn questions_tell_of_budgets_that_may_be_read(database: &Database) {
    let mut owner = owner_of_hub(database);
    let mut writer = writer(database, &mut owner);
    let status = "select name from steward.budget_status('budget_limits')";
    let check = "select name from steward.check_budget('budget_limits', '{}', 1)";
    assert_eq!(writer.sqlstate(status), "42501");
    assert_eq!(writer.sqlstate(check), "42501");
    owner.run("insert into budget_limits (name, scope_type, amount_usd, period) values ('all', 'global', 5, 'daily');
        grant select on budget_limits to writer; alter table budget_limits enable row level security;
        create policy p on budget_limits for select to writer using (name = 'P')");
    assert_eq!(writer.rows(status), ["P"]);
    assert!(writer.rows(check).is_empty());
    for call in ["verify_budgets", "rebuild_budgets", "sweep_budgets"] {
        assert_eq!(
            writer.sqlstate(&format!("select steward.{call}('budget_limits')")),
            "42501",
            "{call}"
        );
    }
}

fn reserving_needs_the_right_to_spend(database: &Database) {
    let mut owner = owner_of_hub(database);
    let reserve = format!(
        "select verdict from steward.reserve('budget_limits', '{{\"project\": \"{P}\"}}', 1)"
    );
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.sqlstate(&reserve), "42501");
    owner.run("grant insert on token_usage to writer");
    assert_eq!(writer.value(&reserve), "granted");
    let reservation = owner.value("select reservation from budget_limits_reservations");
    owner.run("revoke insert on token_usage from writer");
    assert_eq!(
        writer.sqlstate(&format!("select steward.settle('{reservation}')")),
        "42501"
    );
}

fn a_writer_cannot_write_the_counters(database: &Database) {
    let mut owner = owner_of_hub(database);
    let mut writer = writer(database, &mut owner);
    for table in ["counters", "alerts", "reservations", "holds"] {
        assert_eq!(
            writer.sqlstate(&format!("delete from budget_limits_{table}")),
            "42501",
            "{table}"
        );
        assert_eq!(
            writer.sqlstate(&format!("select from budget_limits_{table}")),
            "42501",
            "{table}"
        );
    }
    // Trigger functions are no functions to call.
    assert_eq!(writer.sqlstate("select steward.note_usage()"), "39P01");
}

/// Whoever can write a trigger can name any table in it.
fn a_trigger_by_hand_charges_no_budget_of_another_owner(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("grant usage on schema public to stranger; grant select, references, trigger on budget_limits, budget_limits_counters to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.usage (timestamp timestamptz default now(), project_id uuid, cost_usd numeric);
         create index on stranger.usage (timestamp);
         create constraint trigger t after insert on stranger.usage from public.budget_limits
             for each row execute function steward.note_usage('cost_usd', 'timestamp', 'scope=project', 'column=project_id');
         create trigger b before insert on stranger.usage for each statement execute function steward.charge_usage();
         create trigger c after insert on stranger.usage for each statement execute function steward.charge_usage()"
    );
    assert_eq!(
        stranger.sqlstate(&format!(
            "insert into stranger.usage (project_id, cost_usd) values ('{P}', 10)"
        )),
        "42501"
    );
    stranger.run("create trigger e after truncate on stranger.usage for each statement execute function steward.forget_usage()");
    assert_eq!(stranger.sqlstate("truncate stranger.usage"), "42501");
    assert_eq!(
        stranger.sqlstate(
            "select steward.meter_usage('stranger.usage', limits => 'public.budget_limits')"
        ),
        "42501"
    );
    // Nor does a table of limits of one's own write another's counters.
    stranger.run(
        "create table stranger.limits (id uuid primary key default gen_random_uuid(), scope_type text, scope_id uuid, amount_usd numeric, period text);
         create constraint trigger k after insert on stranger.limits from public.budget_limits_counters for each row
             execute function steward.keep_budgets('counters', 'time_zone=UTC', 'role=key', 'column=id', 'role=scope_type', 'column=scope_type',
                 'role=scope_id', 'column=scope_id', 'role=amount', 'column=amount_usd', 'role=period', 'column=period')",
    );
    stranger.refusal("insert into stranger.limits (scope_type, amount_usd, period) values ('global', 1, 'daily')");
    // A trigger on the limits themselves, bound to nothing that is ours.
    owner.run(&spend("10"));
    owner.refusal(&spend("1"));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    assert_counters_agree(&mut owner);
}

fn what_is_told_runs_as_the_owner(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("create table who (name text); create or replace function tell(budget text, severity text, title text, message text, details jsonb) returns void
        language sql as 'insert into public.who values (current_user)'");
    owner.run(METER);
    let mut writer = writer(database, &mut owner);
    writer.run(&spend("9"));
    assert_eq!(owner.value("select name from who"), "owner");
    writer.run(&spend("1").replace(P, Q));
}
