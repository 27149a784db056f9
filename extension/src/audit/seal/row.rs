//! The rows of a log as they are sealed: their order, and the digest of each.

use steward_rules::chain::{Digest, Position};

use crate::audit::log::Log;
use crate::pg::tuple::Row;

/// The columns that are sealed, in this order for ever. What is added to a log by hand is not.
const COLUMNS: [&str; 19] = [
    "sequence",
    "logged_at",
    "transaction",
    "transaction_at",
    "key_hash",
    "incarnation",
    "table_oid",
    "root_oid",
    "action",
    "schema_name",
    "table_name",
    "key",
    "before",
    "after",
    "actor",
    "actor_source",
    "session_role",
    "invoking_role",
    "application_name",
];

/// The digest of a row, as SQL: of each value its text under the settings of the functions that use it,
/// behind its length, or `-` for NULL. The length counts characters, so that it survives a dump into a
/// database of another encoding.
fn digest() -> String {
    let values = COLUMNS
        .map(|column| format!("coalesce(length({column}::text) || ':' || {column}::text, '-')"));
    format!("sha256(convert_to(concat({}), 'UTF8'))", values.join(", "))
}

/// A query for the rows that meet `condition`, in the order in which they are sealed: incarnation, the
/// start of the period as text, transaction, sequence, digest.
///
/// Rows of one period stand together, so that a partition that is dropped takes whole seals along. The
/// digests are worked out before sorting, so that the rows themselves are not sorted.
pub(super) fn in_order(log: &Log, condition: &str) -> String {
    format!(
        "select incarnation, convert_to(period::text, 'UTF8'), transaction, sequence, digest from (
             select incarnation, {} as period, transaction, sequence, {} as digest
             from {} where {condition} offset 0
         ) as r
         order by incarnation, period, transaction, sequence",
        log.period.start_of("logged_at"),
        digest(),
        log.qualified_name(),
    )
}

/// A row as [`in_order`] reads it.
pub(super) struct Entry {
    pub(super) incarnation: i64,
    pub(super) period: String,
    pub(super) sequence: i64,
    pub(super) position: Position,
    pub(super) digest: Digest,
}

impl Entry {
    pub(super) fn of(row: Row<'_>) -> Self {
        let period = row.value(2).as_bytes().unwrap_or_default();
        let digest = row.value(5).as_bytes().unwrap_or_default();
        let sequence = row.value(4).as_bigint();
        Self {
            incarnation: row.value(1).as_bigint(),
            period: String::from_utf8(period).unwrap_or_default(),
            sequence,
            position: Position {
                transaction: row.value(3).as_bigint().cast_unsigned(),
                sequence: Some(sequence),
            },
            digest: Digest(digest.try_into().unwrap_or_default()),
        }
    }
}

/// How far the rows of one incarnation are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) struct Sealed {
    pub(super) incarnation: i64,
    /// The first transaction that is not.
    pub(super) up_to: u64,
}

/// The rows that have to be sealed, as SQL.
pub(in crate::audit) fn sealed_condition(log: &Log, sealed: &[Sealed]) -> String {
    let own = log.incarnation();
    let Some(sealed) = sealed.iter().find(|sealed| sealed.incarnation == own) else {
        let incarnations = sealed.iter().map(|sealed| {
            format!(
                "incarnation = '{}' and transaction < '{}'",
                sealed.incarnation, sealed.up_to
            )
        });
        return format!("({})", incarnations.collect::<Vec<_>>().join(" or "));
    };
    // What was restored was sealed before anything of the log's own was.
    format!(
        "(incarnation <> '{own}' or transaction < '{}')",
        sealed.up_to
    )
}
