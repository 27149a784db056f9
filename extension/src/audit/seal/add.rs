//! Adding to the chain: `seal_audit`, and the seal that records a cut.

use pgrx::pg_sys;
use steward_rules::chain::{self, Anchor, Contents, Header, Kind, Position};

use crate::audit::log::{self, Log};
use crate::pg::function::Arguments;
use crate::pg::lock::{Class, Lock, Mode};
use crate::pg::relation;
use crate::pg::sequence;
use crate::pg::statement;
use crate::pg::transaction::{self, Whereabouts};

use super::row;
use super::table::{Seal, Seals};

/// The most rows that a seal covers. Its fingerprints are then a value of 160 kilobytes.
const MOST_ROWS: u64 = 10_000;

/// Keeps others from sealing and trimming the log to the end of the transaction. To be taken before the
/// log is opened: who waits for it must not stand in the way of who drops a partition.
pub(in crate::audit) fn lock(log: pg_sys::Oid) {
    Lock::on(Class::Seal, log, b"").acquire(Mode::Exclusive);
}

/// `steward.seal_audit(log)`.
pub(super) fn seal_audit(arguments: &Arguments) -> Option<String> {
    let log: pg_sys::Oid = arguments.required(0, "log");
    lock(log);
    log::maintained(log, seal)
}

fn seal(log: &Log) -> Option<String> {
    let seals = Seals::of(log);
    super::check_all_rows_are_visible(log, &seals);
    let mut chain = Chain::of(log, &seals);
    let sealed = seals.sealed();
    let up_to = |incarnation: i64| {
        let sealed = sealed
            .iter()
            .find(|sealed| sealed.incarnation == incarnation);
        sealed.map_or(0, |sealed| sealed.up_to)
    };
    let own = log.incarnation();
    // What was restored is not added to any more: it is sealed once and for all, before anything else.
    if !sealed.iter().any(|sealed| sealed.incarnation == own) {
        for restored in restored_incarnations(log) {
            chain.add_rows(restored, up_to(restored), u64::MAX, None);
        }
    }
    let from = up_to(own);
    let bound = seals.sequence_before(log, from);
    let oldest_running = chain.moment.oldest_running;
    chain.add_rows(own, from, oldest_running, bound);
    chain.newest.map(|anchor| anchor.to_string())
}

/// Records that what was logged before `time` is dropped on purpose.
pub(in crate::audit) fn cut(log: &Log, seals: &Seals, time: &str) {
    let mut chain = Chain::of(log, seals);
    let nowhere = Position::before(0);
    chain.add(
        Covered {
            kind: Kind::Cut,
            incarnation: log.incarnation(),
            period: time.to_owned(),
            from: nowhere,
            up_to: nowhere,
        },
        &Contents::default(),
    );
    seals.forget_fingerprints_before(time);
}

/// The other incarnations whose rows are here, the oldest first.
fn restored_incarnations(log: &Log) -> Vec<i64> {
    let rows = statement::query(&format!(
        "select incarnation from {} where incarnation <> '{}' group by incarnation order by min(sequence)",
        log.qualified_name(),
        log.incarnation(),
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse().ok())
        .collect()
}

/// The moment of sealing.
struct Moment {
    sealed_at: String,
    /// Transactions below it are over, or run in another database; what they wrote is visible from now on.
    oldest_running: u64,
    next_transaction: u64,
    last_sequence: i64,
}

impl Moment {
    /// The sequence is looked at first: what a transaction that gets its number after `next_transaction`
    /// was read draws from it is higher. (The snapshot's end will not do: it may lie below the number of
    /// a transaction that has written already.)
    fn now(log: &Log) -> Self {
        let last_sequence = last_number(log).unwrap_or(i64::MIN);
        let next_transaction = transaction::next_full_id();
        // A transaction of which one cannot tell any more where it ran has ended since: the next look does not
        // find it. Where many come and go, some is taken for one of this database in the end, which only
        // leaves more to the next seal.
        let mut looks = 0;
        loop {
            let (sealed_at, running) = Running::now();
            looks += 1;
            if running.all_are_known() || looks == MOST_LOOKS {
                return Self {
                    sealed_at,
                    oldest_running: running.oldest_here(),
                    next_transaction,
                    last_sequence,
                };
            }
        }
    }
}

/// How often the transactions that are running are looked at.
const MOST_LOOKS: u32 = 20;

/// The transactions that run at one moment.
struct Running {
    /// Those that are not over, the sealer's own among them, and where they run.
    transactions: Vec<(u64, Whereabouts)>,
    /// Everything below is over, or among those.
    all_over_below: u64,
}

impl Running {
    fn now() -> (String, Self) {
        let prepared = |elsewhere: &str| {
            format!(
                "array_to_string(array(select transaction from pg_prepared_xacts \
                 where database {elsewhere} current_database()), ' ')"
            )
        };
        let rows = statement::query(&format!(
            "select clock_timestamp(), pg_snapshot_xmax(s),
                 concat_ws(' ', pg_current_xact_id_if_assigned(), array_to_string(array(select pg_snapshot_xip(s)), ' ')),
                 {}, {}
             from pg_current_snapshot() as s",
            prepared("="),
            prepared("<>"),
        ));
        let mut row = rows.into_iter().flatten().map(Option::unwrap_or_default);
        let mut text = || row.next().unwrap_or_default();
        let (sealed_at, all_over_below) = (text(), text().parse().unwrap_or_default());
        let (running, here, elsewhere) = (text(), text(), text());
        let is_among = |prepared: &str, number: u32| {
            prepared
                .split_whitespace()
                .any(|one| one == number.to_string())
        };
        let whereabouts = |transaction: u64| {
            let number = transaction::lower_half(transaction);
            if is_among(&here, number) {
                Whereabouts::Here
            } else if is_among(&elsewhere, number) {
                Whereabouts::Elsewhere
            } else {
                transaction::whereabouts(number)
            }
        };
        let transactions = running
            .split_whitespace()
            .filter_map(|transaction| transaction.parse().ok())
            .map(|transaction| (transaction, whereabouts(transaction)));
        let running = Self {
            transactions: transactions.collect(),
            all_over_below,
        };
        (sealed_at, running)
    }

    fn all_are_known(&self) -> bool {
        let unknown = |(_, whereabouts): &(u64, Whereabouts)| *whereabouts == Whereabouts::Unknown;
        !self.transactions.iter().any(unknown)
    }

    /// The oldest of the transactions that may have written the log. One that runs in another database cannot,
    /// however long it takes. The sealer's own number may lie above the snapshot's end, and others that are not
    /// over between the two.
    fn oldest_here(&self) -> u64 {
        self.transactions
            .iter()
            .filter(|(_, whereabouts)| *whereabouts != Whereabouts::Elsewhere)
            .map(|(transaction, _)| *transaction)
            .fold(self.all_over_below, u64::min)
    }
}

/// The last number that was drawn for an entry.
fn last_number(log: &Log) -> Option<i64> {
    let open = |oid| relation::Relation::open(oid, relation::Lock::AccessShare);
    let sequence = open(sequence::owned_by(&open(log.oid))?).qualified_name();
    let rows = statement::query(&format!(
        "select case when is_called then last_value end from {sequence}"
    ));
    rows.first()?.first()?.as_deref()?.parse().ok()
}

/// What a seal is about.
struct Covered {
    kind: Kind,
    incarnation: i64,
    period: String,
    from: Position,
    up_to: Position,
}

/// The end of the chain, to which seals are added.
struct Chain<'log> {
    log: &'log Log,
    seals: &'log Seals,
    moment: Moment,
    newest: Option<Anchor>,
}

impl<'log> Chain<'log> {
    fn of(log: &'log Log, seals: &'log Seals) -> Self {
        Self {
            log,
            seals,
            moment: Moment::now(log),
            newest: seals.newest(),
        }
    }

    fn add(&mut self, covered: Covered, contents: &Contents) {
        let header = Header {
            number: self.newest.map_or(0, |newest| newest.number) + 1,
            kind: covered.kind,
            sealed_at: self.moment.sealed_at.clone(),
            incarnation: covered.incarnation,
            period: covered.period,
            from: covered.from,
            up_to: covered.up_to,
            rows: contents.rows(),
            next_transaction: self.moment.next_transaction,
            last_sequence: self.moment.last_sequence,
        };
        let previous = self.newest.map(|newest| newest.digest);
        let digest = chain::seal(previous, &header, contents.digest());
        self.newest = Some(Anchor {
            number: header.number,
            digest,
        });
        let seal = Seal {
            header,
            contents: contents.digest(),
            previous,
            digest,
            period_in_seconds: 0.0,
            made_in_seconds: 0.0,
        };
        self.seals.add(&seal, contents.fingerprints());
    }

    /// Seals the rows of one incarnation from one transaction on up to another; all of them have a
    /// sequence number above `bound`.
    fn add_rows(&mut self, incarnation: i64, from: u64, up_to: u64, bound: Option<i64>) {
        let bound = bound.map_or_else(String::new, |bound| format!(" and sequence > {bound}"));
        let condition = format!(
            "incarnation = '{incarnation}' and transaction >= '{from}' and transaction < '{up_to}'{bound}"
        );
        let mut batch: Option<(Covered, Contents)> = None;
        statement::for_each_current_row(&row::in_order(self.log, &condition), |row| {
            let entry = row::Entry::of(row);
            let rows_of_period = batch
                .as_ref()
                .filter(|(covered, _)| covered.period == entry.period)
                .map(|(_, contents)| contents.rows());
            let begins = match rows_of_period {
                None => Some(Position::before(from)),
                Some(MOST_ROWS..) => Some(entry.position),
                Some(_) => None,
            };
            if let Some(begins) = begins {
                if let Some((mut covered, contents)) = batch.take() {
                    if rows_of_period.is_some() {
                        covered.up_to = begins;
                    }
                    self.add(covered, &contents);
                }
                let covered = Covered {
                    kind: Kind::Rows,
                    incarnation,
                    period: entry.period,
                    from: begins,
                    up_to: Position::before(up_to),
                };
                batch = Some((covered, Contents::default()));
            }
            if let Some((_, contents)) = &mut batch {
                contents.add(entry.sequence, entry.digest);
            }
        });
        if let Some((covered, contents)) = batch {
            self.add(covered, &contents);
        }
    }
}
