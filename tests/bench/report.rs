//! What a run of the benchmarks came to, as it is written to the JSON file. The table shows the same.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::Path;
use std::{env, fs};

use serde::Serialize;
use steward_toolkit::cluster::{Cluster, SUPERUSER};
use steward_toolkit::error::{Error, Result};

use crate::clock::Clock;
use crate::comparison::{Comparison, Goal, Limit, Limited, Quantity, Ratio, Unit};
use crate::machine::Machine;
use crate::run::{Figures, Measured};
use crate::statistics::{Estimate, Summary, median, ratio_of_medians};

/// Raised when a reader of the file would have to be changed.
const SCHEMA_VERSION: u32 = 1;

/// A run of the benchmarks.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    schema_version: u32,
    /// When the run ended, in UTC.
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) versions: Option<Versions>,
    /// The commit that was checked out, with `-dirty` where files had been changed.
    pub(crate) git_commit: Option<String>,
    /// Whether less work was done than the goals are set for.
    pub(crate) quick: bool,
    pub(crate) comparisons: Vec<ComparisonReport>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Versions {
    pub(crate) postgresql: String,
    pub(crate) steward: String,
    /// Whether the server has the release build that was made beside these benchmarks. Of another
    /// build, as one for debugging, the figures say nothing.
    pub(crate) release_build: bool,
}

/// What became of a comparison.
#[derive(Debug, Serialize)]
pub(crate) struct ComparisonReport {
    pub(crate) name: &'static str,
    pub(crate) about: String,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub(crate) enum Outcome {
    Measured(Results),
    Skipped { reason: String },
    Failed { error: Error },
}

#[derive(Debug, Serialize)]
pub(crate) struct Results {
    /// What the figures are, as "seconds per row".
    pub(crate) unit: String,
    #[serde(skip)]
    pub(crate) counted: Unit,
    pub(crate) clock: Clock,
    pub(crate) repetitions: usize,
    pub(crate) variants: Vec<VariantReport>,
    pub(crate) ratios: Vec<RatioReport>,
    pub(crate) limits: Vec<LimitReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct VariantReport {
    pub(crate) name: &'static str,
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// The median of what it took beyond the variant without the rule.
    pub(crate) overhead: Option<f64>,
    /// The median by the wall clock, where another clock is compared.
    pub(crate) wall: Option<f64>,
    /// Transactions that were started anew, in all repetitions.
    pub(crate) retries: u32,
    /// Those of them that a deadlock had ended.
    pub(crate) deadlocks: u32,
    /// One figure for each repetition, in the order in which they were measured.
    pub(crate) figures: Vec<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RatioReport {
    pub(crate) quantity: Quantity,
    pub(crate) of: &'static str,
    pub(crate) against: &'static str,
    /// None where the divisor was lost in the noise.
    #[serde(flatten)]
    pub(crate) ratio: Option<Estimate>,
    pub(crate) goal: Option<Goal>,
    /// None where there is no goal.
    pub(crate) reached: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LimitReport {
    pub(crate) of: &'static str,
    pub(crate) limit: Limited,
    pub(crate) is: f64,
    pub(crate) reached: bool,
}

/// What a goal was set for, and whether it was reached.
pub(crate) struct GoalReport<'a> {
    pub(crate) comparison: &'static str,
    pub(crate) subject: Subject<'a>,
    pub(crate) reached: bool,
}

pub(crate) enum Subject<'a> {
    Ratio(&'a RatioReport),
    Limit(&'a LimitReport),
}

impl Report {
    pub(crate) fn new(quick: bool) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            date: String::new(),
            machine: Machine::this(),
            versions: None,
            git_commit: crate::machine::git_commit(),
            quick,
            comparisons: Vec::new(),
        }
    }

    /// All goals, each with the comparison that it belongs to.
    pub(crate) fn goals(&self) -> impl Iterator<Item = GoalReport<'_>> {
        self.comparisons
            .iter()
            .filter_map(|comparison| match &comparison.outcome {
                Outcome::Measured(results) => Some((comparison.name, results)),
                Outcome::Skipped { .. } | Outcome::Failed { .. } => None,
            })
            .flat_map(|(name, results)| results.goals(name))
    }

    pub(crate) fn missed_a_goal(&self) -> bool {
        self.goals().any(|goal| !goal.reached)
    }

    pub(crate) fn failed(&self) -> bool {
        self.comparisons
            .iter()
            .any(|comparison| matches!(comparison.outcome, Outcome::Failed { .. }))
    }
}

impl Versions {
    pub(crate) fn of_server(cluster: &Cluster) -> Result<Self> {
        let row = cluster.client("bench", SUPERUSER)?.query_one(
            "select current_setting('server_version'), steward.version(), setting \
             from pg_catalog.pg_config where name = 'PKGLIBDIR'",
            &[],
        )?;
        Ok(Self {
            postgresql: row.get(0),
            steward: row.get(1),
            release_build: has_release_build(Path::new(row.get::<_, &str>(2))),
        })
    }
}

fn has_release_build(libraries: &Path) -> bool {
    let beside = env::current_exe()
        .unwrap_or_default()
        .with_file_name(format!("{DLL_PREFIX}steward{DLL_SUFFIX}"));
    let installed = libraries.join(format!("steward{DLL_SUFFIX}"));
    match (fs::read(beside), fs::read(installed)) {
        (Ok(beside), Ok(installed)) => beside == installed,
        _ => false,
    }
}

impl Results {
    /// Works the ratios out.
    pub(crate) fn of(comparison: &Comparison, measured: Measured) -> Self {
        let (clock, measured) = (measured.clock, measured.variants);
        let figures = Named::new(comparison, &measured);
        let ratios = comparison
            .ratios
            .iter()
            .map(|&ratio| figures.ratio(ratio))
            .collect();
        let limits = comparison
            .limits
            .iter()
            .map(|&limit| figures.limit(limit))
            .collect();
        let overheads: Vec<_> = comparison
            .variants
            .iter()
            .map(|variant| {
                variant
                    .over
                    .map(|_| median(&figures.quantity(Quantity::Overhead, variant.name)))
            })
            .collect();
        let variants = comparison
            .variants
            .iter()
            .zip(overheads)
            .zip(measured)
            .map(|((variant, overhead), measured)| VariantReport {
                name: variant.name,
                summary: Summary::of(&measured.measured),
                overhead,
                wall: (clock != Clock::Wall).then(|| median(&measured.by_wall)),
                retries: measured.retries,
                deadlocks: measured.deadlocks,
                figures: measured.measured,
            })
            .collect::<Vec<_>>();
        Self {
            unit: match comparison.unit {
                Unit::Time { of } => format!("seconds per {of}"),
                Unit::Throughput { of } => format!("{of}s per second"),
                Unit::Bytes { of } => format!("bytes per {of}"),
            },
            counted: comparison.unit,
            clock,
            repetitions: variants.first().map_or(0, |variant| variant.figures.len()),
            variants,
            ratios,
            limits,
        }
    }

    fn goals(&self, comparison: &'static str) -> impl Iterator<Item = GoalReport<'_>> {
        let ratios = self.ratios.iter().filter_map(move |ratio| {
            Some(GoalReport {
                comparison,
                subject: Subject::Ratio(ratio),
                reached: ratio.reached?,
            })
        });
        ratios.chain(self.limits.iter().map(move |limit| GoalReport {
            comparison,
            subject: Subject::Limit(limit),
            reached: limit.reached,
        }))
    }
}

/// The figures of a comparison, found by the variant's name.
struct Named<'a> {
    comparison: &'a Comparison,
    measured: &'a [Figures],
}

impl<'a> Named<'a> {
    const fn new(comparison: &'a Comparison, measured: &'a [Figures]) -> Self {
        Self {
            comparison,
            measured,
        }
    }

    fn ratio(&self, ratio: Ratio) -> RatioReport {
        let Ratio {
            quantity,
            of,
            against,
            goal,
        } = ratio;
        let estimate = ratio_of_medians(
            &self.quantity(quantity, of),
            &self.quantity(quantity, against),
        );
        RatioReport {
            quantity,
            of,
            against,
            ratio: estimate,
            goal,
            reached: goal.map(|goal| estimate.is_some_and(|ratio| goal.is_reached_by(ratio.value))),
        }
    }

    fn limit(&self, limit: Limit) -> LimitReport {
        let figures = &self.measured[self.place(limit.of)];
        let (is, most) = match limit.on {
            Limited::Seconds(most) => (median(&figures.measured), most),
            Limited::Deadlocks(most) => (f64::from(figures.deadlocks), f64::from(most)),
        };
        LimitReport {
            of: limit.of,
            limit: limit.on,
            is,
            reached: is <= most,
        }
    }

    /// One value for each repetition.
    fn quantity(&self, quantity: Quantity, variant: &str) -> Vec<f64> {
        let at = self.place(variant);
        let total = &self.measured[at].measured;
        let over = match quantity {
            Quantity::Total => return total.clone(),
            Quantity::Retries => return self.measured[at].retry_rates.clone(),
            Quantity::Overhead => self.comparison.variants[at].over,
        };
        let Some(over) = over else {
            panic!("variant {variant} has an overhead over nothing");
        };
        let over = &self.measured[self.place(over)].measured;
        total
            .iter()
            .zip(over)
            .map(|(all, bare)| all - bare)
            .collect()
    }

    fn place(&self, variant: &str) -> usize {
        self.comparison
            .variants
            .iter()
            .position(|candidate| candidate.name == variant)
            .unwrap_or_else(|| {
                panic!(
                    "comparison {} has no variant {variant}",
                    self.comparison.name
                )
            })
    }
}
