//! Medians, quartiles, and the ratio of two medians with an interval around it.
//!
//! Times on a shared machine have a long tail on one side, so nothing here is a mean. How far a ratio
//! can be trusted is found by the bootstrap: repetitions are drawn anew, with replacement, and the
//! ratio is worked out for each draw. Whole repetitions are drawn, so that what two variants suffered
//! together in one of them stays together.

use serde::Serialize;

use crate::random::Random;

/// How often repetitions are drawn anew.
const DRAWS: usize = 2_000;

/// The middle of some measurements, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) lower_quartile: f64,
    pub(crate) median: f64,
    pub(crate) upper_quartile: f64,
}

impl Summary {
    /// Of at least one measurement.
    pub(crate) fn of(measurements: &[f64]) -> Self {
        let sorted = sorted(measurements);
        Self {
            lower_quartile: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            upper_quartile: quantile(&sorted, 0.75),
        }
    }
}

/// A ratio, and the interval that holds it with a probability of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    /// Infinite, and null in JSON, where the divisor may be nothing.
    pub(crate) high: f64,
}

/// The median of `of` divided by the median of `against`. Measurements at the same place belong to
/// the same repetition. None where the divisor is not more than nothing, as an overhead may be that
/// is lost in the noise.
pub(crate) fn ratio_of_medians(of: &[f64], against: &[f64]) -> Option<Estimate> {
    assert_eq!(of.len(), against.len(), "repetitions are paired");
    let value = divide(median(of), median(against));
    if value.is_infinite() {
        return None;
    }
    let mut random = Random::new();
    let mut ratios: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn: Vec<usize> = of.iter().map(|_| random.below(of.len())).collect();
            let pick = |all: &[f64]| median(&drawn.iter().map(|&at| all[at]).collect::<Vec<_>>());
            divide(pick(of), pick(against))
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    Some(Estimate {
        value,
        low: nearest(&ratios, 0.025),
        high: nearest(&ratios, 0.975),
    })
}

pub(crate) fn median(measurements: &[f64]) -> f64 {
    quantile(&sorted(measurements), 0.5)
}

/// Nothing is as much as nothing, as where neither variant ever had to start anew.
fn divide(of: f64, against: f64) -> f64 {
    if against > 0.0 {
        of / against
    } else if of == 0.0 && against == 0.0 {
        1.0
    } else {
        f64::INFINITY
    }
}

fn sorted(measurements: &[f64]) -> Vec<f64> {
    let mut sorted = measurements.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// With linear interpolation between the two nearest measurements.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let position = position(sorted, part);
    let below = sorted[floor(position)];
    let above = sorted[floor(position.ceil())];
    below + (above - below) * position.fract()
}

/// Without interpolation, which infinite values do not take.
fn nearest(sorted: &[f64], part: f64) -> f64 {
    sorted[floor(position(sorted, part).round())]
}

#[expect(clippy::cast_precision_loss, reason = "nobody takes 2^52 measurements")]
fn position(sorted: &[f64], part: f64) -> f64 {
    assert!(!sorted.is_empty(), "nothing was measured");
    (sorted.len() - 1) as f64 * part
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place between the first and the last measurement"
)]
const fn floor(position: f64) -> usize {
    position as usize
}

#[cfg(test)]
mod tests {
    use super::{Summary, median, ratio_of_medians};

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn a_median_lies_in_the_middle_whatever_the_order() {
        assert!(close(median(&[9.0, 1.0, 3.0]), 3.0));
        assert!(close(median(&[4.0, 1.0, 3.0, 2.0]), 2.5));
        assert!(close(median(&[7.0]), 7.0));
    }

    #[test]
    fn quartiles_are_interpolated() {
        let summary = Summary::of(&[5.0, 1.0, 4.0, 2.0]);
        assert!(close(summary.lower_quartile, 1.75));
        assert!(close(summary.median, 3.0));
        assert!(close(summary.upper_quartile, 4.25));
    }

    #[test]
    fn one_wild_repetition_does_not_move_a_ratio() {
        let ratio = ratio_of_medians(&[2.0, 2.0, 2.0, 2.0, 900.0], &[4.0; 5]).expect("a ratio");
        assert!(close(ratio.value, 0.5));
    }

    #[test]
    fn the_interval_is_as_wide_as_the_repetitions_disagree() {
        let calm = ratio_of_medians(&[1.0; 15], &[1.0; 15]).expect("a ratio");
        assert!(close(calm.low, 1.0) && close(calm.high, 1.0));

        let noisy: Vec<f64> = (1..=15).map(f64::from).collect();
        let noisy = ratio_of_medians(&noisy, &[8.0; 15]).expect("a ratio");
        assert!(close(noisy.value, 1.0));
        assert!(noisy.low < 0.9 && noisy.high > 1.1, "{noisy:?}");
    }

    #[test]
    fn noise_that_two_variants_share_cancels_out() {
        let of: Vec<f64> = (1..=15).map(|run| 3.0 * f64::from(run)).collect();
        let against: Vec<f64> = (1..=15).map(f64::from).collect();
        let ratio = ratio_of_medians(&of, &against).expect("a ratio");
        assert!(close(ratio.low, 3.0) && close(ratio.high, 3.0), "{ratio:?}");
    }

    #[test]
    fn nothing_is_divided_by_an_overhead_of_nothing() {
        assert_eq!(ratio_of_medians(&[1.0, 2.0], &[-1.0, 0.5]), None);
    }

    #[test]
    fn nothing_is_as_much_as_nothing() {
        let ratio = ratio_of_medians(&[0.0; 3], &[0.0; 3]).expect("a ratio");
        assert!(close(ratio.value, 1.0));
        assert_eq!(ratio_of_medians(&[0.1; 3], &[0.0; 3]), None);
    }

    #[test]
    fn an_overhead_that_may_be_nothing_leaves_the_interval_open() {
        let ratio = ratio_of_medians(&[1.0; 3], &[-1.0, 1.0, 1.0]).expect("a ratio");
        assert!(ratio.high.is_infinite());
    }
}
