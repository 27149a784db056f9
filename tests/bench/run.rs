//! Runs a comparison: in every repetition each variant once, in another order than before, so that a
//! machine that slows down or speeds up does so for all of them.

use std::time::{Duration, Instant};

use postgres::Client;
use steward_toolkit::cluster::Cluster;
use steward_toolkit::error::{Error, Result};

use crate::clock::Clock;
use crate::comparison::{Comparison, Fixture, Unit, Variant};
use crate::place::{Place, start_server};
use crate::report::Versions;

/// Fewer repetitions say nothing, whatever the time.
const FEWEST_REPETITIONS: u32 = 3;

/// How often a comparison is repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repetitions {
    pub(crate) wanted: u32,
    /// No repetition is begun after this time.
    pub(crate) time_limit: Duration,
}

/// What was measured.
pub(crate) struct Measured {
    pub(crate) versions: Versions,
    pub(crate) clock: Clock,
    /// In the order of the comparison's variants.
    pub(crate) variants: Vec<Figures>,
}

/// The figures of one variant, one for each repetition, and what is counted over all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) measured: Vec<f64>,
    pub(crate) by_wall: Vec<f64>,
    pub(crate) retry_rates: Vec<f64>,
    pub(crate) retries: u32,
    pub(crate) deadlocks: u32,
}

/// Measures all variants on a server that exists for nothing else.
pub(crate) fn run(comparison: &mut Comparison, repetitions: Repetitions) -> Result<Measured> {
    let cluster = start_server(comparison.durability)?;
    let versions = Versions::of_server(&cluster)?;
    let (fixture, unit) = (comparison.fixture, comparison.unit);
    let clock = comparison.clock.or_what_there_is();
    let mut contestants = comparison
        .variants
        .iter_mut()
        .map(|variant| Contestant::new(&cluster, variant))
        .collect::<Result<Vec<_>>>()?;

    // Not counted: it loads libraries and fills caches.
    for contestant in &mut contestants {
        contestant.set_up()?;
        contestant.measure(unit, clock)?;
        contestant.prove()?;
    }
    for contestant in &mut contestants {
        contestant.figures = Figures::default();
    }

    let started = Instant::now();
    for repetition in 0..repetitions.wanted {
        if repetition >= FEWEST_REPETITIONS && started.elapsed() > repetitions.time_limit {
            break;
        }
        for at in order(repetition, contestants.len()) {
            match fixture {
                Fixture::Fresh => contestants[at].set_up()?,
                Fixture::Kept => contestants[at].restore()?,
            }
            contestants[at].measure(unit, clock)?;
        }
    }
    Ok(Measured {
        versions,
        clock,
        variants: contestants
            .into_iter()
            .map(|contestant| contestant.figures)
            .collect(),
    })
}

/// A variant on its server. Its session lasts as long as the comparison, as an application's does.
struct Contestant<'a> {
    variant: &'a mut Variant,
    place: Place<'a>,
    client: Client,
    figures: Figures,
}

impl<'a> Contestant<'a> {
    fn new(cluster: &'a Cluster, variant: &'a mut Variant) -> Result<Self> {
        let place = Place::of_variant(cluster, variant.name);
        Ok(Self {
            client: place.connect()?,
            variant,
            place,
            figures: Figures::default(),
        })
    }

    fn set_up(&mut self) -> Result<()> {
        self.place.clear(&mut self.client)?;
        Ok(self.client.batch_execute(&self.variant.setup)?)
    }

    fn restore(&mut self) -> Result<()> {
        Ok(self.client.batch_execute(&self.variant.restore)?)
    }

    fn prove(&mut self) -> Result<()> {
        let row = self.client.query_one(&self.variant.proof, &[])?;
        if row.get::<_, Option<bool>>(0) == Some(true) {
            return Ok(());
        }
        Err(
            Error::failure(format!("variant {} did not do its work", self.variant.name))
                .detail(format!("Not true: {}", self.variant.proof)),
        )
    }

    fn measure(&mut self, unit: Unit, clock: Clock) -> Result<()> {
        self.place.vacuum(&mut self.client)?;
        let sample = self
            .variant
            .work
            .measure(&self.place, &mut self.client, clock)?;
        let figures = &mut self.figures;
        figures.measured.push(sample.figure(unit));
        figures.by_wall.push(sample.wall_figure(unit));
        figures.retry_rates.push(sample.retry_rate());
        figures.retries += sample.retries;
        figures.deadlocks += sample.deadlocks;
        Ok(())
    }
}

/// Each variant begins a repetition as often as any other, and every second round goes backwards, so
/// that none always comes after the same one.
fn order(repetition: u32, variants: usize) -> Vec<usize> {
    let repetition = repetition as usize;
    let mut order: Vec<usize> = (0..variants).collect();
    order.rotate_left(repetition % variants);
    if (repetition / variants) % 2 == 1 {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn every_variant_runs_once_in_a_repetition() {
        for repetition in 0..12 {
            let mut variants = order(repetition, 4);
            variants.sort_unstable();
            assert_eq!(variants, [0, 1, 2, 3]);
        }
    }

    #[test]
    fn every_variant_begins_and_none_always_follows_the_same() {
        let orders: Vec<_> = (0..6).map(|repetition| order(repetition, 3)).collect();
        assert_eq!(orders[0], [0, 1, 2]);
        assert_eq!(orders[1], [1, 2, 0]);
        assert_eq!(orders[3], [2, 1, 0]);
        for variant in 0..3 {
            assert!(orders.iter().any(|order| order[0] == variant));
        }
    }
}
