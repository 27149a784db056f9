//! The chain of seals that shows whether a log was tampered with.
//!
//! A seal covers rows by the digest of each, and the seal before it by that one's digest. So a row that
//! was changed, removed or put in later no longer fits its seal, and a seal that was changed no longer
//! fits the next; who keeps the newest digest elsewhere can hold it against the whole log.
//!
//! Besides, a seal keeps a short fingerprint of each row, by which the row that does not fit is named.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// The bytes of a fingerprint: the row's sequence number and the beginning of its digest.
pub const FINGERPRINT: usize = 16;

/// A SHA-256 digest; as text, hexadecimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A text that is no digest, or no anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRead;

impl FromStr for Digest {
    type Err = NotRead;

    fn from_str(text: &str) -> Result<Self, NotRead> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(NotRead);
        }
        let mut digest = [0; 32];
        for (byte, position) in digest.iter_mut().zip((0..64).step_by(2)) {
            let digits = &text[position..position + 2];
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(NotRead);
            }
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NotRead)?;
        }
        Ok(Self(digest))
    }
}

/// What is kept elsewhere of a seal, to be held against the log: as text `number:digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The number of the seal.
    pub number: u64,
    /// Its digest.
    pub digest: Digest,
}

impl fmt::Display for Anchor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.number, self.digest)
    }
}

impl FromStr for Anchor {
    type Err = NotRead;

    fn from_str(text: &str) -> Result<Self, NotRead> {
        let (number, digest) = text.trim().split_once(':').ok_or(NotRead)?;
        Ok(Self {
            number: number.parse().map_err(|_| NotRead)?,
            digest: digest.parse()?,
        })
    }
}

/// Where a row stands in the order in which rows are sealed. Without a sequence number: before all rows
/// of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The transaction that wrote the row.
    pub transaction: u64,
    /// The row's number.
    pub sequence: Option<i64>,
}

impl Position {
    /// Before all rows of `transaction`.
    #[must_use]
    pub const fn before(transaction: u64) -> Self {
        Self {
            transaction,
            sequence: None,
        }
    }
}

/// What a seal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// That these rows were there.
    Rows,
    /// That what was logged before its period was dropped on purpose.
    Cut,
}

/// What a seal says of itself and of its rows. All of it is part of the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// From 1, without gaps.
    pub number: u64,
    /// What the seal says.
    pub kind: Kind,
    /// When it was made, as the log's server shows it.
    pub sealed_at: String,
    /// The incarnation of the log that the rows were written in.
    pub incarnation: i64,
    /// The start of the period that all rows were logged in, or the time of a cut.
    pub period: String,
    /// The first position that is covered …
    pub from: Position,
    /// … and the first that is no longer.
    pub up_to: Position,
    /// How many rows are covered.
    pub rows: u64,
    /// The server's next transaction when the seal was made, and the last number drawn before that:
    /// later transactions have higher numbers.
    pub next_transaction: u64,
    /// See `next_transaction`.
    pub last_sequence: i64,
}

/// The digest of a seal: of everything that it says, of its rows, and of the seal before.
#[must_use]
pub fn seal(previous: Option<Digest>, header: &Header, contents: Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"steward seal 1\0");
    match previous {
        None => hash.update([0]),
        Some(digest) => {
            hash.update([1]);
            hash.update(digest.0);
        }
    }
    hash.update(header.number.to_be_bytes());
    hash.update([match header.kind {
        Kind::Rows => 0,
        Kind::Cut => 1,
    }]);
    for text in [&header.sealed_at, &header.period] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(header.incarnation.to_be_bytes());
    for position in [header.from, header.up_to] {
        hash.update(position.transaction.to_be_bytes());
        hash.update([u8::from(position.sequence.is_some())]);
        hash.update(position.sequence.unwrap_or_default().to_be_bytes());
    }
    hash.update(header.rows.to_be_bytes());
    hash.update(header.next_transaction.to_be_bytes());
    hash.update(header.last_sequence.to_be_bytes());
    hash.update(contents.0);
    Digest(hash.finalize().into())
}

/// The rows of a seal while they are read one after the other.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    hash: Sha256,
    fingerprints: Vec<u8>,
}

impl Contents {
    /// Adds a row: its number and its digest.
    pub fn add(&mut self, sequence: i64, row: Digest) {
        self.hash.update(sequence.to_be_bytes());
        self.hash.update(row.0);
        self.fingerprints.extend(sequence.to_be_bytes());
        self.fingerprints.extend(&row.0[..FINGERPRINT - 8]);
    }

    /// How many rows were added.
    #[must_use]
    pub fn rows(&self) -> u64 {
        (self.fingerprints.len() / FINGERPRINT) as u64
    }

    /// The digest of all rows.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(self.hash.clone().finalize().into())
    }

    /// The fingerprints of all rows, to be kept with the seal.
    #[must_use]
    pub fn fingerprints(&self) -> &[u8] {
        &self.fingerprints
    }
}

/// The first row that does not fit its seal, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The row is another than when it was sealed.
    Changed(i64),
    /// The row was there and is gone.
    Removed(i64),
    /// The row was not there.
    Inserted(i64),
}

/// Compares the fingerprints that a seal keeps with those of the rows that are there.
#[must_use]
pub fn first_difference(sealed: &[u8], present: &[u8]) -> Option<Difference> {
    let (sealed, present) = (read(sealed), read(present));
    let known: HashSet<i64> = sealed.iter().map(|row| row.0).collect();
    let there: HashSet<i64> = present.iter().map(|row| row.0).collect();
    let mut seen = HashSet::new();
    let (mut sealed, mut present) = (
        sealed.into_iter().peekable(),
        present.into_iter().peekable(),
    );
    loop {
        match (sealed.peek(), present.peek()) {
            (None, None) => return None,
            (Some(row), None) => return Some(Difference::Removed(row.0)),
            (None, Some(row)) => return Some(Difference::Inserted(row.0)),
            (Some(one), Some(other)) if one == other => {
                seen.insert(one.0);
            }
            (Some(one), Some(_)) if !there.contains(&one.0) => {
                return Some(Difference::Removed(one.0));
            }
            (Some(_), Some(other)) if !known.contains(&other.0) || seen.contains(&other.0) => {
                return Some(Difference::Inserted(other.0));
            }
            (Some(_), Some(other)) => return Some(Difference::Changed(other.0)),
        }
        sealed.next();
        present.next();
    }
}

/// The numbers and the beginnings of the digests.
fn read(fingerprints: &[u8]) -> Vec<(i64, [u8; FINGERPRINT - 8])> {
    fingerprints
        .as_chunks::<FINGERPRINT>()
        .0
        .iter()
        .map(|bytes| {
            let (sequence, digest) = bytes.split_at(8);
            let sequence = sequence.try_into().map(i64::from_be_bytes);
            (
                sequence.unwrap_or_default(),
                digest.try_into().unwrap_or_default(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
