//! `verify_audit`: holds the log against its seals, and the seals against each other.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use pgrx::pg_sys;
use steward_rules::chain::{self, Anchor, Contents, Difference, Digest, Kind};

use crate::audit::log::{self, Log};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::rows::Rows;
use crate::pg::statement;

use super::guards;
use super::order;
use super::row::{self, Entry, Sealed};
use super::table::{Seal, Seals};

/// `steward.verify_audit(log, anchor)`.
pub(super) fn verify_audit(arguments: &Arguments) -> Rows {
    let log: pg_sys::Oid = arguments.required(0, "log");
    let anchor: Option<String> = arguments.optional(1);
    let anchor = anchor.map(|anchor| read_anchor(&anchor));
    let log = log::open(log);
    let seals = Seals::of(&log);
    super::check_all_rows_are_visible(&log, &seals);
    // Partitions are dropped by others at once, whatever a snapshot shows.
    statement::run(&format!(
        "lock table {} in access share mode",
        log.qualified_name()
    ));
    let mut verification = Verification::new(seals.all(&log));
    verification.check_chain();
    verification.check_order();
    verification.check_anchor(anchor);
    verification.check_rows(&log, &seals);
    let mut problems = verification.problems;
    problems.sort_by_key(|problem| problem.seal.is_none());
    problems.extend(guards::problems(&log, &seals));
    Rows(problems.into_iter().map(Problem::into_row).collect())
}

fn read_anchor(anchor: &str) -> Anchor {
    anchor.parse().unwrap_or_else(|_| {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("\"{anchor}\" is not an anchor"),
        )
        .hint("An anchor is what seal_audit returned: a number, a colon and 64 hexadecimal digits.")
        .raise()
    })
}

/// Something that is not as it was, or not as it should be.
pub(super) struct Problem {
    what: &'static str,
    seal: Option<u64>,
    sequence: Option<i64>,
    detail: Option<String>,
}

impl Problem {
    /// A problem of the log as a whole.
    pub(super) fn of_log(problem: &'static str, detail: String) -> Self {
        Self {
            what: problem,
            seal: None,
            sequence: None,
            detail: Some(detail),
        }
    }

    fn of_seal(problem: &'static str, seal: u64, detail: impl Into<String>) -> Self {
        Self {
            what: problem,
            seal: Some(seal),
            sequence: None,
            detail: Some(detail.into()),
        }
    }

    fn into_row(self) -> Vec<Option<String>> {
        vec![
            Some(self.what.to_owned()),
            self.seal.map(|seal| seal.to_string()),
            self.sequence.map(|sequence| sequence.to_string()),
            self.detail,
        ]
    }
}

/// Why a row without a seal should not be there.
const NO_SEAL: &str = "no seal covers it, and everything of its time was sealed or dropped";

struct Verification {
    seals: Vec<Seal>,
    problems: Vec<Problem>,
    /// The seals that are not what they were, by place.
    altered: HashSet<usize>,
}

impl Verification {
    fn new(seals: Vec<Seal>) -> Self {
        Self {
            seals,
            problems: Vec::new(),
            altered: HashSet::new(),
        }
    }

    fn check_chain(&mut self) {
        let mut before: Option<(u64, Digest)> = None;
        for (place, seal) in self.seals.iter().enumerate() {
            let number = seal.header.number;
            let expected = before.map_or(1, |(number, _)| number + 1);
            if number != expected {
                let missing = match number.saturating_sub(1) {
                    last if last <= expected => "it is gone".to_owned(),
                    last => format!("all up to seal {last} are gone"),
                };
                let problem = Problem::of_seal("seal missing", expected, missing);
                self.problems.push(problem);
            } else if seal.previous != before.map(|(_, digest)| digest) {
                let detail = "the seal before it is another than when it was made";
                let problem = Problem::of_seal("chain broken", number, detail);
                self.problems.push(problem);
            }
            if chain::seal(seal.previous, &seal.header, seal.contents) != seal.digest {
                let detail = "it is not what it was when it was made";
                let problem = Problem::of_seal("seal altered", number, detail);
                self.problems.push(problem);
                self.altered.insert(place);
            }
            before = Some((number, seal.digest));
        }
    }

    /// A chain that fits can still be one that `seal_audit` never makes: somebody who rewrites the log behind an
    /// anchor has to explain away the seals of what was there, and to seal what is there now.
    fn check_order(&mut self) {
        let mut covered = order::Covered::default();
        for seal in &self.seals {
            if let Some(detail) = covered.follow(seal) {
                let problem = Problem::of_seal("chain broken", seal.header.number, detail);
                self.problems.push(problem);
            }
        }
    }

    fn check_anchor(&mut self, anchor: Option<Anchor>) {
        let Some(anchor) = anchor else {
            return;
        };
        let found = self
            .seals
            .iter()
            .find(|seal| seal.header.number == anchor.number);
        let detail = match found {
            Some(seal) if seal.digest == anchor.digest => {
                self.check_behind(anchor);
                return;
            }
            Some(seal) => format!("the seal of that number has the digest {}", seal.digest),
            None => "there is no seal of that number".to_owned(),
        };
        self.problems.push(Problem::of_seal(
            "anchor not in chain",
            anchor.number,
            detail,
        ));
    }

    /// `seal_audit` returns the last seal that it makes.
    fn check_behind(&mut self, anchor: Anchor) {
        let mut behind = self
            .seals
            .iter()
            .skip_while(|seal| seal.header.number != anchor.number);
        let (Some(seal), Some(next)) = (behind.next(), behind.next()) else {
            return;
        };
        if order::are_of_one_call(seal, next) {
            let detail =
                "it says that it was made together with the anchor, which was the last then";
            self.problems
                .push(Problem::of_seal("chain broken", next.header.number, detail));
        }
    }

    fn check_rows(&mut self, log: &Log, seals: &Seals) {
        let sealed = self.sealed();
        if sealed.is_empty() {
            return;
        }
        let mut places = Places::of(self);
        let mut open: Option<(usize, Contents)> = None;
        let mut strays = HashSet::new();
        let condition = row::sealed_condition(log, &sealed);
        statement::for_each_current_row(&row::in_order(log, &condition), |row| {
            let entry = Entry::of(row);
            let place = places.of_entry(&self.seals, &entry);
            // The rows of a seal come one after the other.
            if let Some((done, rows)) = open.take_if(|(open, _)| Some(*open) != place) {
                places.checked.insert(done);
                self.check_seal(done, &rows, seals);
            }
            if let Some(place) = place {
                let (_, rows) = open.get_or_insert_with(|| (place, Contents::default()));
                rows.add(entry.sequence, entry.digest);
            } else if strays.insert(entry.incarnation) {
                self.problems.push(Problem {
                    what: "row inserted",
                    seal: None,
                    sequence: Some(entry.sequence),
                    detail: Some(NO_SEAL.to_owned()),
                });
            }
        });
        if let Some((done, rows)) = open {
            places.checked.insert(done);
            self.check_seal(done, &rows, seals);
        }
        for place in places.unchecked() {
            self.check_seal(place, &Contents::default(), seals);
        }
        self.problems.sort_by_key(|problem| problem.seal);
    }

    /// How far each incarnation is sealed.
    fn sealed(&self) -> Vec<Sealed> {
        let mut sealed: Vec<Sealed> = Vec::new();
        for seal in &self.seals {
            let header = &seal.header;
            if header.kind != Kind::Rows {
                continue;
            }
            let up_to = header.up_to.transaction;
            match sealed
                .iter_mut()
                .find(|known| known.incarnation == header.incarnation)
            {
                Some(known) => known.up_to = known.up_to.max(up_to),
                None => sealed.push(Sealed {
                    incarnation: header.incarnation,
                    up_to,
                }),
            }
        }
        sealed
    }

    fn check_seal(&mut self, place: usize, present: &Contents, seals: &Seals) {
        let seal = &self.seals[place];
        let number = seal.header.number;
        let kept = seals.fingerprints(number).unwrap_or_default();
        if present.digest() == seal.contents {
            if kept != present.fingerprints() && !self.altered.contains(&place) {
                let detail = "its fingerprints are not what they were; its rows are";
                let problem = Problem::of_seal("seal altered", number, detail);
                self.problems.push(problem);
            }
            return;
        }
        let (what, sequence) = match chain::first_difference(&kept, present.fingerprints()) {
            Some(Difference::Removed(sequence)) => ("row removed", Some(sequence)),
            Some(Difference::Changed(sequence)) => ("row changed", Some(sequence)),
            Some(Difference::Inserted(sequence)) => ("row inserted", Some(sequence)),
            None => ("row changed", None),
        };
        // The seal's fingerprints are forgotten, or somebody changed them: its rows can still be counted.
        let fits = (kept.len() / chain::FINGERPRINT) as u64 == seal.header.rows;
        let problem = if fits && sequence.is_some() {
            Problem {
                what,
                seal: Some(number),
                sequence,
                detail: None,
            }
        } else {
            let what = match present.rows().cmp(&seal.header.rows) {
                Ordering::Less => "row removed",
                Ordering::Equal => "row changed",
                Ordering::Greater => "row inserted",
            };
            Problem::of_seal(
                what,
                number,
                "which one cannot be told: the seal has no fingerprints that fit it",
            )
        };
        self.problems.push(problem);
    }
}

/// Which seal covers a row.
struct Places {
    /// By incarnation and period, in order.
    seals: HashMap<(i64, String), Vec<usize>>,
    checked: HashSet<usize>,
}

impl Places {
    /// The seals whose rows have to be there: those of no period that was cut off after they were made. (What
    /// is logged after a cut has its place behind it, whatever the cut says.)
    fn of(verification: &Verification) -> Self {
        let mut seals: HashMap<(i64, String), Vec<usize>> = HashMap::new();
        let cut = verification
            .seals
            .iter()
            .enumerate()
            .rev()
            .find(|(place, seal)| {
                seal.header.kind == Kind::Cut && !verification.altered.contains(place)
            });
        let (cut_at, cut) = cut.map_or((0, f64::NEG_INFINITY), |(place, seal)| {
            (place, seal.period_in_seconds)
        });
        for (place, seal) in verification.seals.iter().enumerate() {
            let header = &seal.header;
            let is_kept = place >= cut_at || seal.period_in_seconds >= cut;
            if header.kind == Kind::Rows && is_kept {
                let key = (header.incarnation, header.period.clone());
                seals.entry(key).or_default().push(place);
            }
        }
        Self {
            seals,
            checked: HashSet::new(),
        }
    }

    fn of_entry(&self, seals: &[Seal], entry: &Entry) -> Option<usize> {
        let places = self.seals.get(&(entry.incarnation, entry.period.clone()))?;
        let after = places.partition_point(|place| seals[*place].header.from <= entry.position);
        let place = *places.get(after.checked_sub(1)?)?;
        (entry.position < seals[place].header.up_to).then_some(place)
    }

    fn unchecked(&self) -> Vec<usize> {
        let mut places: Vec<usize> = self.seals.values().flatten().copied().collect();
        places.retain(|place| !self.checked.contains(place));
        places.sort_unstable();
        places
    }
}
