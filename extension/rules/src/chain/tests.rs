//! Every change to what is sealed changes the digest, and the row that was touched is named.

use proptest::prelude::*;

use super::{Anchor, Contents, Difference, Digest, Header, Kind, Position, first_difference, seal};

fn header() -> Header {
    Header {
        number: 7,
        kind: Kind::Rows,
        sealed_at: "2026-11-20 12:00:00+00".to_owned(),
        incarnation: -16_384,
        period: "2026-11-01 00:00:00+00".to_owned(),
        from: Position::before(700),
        up_to: Position {
            transaction: 750,
            sequence: Some(10),
        },
        rows: 3,
        next_transaction: 760,
        last_sequence: 12,
    }
}

fn digest(byte: u8) -> Digest {
    Digest([byte; 32])
}

fn contents(rows: &[(i64, u8)]) -> Contents {
    let mut contents = Contents::default();
    for (sequence, byte) in rows {
        contents.add(*sequence, digest(*byte));
    }
    contents
}

fn compare(sealed: &[(i64, u8)], present: &[(i64, u8)]) -> Option<Difference> {
    first_difference(
        contents(sealed).fingerprints(),
        contents(present).fingerprints(),
    )
}

/// The digests are kept in tables for years: they never change. (Worked out with Python's hashlib.)
#[test]
fn a_digest_is_what_it_was() {
    assert_eq!(
        contents(&[(1, 2)]).digest().to_string(),
        "53f71d1f3f1c9eb22ec00656d77a33f0ad0d06381fc0f1ec59ba3cb904e31c1b"
    );
    assert_eq!(
        seal(Some(digest(1)), &header(), digest(2)).to_string(),
        "eb872f1916e22c0000f35ba4b65b5359e3aabd8c322a418cb163c75fefd9d53b"
    );
}

#[test]
fn every_field_counts() {
    let sealed = seal(Some(digest(1)), &header(), digest(2));
    let changes: [fn(&mut Header); 12] = [
        |header| header.number = 8,
        |header| header.kind = Kind::Cut,
        |header| header.sealed_at.push('0'),
        |header| header.incarnation = 1,
        |header| header.period.clear(),
        |header| header.from.transaction = 699,
        |header| header.from.sequence = Some(0),
        |header| header.up_to.transaction = 751,
        |header| header.up_to.sequence = None,
        |header| header.rows = 2,
        |header| header.next_transaction = 0,
        |header| header.last_sequence = 13,
    ];
    for change in changes {
        let mut other = header();
        change(&mut other);
        assert_ne!(
            seal(Some(digest(1)), &other, digest(2)),
            sealed,
            "{other:?}"
        );
    }
    assert_ne!(seal(None, &header(), digest(2)), sealed);
    assert_ne!(seal(Some(digest(0)), &header(), digest(2)), sealed);
    assert_ne!(seal(Some(digest(1)), &header(), digest(3)), sealed);
    assert_eq!(seal(Some(digest(1)), &header(), digest(2)), sealed);
}

/// What lies between two texts belongs to one of them.
#[test]
fn texts_do_not_run_together() {
    let (mut one, mut other) = (header(), header());
    one.sealed_at = "ab".to_owned();
    one.period = "c".to_owned();
    other.sealed_at = "a".to_owned();
    other.period = "bc".to_owned();
    assert_ne!(seal(None, &one, digest(0)), seal(None, &other, digest(0)));
}

#[test]
fn the_first_difference_is_named() {
    let sealed = [(1, 1), (2, 2), (3, 3), (4, 4)];
    for (present, expected) in [
        (&[(1, 1), (2, 2), (3, 3), (4, 4)][..], None),
        (
            &[(1, 1), (2, 9), (3, 9), (4, 4)],
            Some(Difference::Changed(2)),
        ),
        (&[(1, 1), (3, 3), (4, 9)], Some(Difference::Removed(2))),
        (&[(1, 1), (2, 2), (3, 3)], Some(Difference::Removed(4))),
        (&[], Some(Difference::Removed(1))),
        (
            &[(1, 1), (9, 9), (2, 2), (3, 3), (4, 4)],
            Some(Difference::Inserted(9)),
        ),
        (
            &[(1, 1), (1, 1), (2, 2), (3, 3), (4, 4)],
            Some(Difference::Inserted(1)),
        ),
        (
            &[(1, 1), (2, 2), (3, 3), (4, 4), (4, 4)],
            Some(Difference::Inserted(4)),
        ),
        (
            &[(2, 2), (1, 1), (3, 3), (4, 4)],
            Some(Difference::Changed(2)),
        ),
    ] {
        assert_eq!(compare(&sealed, present), expected, "{present:?}");
    }
    assert_eq!(compare(&[], &[(5, 5)]), Some(Difference::Inserted(5)));
}

#[test]
fn an_anchor_is_read_as_it_is_written() {
    let anchor = Anchor {
        number: 12,
        digest: digest(0xab),
    };
    let text = anchor.to_string();
    assert_eq!(text, format!("12:{}", "ab".repeat(32)));
    assert_eq!(text.parse(), Ok(anchor));
    assert_eq!(format!(" {} ", text.to_uppercase()).parse(), Ok(anchor));
    for wrong in [
        "",
        "12",
        "12:",
        "12:ab",
        &format!("x:{}", "ab".repeat(32)),
        &format!("1:{}", "+1".repeat(32)),
        &format!("1:{}", "é".repeat(32)),
    ] {
        assert!(wrong.parse::<Anchor>().is_err(), "{wrong}");
    }
}

proptest! {
    /// Whatever one row becomes, it is found, and it is that row.
    #[test]
    fn one_tampered_row_is_found(
        rows in prop::collection::vec(any::<u8>(), 1..40),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let rows: Vec<(i64, u8)> = (0..).zip(rows).collect();
        let place = place.index(rows.len());
        let sequence = rows[place].0;
        let whole = contents(&rows).digest();

        let mut removed = rows.clone();
        removed.remove(place);
        prop_assert_eq!(compare(&rows, &removed), Some(Difference::Removed(sequence)));
        prop_assert_eq!(compare(&removed, &rows), Some(Difference::Inserted(sequence)));
        prop_assert_ne!(contents(&removed).digest(), whole);

        let mut changed = rows.clone();
        changed[place].1 = byte;
        let expected = (byte != rows[place].1).then_some(Difference::Changed(sequence));
        prop_assert_eq!(compare(&rows, &changed), expected);
        prop_assert_eq!(contents(&changed).digest() == whole, expected.is_none());
    }

    /// There is a difference exactly where the rows differ.
    #[test]
    fn no_difference_goes_unseen(
        one in prop::collection::vec((0_i64..6, 0_u8..3), 0..8),
        other in prop::collection::vec((0_i64..6, 0_u8..3), 0..8),
    ) {
        prop_assert_eq!(compare(&one, &other).is_none(), one == other);
        prop_assert_eq!(contents(&one).digest() == contents(&other).digest(), one == other);
    }
}
