//! Reading entries of one log, as of one moment.

use postgres::{Client, IsolationLevel, Transaction};

use super::columns::Field;
use super::condition::{Condition, Order, Period};
use super::cursor::{Cursor, Encoding};
use super::entry::Entry;
use super::log::{Log, Usable};
use super::moment::Moment;
use super::subject::Subject;
use crate::cli::Filter;
use crate::engine::simple_query::rows;
use crate::error::{Error, Result};
use crate::extension;

/// How far back a look for the newest entries goes at first, and then, in entries for each that is wanted.
const LOOKS: [i64; 2] = [10, 1000];

/// What audit triggers wrote under, so that a key is compared with what they wrote; and nothing is found
/// by a `search_path` that somebody set.
const AS_AUDIT_TRIGGERS_WRITE: &str = "
    set local search_path = pg_catalog;
    set local timezone = 'UTC';
    set local datestyle = 'ISO, YMD';
    set local intervalstyle = 'postgres';
    set local bytea_output = 'hex'";

/// Entries of a log that are being read.
pub struct Reading<'client> {
    transaction: Transaction<'client>,
    /// The log.
    pub log: Log,
    subject: Option<Subject>,
    condition: Condition,
}

impl<'client> Reading<'client> {
    /// Finds the log of that name, or the only one, and makes out which entries are asked for.
    ///
    /// # Errors
    /// There is no extension or no such log; the filter asks for what the log cannot tell.
    pub fn begin(client: &'client mut Client, log: Option<&str>, filter: &Filter) -> Result<Self> {
        let mut transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()?;
        extension::must_be_there(&mut transaction)?;
        let subject = match &filter.table {
            Some(table) => Some(Subject::named(&mut transaction, table)?),
            None => None,
        };
        let written_by = subject.as_ref().and_then(Subject::oid);
        let log = Log::find(&mut transaction, log, Usable::ToRead, written_by)?;
        // Before the settings are made: a time without a zone is one of the session's.
        let period = Period {
            since: read(&mut transaction, filter.since.as_ref(), "--since")?,
            until: read(&mut transaction, filter.until.as_ref(), "--until")?,
        };
        transaction.batch_execute(AS_AUDIT_TRIGGERS_WRITE)?;
        let condition = Condition::of(&mut transaction, &log, filter, subject.as_ref(), &period)?;
        Ok(Self {
            transaction,
            log,
            subject,
            condition,
        })
    }

    /// The newest entries, at most so many, newest first.
    ///
    /// # Errors
    /// The role may not read the log.
    pub fn newest(&mut self, limit: u32) -> Result<Vec<Entry>> {
        let condition = self.condition.sql.clone();
        let limit_clause = format!("limit {limit}");
        for lowest in self.first_looks(limit)? {
            let recent = format!("e.sequence > {lowest} and {condition}");
            let found = self.entries(&recent, "desc", &limit_clause)?;
            if u32::try_from(found.len()) == Ok(limit) {
                return Ok(found);
            }
        }
        let found = self.entries(&condition, "desc", &limit_clause)?;
        self.check_found(found.len())?;
        Ok(found)
    }

    /// The entry of that number, or with that primary key.
    ///
    /// # Errors
    /// There is none, or the role may not read the log.
    pub fn entry(&mut self, written: &str) -> Result<Entry> {
        let column = self.log.columns.identity().ok_or_else(|| {
            Error::usage(format!(
                "table {} has no primary key of one column",
                self.log.name
            ))
            .detail("Its entries cannot be told apart by name.")
        })?;
        if !column.can_hold(written) {
            return Err(Error::usage(format!(
                "\"{written}\" is not an entry of {}",
                self.log.name
            ))
            .detail(format!("An entry is named by its {}.", column.name))
            .hint("\"steward audit log\" lists entries in its first column."));
        }
        let is_it = format!("{} = {}", column.sql(), column.literal(written));
        let mut found = self.entries(&is_it, "desc", "limit 1")?;
        found.pop().ok_or_else(|| {
            Error::failure(format!(
                "{} has no entry {written} that you may see",
                self.log.name
            ))
            .hint("\"steward audit log\" lists entries in its first column.")
        })
    }

    /// A cursor over all entries, oldest first.
    ///
    /// # Errors
    /// The role may not read the log.
    pub fn export(self, encoding: Encoding) -> Result<Cursor<'client>> {
        Cursor::open(self, encoding)
    }

    /// The names of the fields of an entry.
    #[must_use]
    pub fn fields(&self) -> Vec<&'static str> {
        let fields = self.log.columns.fields();
        fields.iter().map(|field| field.name).collect()
    }

    /// Complains where a table that is not there made nothing match.
    pub(super) fn check_found(&self, found: usize) -> Result<()> {
        match &self.subject {
            Some(subject) if found == 0 => subject.must_be_there(&self.log),
            _ => Ok(()),
        }
    }

    /// The clauses from FROM on, `direction` being that of time.
    pub(super) fn clauses(&self, condition: &str, direction: &str) -> String {
        format!(
            "from {} as e where {condition} {}",
            self.log.name,
            self.order(direction)
        )
    }

    pub(super) fn condition(&self) -> &str {
        &self.condition.sql
    }

    pub(super) fn query(&mut self, sql: &str) -> Result<Vec<postgres::SimpleQueryRow>> {
        rows(&mut self.transaction, sql).map_err(|error| about_rights(error, &self.log))
    }

    fn entries(&mut self, condition: &str, direction: &str, limit: &str) -> Result<Vec<Entry>> {
        let fields = self.log.columns.fields();
        let values: Vec<_> = fields
            .iter()
            .map(|Field { sql, .. }| sql.as_str())
            .collect();
        let sql = format!(
            "select {} {} {limit}",
            values.join(", "),
            self.clauses(condition, direction)
        );
        let found = self.query(&sql)?;
        Ok(found
            .iter()
            .map(|row| Entry::from_row(&fields, row))
            .collect())
    }

    /// Numbers from which on the newest entries are probably found. No index gives them in their order,
    /// and a log is long; but the index of its numbers says where those from a number on are.
    fn first_looks(&mut self, limit: u32) -> Result<Vec<i64>> {
        if !self.log.is_log || self.condition.order != Order::Time {
            return Ok(Vec::new());
        }
        // The sequence tells its last number to who may read it, who are few; the last transactions tell
        // it to everybody else. A number that is too low costs time, nothing else.
        let sql = format!(
            "select coalesce(
                 (select s.last_value
                    from pg_catalog.pg_depend as d
                    join pg_catalog.pg_class as c on c.oid = d.objid and c.relkind = 'S'
                    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
                    join pg_catalog.pg_sequences as s on s.schemaname = n.nspname and s.sequencename = c.relname
                   where d.refobjid = {oid} and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   limit 1),
                 (select max(e.sequence) from {log} as e
                   where e.transaction >= greatest(0, {newest}::text::bigint - 10000)::text::xid8)) as last",
            newest = "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())",
            oid = self.log.oid,
            log = self.log.name,
        );
        let found = self.query(&sql)?;
        let last: Option<i64> = found.first().and_then(|row| row.get("last")?.parse().ok());
        Ok(last.map_or_else(Vec::new, |last| {
            LOOKS
                .iter()
                .map(|entries| last.saturating_sub(i64::from(limit) * entries))
                .filter(|lowest| *lowest > 0)
                .collect()
        }))
    }

    /// The order of time: by number, which is also that of a row's changes; by time, where that is what
    /// the index of users gives, and in a table of the user's own.
    fn order(&self, direction: &str) -> String {
        let columns = &self.log.columns;
        let by_number = self.log.is_log && self.condition.order != Order::User;
        let time = columns.time().filter(|_| !by_number);
        let order: Vec<_> = [time, columns.identity()]
            .into_iter()
            .flatten()
            .map(|column| format!("{} {direction}", column.sql()))
            .collect();
        if order.is_empty() {
            return String::new();
        }
        format!("order by {}", order.join(", "))
    }
}

/// A time, as PostgreSQL writes it; read here once, so that it means the same in every statement.
fn read(
    transaction: &mut Transaction,
    moment: Option<&Moment>,
    argument: &str,
) -> Result<Option<String>> {
    let Some(moment) = moment else {
        return Ok(None);
    };
    let found = rows(
        transaction,
        &format!(
            "select pg_catalog.to_json({}) #>> '{{}}' as time",
            moment.sql()
        ),
    )
    .map_err(|error| error.context(argument))?;
    Ok(found
        .first()
        .and_then(|row| row.get("time"))
        .map(ToOwned::to_owned))
}

/// Tells who may not read the log what to ask its owner for.
fn about_rights(error: Error, log: &Log) -> Error {
    if error.sqlstate() != Some("42501") {
        return error;
    }
    error.and_hint(format!(
        "Its owner can let you read it: grant usage on schema {} to ...; grant select on {} to ...;",
        log.schema, log.name
    ))
}
