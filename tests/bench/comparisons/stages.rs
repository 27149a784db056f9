//! `track_stages` against triggers in PL/pgSQL that write the same rows.

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Quantity, Ratio, Scale, Unit, Variant, Work,
};

const STEWARD: &str = "select steward.track_stages('features');";
const BASELINE: &str = include_str!("../../baseline/stage_transitions.sql");
const BASELINE_STATEMENT: &str = include_str!("../../baseline/stage_transitions_statement.sql");

const PREPARE: &str = "\
deallocate all;
prepare build_feature (bigint) as update features set current_stage = 'building' where id = $1;";

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![single_row_updates(scale), bulk_update(scale)]
}

fn single_row_updates(scale: Scale) -> Comparison {
    let rows = scale.single_rows;
    comparison(
        "stages/single-row",
        format!("{rows} updates by primary key, each a transition, in one transaction"),
        "update",
        rows,
        || Work::executions("build_feature", rows),
    )
}

fn bulk_update(scale: Scale) -> Comparison {
    let rows = scale.bulk_rows;
    comparison(
        "stages/bulk",
        format!("one UPDATE of {rows} rows, each a transition"),
        "row",
        rows,
        || Work::statements("update features set current_stage = 'building'", rows),
    )
}

fn comparison(
    name: &'static str,
    about: String,
    of: &'static str,
    rows: u32,
    work: impl Fn() -> Work,
) -> Comparison {
    let variants = [
        ("none", ""),
        ("steward", STEWARD),
        ("plpgsql", BASELINE),
        ("plpgsql_statement", BASELINE_STATEMENT),
    ];
    Comparison {
        name,
        about,
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Processor,
        unit: Unit::Time { of },
        variants: variants
            .map(|(name, rule)| variant(name, rows, rule, work()))
            .into(),
        ratios: vec![
            overhead_ratio("plpgsql"),
            overhead_ratio("plpgsql_statement"),
        ],
        limits: Vec::new(),
        skipped: None,
    }
}

fn overhead_ratio(against: &'static str) -> Ratio {
    Ratio {
        quantity: Quantity::Overhead,
        of: "steward",
        against,
        goal: None,
    }
}

fn variant(name: &'static str, rows: u32, rule: &str, work: Work) -> Variant {
    let ruled = name != "none";
    let recorded = if ruled { rows } else { 0 };
    Variant {
        name,
        over: ruled.then_some("none"),
        setup: format!("{}\n{rule}\n{PREPARE}", features(rows)),
        work,
        restore: String::new(),
        proof: format!(
            "select count(*) = {recorded} from stage_transitions \
             where from_stage = 'planned' and to_stage = 'building' and duration >= 3600000"
        ),
    }
}

/// Features with three transitions behind them. Without a foreign key, whose check would only be added
/// to every variant with a rule.
fn features(rows: u32) -> String {
    format!(
        "create table features (
            id bigint constraint features_pkey primary key,
            title text not null,
            current_stage text not null
        ) with (fillfactor = 45);
        create table stage_transitions (
            feature_id bigint not null,
            from_stage text,
            to_stage text not null,
            \"timestamp\" timestamptz not null,
            duration bigint
        );
        insert into features
        select id, 'Feature number ' || id, 'planned' from generate_series(1, {rows}) as id;
        insert into stage_transitions
        select id, 'draft', 'planned', now() - step * interval '1 hour', 3600000
        from generate_series(1, {rows}) as id, generate_series(1, 3) as step;
        create index on stage_transitions (feature_id, \"timestamp\");"
    )
}
