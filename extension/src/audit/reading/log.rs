//! The entries of one row in a log that `create_audit_log` made.
//!
//! They are found by the hash of the key, which is indexed. A table is known by its oid, whatever it is
//! called now; in entries of another incarnation, as out of a dump, oids mean nothing, and the names count
//! that the table had.

use crate::audit::log::incarnation;
use crate::pg::name;
use crate::pg::statement;
use crate::pg::tuple::Row;

use super::audited::Audited;
use super::key::RowKey;

/// What an entry says of the row with the key that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It came into being, or got this key: `after` is the whole row.
    Arrival,
    /// It was deleted, or got another key: `before` is the whole row.
    Departure,
    /// Some of its columns changed: `before` and `after` hold those.
    Change,
    /// The table was emptied, and the row with it. What it was is not recorded.
    Truncation,
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) sequence: i64,
    pub(super) kind: Kind,
    /// The incarnation that it was written in, and the table or partition that fired.
    place: (String, String),
}

/// The log's entries about one row.
pub(super) struct RowLog<'question> {
    audited: &'question Audited,
    pub(super) key: &'question RowKey,
    /// The present one of the log.
    incarnation: String,
    tree: Vec<String>,
}

impl<'question> RowLog<'question> {
    pub(super) fn of(audited: &'question Audited, key: &'question RowKey) -> Self {
        let table = audited.table.oid().to_u32();
        let mut tree = vec![table.to_string()];
        let sql = format!(
            "select relid::pg_catalog.oid::pg_catalog.text from pg_catalog.pg_partition_tree({table}) \
             where level operator(pg_catalog.>) 0"
        );
        statement::for_each_row(&sql, |row| tree.extend(row.value(1).as_text()));
        Self {
            audited,
            key,
            incarnation: incarnation::of(audited.destination.oid()).to_string(),
            tree,
        }
    }

    /// The log's name, for the FROM clause.
    pub(super) fn name(&self) -> String {
        self.audited.destination.qualified_name()
    }

    /// The condition that the row `e` of the log is about this row.
    pub(super) fn is_of_row(&self) -> String {
        format!(
            "e.key_hash operator(pg_catalog.=) {}::pg_catalog.int8 and e.key operator(pg_catalog.=) {} and {}",
            name::literal(&self.key.hash().to_string()),
            self.key.literal(),
            self.is_of_table(),
        )
    }

    /// The condition that the row `e` of the log is a TRUNCATE of the table or of a partition.
    pub(super) fn is_truncation(&self) -> String {
        format!(
            "e.key_hash is null and e.key is null and e.action operator(pg_catalog.=) 'TRUNCATE' and {}",
            self.is_of_table(),
        )
    }

    /// In the present incarnation oids say which table it was: names can be given to another table, by whoever
    /// may rename. What became a partition later was a table by itself before.
    fn is_of_table(&self) -> String {
        let incarnation = name::literal(&self.incarnation);
        let table = &self.audited.table;
        format!(
            "((e.incarnation operator(pg_catalog.=) {incarnation}::pg_catalog.int8 \
                and (e.root_oid operator(pg_catalog.=) {}::pg_catalog.oid \
                    or e.table_oid operator(pg_catalog.=) any ('{{{}}}'::pg_catalog.oid[]))) \
             or (e.incarnation operator(pg_catalog.<>) {incarnation}::pg_catalog.int8 \
                and e.schema_name operator(pg_catalog.=) {} and e.table_name operator(pg_catalog.=) {}))",
            table.oid().to_u32(),
            self.tree.join(","),
            name::literal(&table.schema()),
            name::literal(&table.name()),
        )
    }

    /// What the row `e` of the log says, as the label of a [`Kind`].
    fn kind(&self) -> String {
        let holds_key = |side: &str| {
            let conditions: Vec<_> = self
                .key
                .names
                .iter()
                .map(|column| {
                    let column = name::literal(column);
                    format!(
                        "coalesce((e.{side} operator(pg_catalog.->) {column}::pg_catalog.text) operator(pg_catalog.=) \
                         (e.key operator(pg_catalog.->) {column}::pg_catalog.text), false)"
                    )
                })
                .collect();
            conditions.join(" and ")
        };
        // An UPDATE that left the key alone holds no column of it.
        format!(
            "case when e.action operator(pg_catalog.=) 'INSERT' then 'arrival' \
             when e.action operator(pg_catalog.=) 'DELETE' then 'departure' \
             when e.action operator(pg_catalog.=) 'TRUNCATE' then 'truncation' \
             when {} then 'departure' when {} then 'arrival' else 'change' end::pg_catalog.text",
            holds_key("before"),
            holds_key("after"),
        )
    }

    /// Calls `each` with every entry about the row, oldest first, and with a row that holds `columns`,
    /// which are SQL about `e`, from number 5 on. A TRUNCATE is among them where the row was there.
    pub(super) fn for_each_entry(&self, columns: &str, mut each: impl FnMut(&Entry, Row<'_>)) {
        let arm = |condition: &str| {
            format!(
                "select e.sequence, {}, e.incarnation::pg_catalog.text, e.table_oid::pg_catalog.text{columns} \
                 from {} as e where {condition}",
                self.kind(),
                self.name(),
            )
        };
        let sql = format!(
            "{} union all {} order by 1",
            arm(&self.is_of_row()),
            arm(&self.is_truncation()),
        );
        let mut last: Option<Entry> = None;
        statement::for_each_row_with(&sql, &[], self.audited.sight, |row| {
            let entry = Entry::read(row);
            if entry.kind == Kind::Truncation && !self.took_away(&entry, last.as_ref()) {
                return;
            }
            each(&entry, row);
            last = Some(entry);
        });
    }

    /// Calls `each` with the entry of that number, if it is about the row or a TRUNCATE of the table.
    pub(super) fn for_entry(
        &self,
        sequence: i64,
        columns: &str,
        mut each: impl FnMut(&Entry, Row<'_>),
    ) {
        let sql = format!(
            "select e.sequence, {}, e.incarnation::pg_catalog.text, e.table_oid::pg_catalog.text{columns} from {} as e \
             where (({}) or ({})) and e.sequence operator(pg_catalog.=) {sequence}",
            self.kind(),
            self.name(),
            self.is_of_row(),
            self.is_truncation(),
        );
        statement::for_each_row_with(&sql, &[], self.audited.sight, |row| {
            each(&Entry::read(row), row);
        });
    }

    /// True for a TRUNCATE of the table, or of the partition that the row was in.
    fn took_away(&self, truncation: &Entry, last: Option<&Entry>) -> bool {
        let (incarnation, table) = &truncation.place;
        let is_whole_table = *incarnation == self.incarnation && self.tree.first() == Some(table);
        last.is_some_and(|last| {
            matches!(last.kind, Kind::Arrival | Kind::Change)
                && (is_whole_table || last.place == truncation.place)
        })
    }
}

impl Entry {
    fn read(row: Row<'_>) -> Self {
        let text = |column| row.value(column).as_text().unwrap_or_default();
        Self {
            sequence: row.value(1).as_bigint(),
            kind: match text(2).as_str() {
                "arrival" => Kind::Arrival,
                "departure" => Kind::Departure,
                "truncation" => Kind::Truncation,
                _ => Kind::Change,
            },
            place: (text(3), text(4)),
        }
    }
}
