//! Row level security against the condition that one would write by hand, and against the policies that the
//! documents of the blueprints show; and what it costs to ask who asks.

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Quantity, Ratio, Scale, Unit, Variant, Work,
};

const PROJECTS: u32 = 500;
const PROJECTS_OF_THE_USER: u32 = 5;
const LISTINGS: u32 = 5;

/// The user, as a setting has it.
const USER: &str = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

const STEWARD: &str = "\
select steward.restrict('tasks', members => 'project_members', member_of => 'project_id',
    member_key => 'project_id', commands => '{select}');";
const DOCUMENT: &str = "\
alter table tasks enable row level security;
create policy project_access_policy on tasks using (project_id in (
    select project_id from project_members where user_id = current_setting('app.current_user_id')::uuid));";
const PER_ROW: &str = "\
alter table tasks enable row level security;
create function is_member(project uuid) returns boolean language sql stable as
$$ select exists (select from project_members as m
    where m.project_id = project and m.user_id = current_setting('app.current_user_id')::uuid) $$;
create policy project_access_policy on tasks using (is_member(project_id));";

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![listing(scale), asking(scale)]
}

fn listing(scale: Scale) -> Comparison {
    let rows = scale.loaded_edges;
    let by_hand = format!(
        "where project_id = any (array(select m.project_id from project_members as m where m.user_id = '{USER}'))"
    );
    let variants = [
        ("by_hand", "", by_hand.as_str()),
        ("steward", STEWARD, ""),
        ("document", DOCUMENT, ""),
        ("per_row", PER_ROW, ""),
    ];
    let ratio = |of, against, goal| Ratio {
        quantity: Quantity::Total,
        of,
        against,
        goal: Some(goal),
    };
    Comparison {
        name: "access/listing",
        about: format!(
            "all tasks of a user, who is in {PROJECTS_OF_THE_USER} of {PROJECTS} projects with {rows} tasks"
        ),
        durability: Durability::Relaxed,
        fixture: Fixture::Kept,
        clock: Clock::Processor,
        unit: Unit::Time { of: "listing" },
        variants: variants
            .map(|(name, rule, condition)| listed(name, rows, rule, condition))
            .into(),
        ratios: vec![
            ratio("steward", "by_hand", Goal::AtMost(1.1)),
            ratio("document", "steward", Goal::AtLeast(10.0)),
            ratio("per_row", "steward", Goal::AtLeast(10.0)),
        ],
        limits: Vec::new(),
        skipped: None,
    }
}

/// Policies do not count for a superuser, so the listing is made as a role of its own. It writes down how many rows
/// it saw, which is what proves it.
fn listed(name: &'static str, rows: u32, rule: &str, condition: &str) -> Variant {
    let listing = format!("insert into seen select count(title) from tasks {condition};");
    let expected = rows / PROJECTS * PROJECTS_OF_THE_USER;
    Variant {
        name,
        over: None,
        setup: format!(
            "do $$ begin create role reader; exception when duplicate_object then null; end $$;
             create table project_members (project_id uuid, user_id uuid, primary key (project_id, user_id));
             create index on project_members (user_id);
             create table tasks (id bigint primary key, project_id uuid not null, title text not null);
             create table seen (count bigint);
             insert into project_members select md5(p::text)::uuid, md5(u::text)::uuid
                 from generate_series(1, {PROJECTS}) as p, generate_series(1, 20) as u;
             insert into project_members select md5(p::text)::uuid, '{USER}'
                 from generate_series(1, {PROJECTS_OF_THE_USER}) as p;
             insert into tasks select n, md5((n % {PROJECTS} + 1)::text)::uuid, 'Task number ' || n
                 from generate_series(1, {rows}) as n;
             create index on tasks (project_id);
             {rule}
             grant select on project_members, tasks to reader; grant insert on seen to reader;
             do $$ begin execute format('grant usage on schema %I to reader', current_schema()); end $$;"
        ),
        work: Work::statements(
            format!(
                "begin; set local role reader; select steward.act_as('{USER}'); {} commit",
                listing.repeat(LISTINGS as usize)
            ),
            LISTINGS,
        ),
        restore: "truncate seen".to_owned(),
        proof: format!("select count(*) = {LISTINGS} and bool_and(count = {expected}) from seen"),
    }
}

fn asking(scale: Scale) -> Comparison {
    let calls = scale.bulk_rows * 5;
    let asked = |name, expression: &str| {
        let ask = format!(
            "insert into asked select count({expression}) from generate_series(1, {calls}) as n"
        );
        Variant {
            name,
            over: (name != "none").then_some("none"),
            setup: "create table asked (count bigint)".to_owned(),
            work: Work::statements(
                format!("begin; set local app.current_user_id = '{USER}'; {ask}; commit"),
                calls,
            ),
            restore: "truncate asked".to_owned(),
            proof: format!("select bool_and(count = {calls}) from asked"),
        }
    };
    Comparison {
        name: "access/asking",
        about: format!("who asks, as a uuid, {calls} times"),
        durability: Durability::Relaxed,
        fixture: Fixture::Kept,
        clock: Clock::Processor,
        unit: Unit::Time { of: "call" },
        variants: vec![
            asked("none", "n"),
            asked("steward", "steward.current_user_uuid()"),
            asked("setting", "current_setting('app.current_user_id')::uuid"),
        ],
        ratios: vec![Ratio {
            quantity: Quantity::Overhead,
            of: "steward",
            against: "setting",
            goal: Some(Goal::AtMost(1.0)),
        }],
        limits: Vec::new(),
        skipped: None,
    }
}
