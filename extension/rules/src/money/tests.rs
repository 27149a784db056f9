//! Amounts against plain arithmetic.

use proptest::prelude::*;

use super::{Money, UNIT};

/// As PostgreSQL stores it.
fn digits(mut units: u128) -> (i32, Vec<u16>) {
    let mut digits = Vec::new();
    while units > 0 {
        digits.push(u16::try_from(units % 10_000).expect("a digit"));
        units /= 10_000;
    }
    digits.reverse();
    let weight = i32::try_from(digits.len()).expect("few digits") - 1 - 3;
    (weight, digits)
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_stored(units in -(10_i128.pow(26))..10_i128.pow(26)) {
        let (weight, digits) = digits(units.unsigned_abs());
        let read = Money::from_digits(units < 0, weight, digits.into_iter());
        prop_assert_eq!(read, Some(Money(units)));
    }

    #[test]
    fn what_is_shown_can_be_read(units in -(10_i128.pow(26))..10_i128.pow(26)) {
        prop_assert_eq!(Money::parse(&Money(units).to_string()), Some(Money(units)));
    }

    #[test]
    fn what_is_shown_is_the_amount(units in -(10_i128.pow(26))..10_i128.pow(26)) {
        let text = Money(units).to_string();
        let (whole, places) = text.split_once('.').expect("a point");
        let magnitude: i128 = format!("{}{places:0<12}", whole.trim_start_matches('-')).parse().expect("digits");
        prop_assert_eq!(if text.starts_with('-') { -magnitude } else { magnitude }, units);
        prop_assert!(places.len() >= 2);
    }
}

#[test]
fn what_does_not_fit_is_none() {
    // A digit behind the twelfth place.
    assert_eq!(Money::from_digits(false, -4, [1].into_iter()), None);
    assert_eq!(
        Money::from_digits(false, -4, [0].into_iter()),
        Some(Money::ZERO)
    );
    assert_eq!(Money::from_digits(false, 7, [1].into_iter()), None);
    assert_eq!(Money::from_digits(false, 2000, [1].into_iter()), None);
    assert_eq!(
        Money::from_digits(true, 0, [7].into_iter()),
        Some(Money::from_integer(-7))
    );
}

#[test]
fn fractions_and_percents() {
    let hundred = Money::from_integer(100);
    assert_eq!(hundred.times(Money(UNIT * 8 / 10)), Money::from_integer(80));
    assert_eq!(Money::from_integer(79).percent_of(hundred), Some(79));
    assert_eq!(Money(UNIT * 799 / 10).percent_of(hundred), Some(79));
    assert_eq!(hundred.percent_of(Money::ZERO), None);
    assert_eq!(Money::from_integer(1).to_string(), "1.00");
    assert_eq!(Money(125_000_000).to_string(), "0.000125");
    assert_eq!(Money(-125_000_000).to_string(), "-0.000125");
    for no_amount in [
        "NaN",
        "Infinity",
        "-Infinity",
        "",
        "1.",
        "+1",
        "1e5",
        "0.0000000000001",
    ] {
        let expected = (no_amount == "1.").then_some(Money::from_integer(1));
        assert_eq!(Money::parse(no_amount), expected, "{no_amount}");
    }
    assert_eq!(Money::parse("0.5000000000000000"), Some(Money(UNIT / 2)));
    let huge = Money(10_i128.pow(33));
    assert_eq!(huge.times(Money(UNIT / 2)), Money(10_i128.pow(33) / 2));
}

#[test]
fn a_sum_can_be_more_than_one_amount() {
    let largest = Money(Money::LARGEST_READ);
    let sum = largest + largest;
    assert_eq!(Money::parse(&largest.to_string()), Some(largest));
    assert_eq!(Money::parse(&sum.to_string()), None);
    assert_eq!(Money::parse_sum(&sum.to_string()), Some(sum));
    assert_eq!(Money::parse_sum(&(-sum).to_string()), Some(-sum));
    let (weight, digits) = digits(sum.0.unsigned_abs());
    assert_eq!(
        Money::from_digits(false, weight, digits.into_iter()),
        Some(sum)
    );
    assert!(largest.is_one_amount() && !sum.is_one_amount());
}
