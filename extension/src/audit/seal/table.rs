//! The table of a log's seals.
//!
//! It is bound to the log by its guard trigger, which is created `FROM` the log: so it is found whatever
//! the two are called, also after a restore.

use std::str::FromStr;

use pgrx::pg_sys;
use steward_rules::chain::{Anchor, Digest, Header, Kind, Position};

use crate::audit::log::Log;
use crate::audit::log::guard::{self, Door};
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::row::Sealed;

/// The columns, each with its type and comment.
const COLUMNS: [(&str, &str, &str); 16] = [
    ("number", "bigint primary key", "From 1, without gaps"),
    (
        "sealed_at",
        "timestamptz not null",
        "When the seal was made",
    ),
    (
        "kind",
        "text not null",
        "rows: these rows were there; cut: what was logged before the period was dropped on purpose",
    ),
    (
        "incarnation",
        "bigint not null",
        "The incarnation of the log that the rows were written in",
    ),
    (
        "period",
        "timestamptz not null",
        "Start of the period that all rows were logged in, or the time of a cut",
    ),
    (
        "from_transaction",
        "xid8 not null",
        "The first transaction that is covered",
    ),
    (
        "from_sequence",
        "bigint",
        "The first of its entries that is covered; NULL for all",
    ),
    (
        "up_to_transaction",
        "xid8 not null",
        "The first transaction that is not covered, or not wholly",
    ),
    (
        "up_to_sequence",
        "bigint",
        "The first of its entries that is not covered; NULL for all",
    ),
    (
        "rows",
        "bigint not null",
        "How many entries are covered, in the order of transaction and sequence",
    ),
    (
        "next_transaction",
        "xid8 not null",
        "The next transaction of the server before the seal was made",
    ),
    (
        "last_sequence",
        "bigint not null",
        "The last sequence number that was drawn before that",
    ),
    (
        "contents",
        "bytea not null",
        "SHA-256 over the digests of the entries",
    ),
    (
        "previous",
        "bytea",
        "Digest of the seal before; NULL for the first",
    ),
    (
        "digest",
        "bytea not null",
        "SHA-256 over all columns before this one",
    ),
    (
        "fingerprints",
        "bytea",
        "Sequence number and beginning of the digest of each entry; NULL after a cut",
    ),
];

/// The seals of a log. The table itself is closed.
pub(in crate::audit) struct Seals {
    pub(in crate::audit) oid: pg_sys::Oid,
    pub(super) name: String,
}

/// A seal as it is in the table.
pub(super) struct Seal {
    pub(super) header: Header,
    pub(super) contents: Digest,
    pub(super) previous: Option<Digest>,
    pub(super) digest: Digest,
    /// The period, to be compared with others.
    pub(super) period_in_seconds: f64,
    /// The start of the period that the seal was made in.
    pub(super) made_in_seconds: f64,
}

/// Makes the table of seals for a log that has none.
pub(in crate::audit) fn create_unless_present(log: &Log, free_name: impl FnOnce(&str) -> String) {
    if !bound_tables(log).is_empty() {
        return;
    }
    let table = name::qualified(&log.schema, &free_name("seals"));
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(|(column, definition, _)| format!("{column} {definition}"))
        .collect();
    let root = log.qualified_name();
    let function = format!("steward.{}('seals')", guard::FUNCTION);
    statement::run(&format!("create table {table} ({})", columns.join(", ")));
    statement::run(&format!(
        "create constraint trigger steward_guard after insert or update or delete on {table} from {root} \
         for each row execute function {function}"
    ));
    statement::run(&format!(
        "create trigger steward_guard_truncate before truncate on {table} \
         for each statement execute function {function}"
    ));
    let comment = format!("Seals of {root}: select * from steward.verify_audit('{root}')");
    statement::run(&format!(
        "comment on table {table} is {}",
        name::literal(&comment)
    ));
    for (column, _, comment) in COLUMNS {
        statement::run(&format!(
            "comment on column {table}.{column} is {}",
            name::literal(comment),
        ));
    }
}

/// The tables whose guard is bound to the log.
fn bound_tables(log: &Log) -> Vec<pg_sys::Oid> {
    let rows = statement::query(&format!(
        "select distinct tgrelid from pg_trigger \
         where tgconstrrelid = {} and tgfoid = 'steward.{}'::regproc order by 1",
        log.oid.to_u32(),
        guard::FUNCTION,
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok())
        .map(pg_sys::Oid::from)
        .collect()
}

/// Refuses a table whose columns are not those that were made: a type of the user's own brings functions that
/// would run with the rights of whoever reads it.
fn check_shape(table: &Relation) {
    let made = |definition: &str| match definition.split(' ').next() {
        Some("bigint") => pg_sys::INT8OID,
        Some("timestamptz") => pg_sys::TIMESTAMPTZOID,
        Some("xid8") => pg_sys::XID8OID,
        Some("bytea") => pg_sys::BYTEAOID,
        _ => pg_sys::TEXTOID,
    };
    let is_whole = COLUMNS.iter().all(|(name, definition, _)| {
        table
            .attribute(name)
            .is_some_and(|column| column.type_oid == made(definition) && !column.generated)
    });
    if is_whole {
        return;
    }
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("table {} is not the table of seals that create_audit_log makes", table.qualified_name()),
    )
    .detail("It is bound to the log as that one is, but a column is missing or of another type.")
    .hint("Restore the table from a dump; or drop it and call create_audit_log again, which makes an empty one.")
    .table(table)
    .raise()
}

impl Seals {
    /// The table of the log's seals, which has the log's owner: others can bind a table of theirs.
    pub(in crate::audit) fn of(log: &Log) -> Self {
        let owner = Relation::open(log.oid, Lock::AccessShare).owner();
        let found = bound_tables(log)
            .into_iter()
            .map(|oid| Relation::open(oid, Lock::AccessShare))
            .find(|table| table.owner() == owner);
        let Some(table) = found else {
            let log = Relation::open(log.oid, Lock::AccessShare);
            Report::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("log {} has no table of seals", log.qualified_name()),
            )
            .detail("It was dropped, or given to another owner than the log's.")
            .hint("Give it the log's owner; or call create_audit_log again, which makes an empty one.")
            .table(&log)
            .raise()
        };
        check_shape(&table);
        Self {
            oid: table.oid(),
            name: table.qualified_name(),
        }
    }

    /// The newest seal.
    pub(super) fn newest(&self) -> Option<Anchor> {
        let rows = statement::query(&format!(
            "select number, encode(digest, 'hex') from {} order by number desc limit 1",
            self.name,
        ));
        let mut row = rows.into_iter().next()?.into_iter();
        Some(Anchor {
            number: read(row.next().flatten()),
            digest: read(row.next().flatten()),
        })
    }

    /// How far each incarnation is sealed, those before a restore too.
    pub(in crate::audit) fn sealed(&self) -> Vec<Sealed> {
        let rows = statement::query(&format!(
            "select distinct on (incarnation) incarnation, up_to_transaction from {} where kind = 'rows' \
             order by incarnation, up_to_transaction desc",
            self.name,
        ));
        rows.into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                Sealed {
                    incarnation: read(row.next().flatten()),
                    up_to: read(row.next().flatten()),
                }
            })
            .collect()
    }

    /// A sequence number that all rows of transactions from `transaction` on are above.
    pub(super) fn sequence_before(&self, log: &Log, transaction: u64) -> Option<i64> {
        let rows = statement::query(&format!(
            "select max(last_sequence) from {} \
             where kind = 'rows' and incarnation = '{}' and next_transaction <= '{transaction}'",
            self.name,
            log.incarnation(),
        ));
        rows.first()?.first()?.as_deref()?.parse().ok()
    }

    /// All seals, the oldest first.
    pub(super) fn all(&self, log: &Log) -> Vec<Seal> {
        let rows = statement::query(&format!(
            "select number, kind, sealed_at, incarnation, period, from_transaction, from_sequence, up_to_transaction, \
                 up_to_sequence, rows, next_transaction, last_sequence, \
                 encode(contents, 'hex'), encode(previous, 'hex'), encode(digest, 'hex'), \
                 date_part('epoch', period), date_part('epoch', {}) \
             from {} order by number",
            log.period.start_of("sealed_at"),
            self.name,
        ));
        rows.into_iter().map(seal_of).collect()
    }

    pub(super) fn fingerprints(&self, number: u64) -> Option<Vec<u8>> {
        let mut fingerprints = None;
        statement::for_each_current_row(
            &format!(
                "select fingerprints from {} where number = {number}",
                self.name
            ),
            |row| fingerprints = row.value(1).as_bytes(),
        );
        fingerprints
    }

    /// Adds a seal.
    pub(super) fn add(&self, seal: &Seal, fingerprints: &[u8]) {
        let header = &seal.header;
        let sequence = |position: Position| {
            position
                .sequence
                .map_or_else(|| "null".to_owned(), |sequence| sequence.to_string())
        };
        let kind = match header.kind {
            Kind::Rows => "rows",
            Kind::Cut => "cut",
        };
        let fingerprints: String = fingerprints
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(u32::from(digit), 16))
            .collect();
        guard::writing(self.oid, Door::OneRow, || {
            statement::run(&format!(
                "insert into {table} values ({number}, {sealed_at}, '{kind}', '{incarnation}', {period}, '{from}', {from_sequence}, \
                     '{up_to}', {up_to_sequence}, {rows}, '{next_transaction}', {last_sequence}, \
                     '\\x{contents}', {previous}, '\\x{digest}', '\\x{fingerprints}')",
                table = self.name,
                number = header.number,
                sealed_at = name::literal(&header.sealed_at),
                incarnation = header.incarnation,
                period = name::literal(&header.period),
                from = header.from.transaction,
                from_sequence = sequence(header.from),
                up_to = header.up_to.transaction,
                up_to_sequence = sequence(header.up_to),
                rows = header.rows,
                next_transaction = header.next_transaction,
                last_sequence = header.last_sequence,
                contents = seal.contents,
                previous = seal
                    .previous
                    .map_or_else(|| "null".to_owned(), |digest| format!("'\\x{digest}'")),
                digest = seal.digest,
            ));
        });
    }

    /// Forgets the fingerprints of rows that are gone on purpose.
    pub(super) fn forget_fingerprints_before(&self, time: &str) {
        guard::writing(self.oid, Door::Change, || {
            statement::run(&format!(
                "update {} set fingerprints = null where kind = 'rows' and period < {} and fingerprints is not null",
                self.name,
                name::literal(time),
            ));
        });
    }
}

/// A seal from what `all` reads. Somebody may have put anything there: what cannot be read becomes zero, and
/// does not fit the digest.
fn seal_of(row: Vec<Option<String>>) -> Seal {
    let mut row = row.into_iter();
    let number = read(row.next().flatten());
    let kind = match row.next().flatten().as_deref() {
        Some("rows") => Kind::Rows,
        _ => Kind::Cut,
    };
    let mut text = || row.next().flatten();
    let header = Header {
        number,
        kind,
        sealed_at: text().unwrap_or_default(),
        incarnation: read(text()),
        period: text().unwrap_or_default(),
        from: position(text(), text()),
        up_to: position(text(), text()),
        rows: read(text()),
        next_transaction: read(text()),
        last_sequence: read(text()),
    };
    Seal {
        header,
        contents: read(text()),
        previous: text().map(|digest| read(Some(digest))),
        digest: read(text()),
        period_in_seconds: read(text()),
        made_in_seconds: read(text()),
    }
}

fn position(transaction: Option<String>, sequence: Option<String>) -> Position {
    Position {
        transaction: read(transaction),
        sequence: sequence.and_then(|sequence| sequence.parse().ok()),
    }
}

fn read<T: FromStr + Default>(value: Option<String>) -> T {
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}
