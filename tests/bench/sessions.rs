//! Many sessions at a time: how many transactions they commit in a given time.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;
use postgres::error::SqlState;
use steward_toolkit::error::{Error, Result};

use crate::clock::Times;
use crate::comparison::SessionWork;
use crate::place::Place;
use crate::work::Sample;

/// What a session runs again and again, from BEGIN to COMMIT.
pub(crate) type Transaction =
    Box<dyn FnMut(&mut Client) -> std::result::Result<(), postgres::Error>>;

/// Runs all sessions for as long as `lasting`.
pub(crate) fn measure(
    place: &Place<'_>,
    sessions: u32,
    lasting: Duration,
    work: &SessionWork,
) -> Result<Sample> {
    let clients: Vec<Client> = (0..sessions)
        .map(|_| place.connect())
        .collect::<Result<_>>()?;
    let start = Barrier::new(clients.len());
    let counts: Vec<Result<Sample>> = thread::scope(|scope| {
        let running: Vec<_> = (0..sessions)
            .zip(clients)
            .map(|(number, client)| {
                let start = &start;
                scope.spawn(move || run(client, work(number), start, lasting))
            })
            .collect();
        running
            .into_iter()
            .map(|session| {
                session
                    .join()
                    .unwrap_or_else(|_| Err(Error::failure("a session of the benchmark panicked")))
            })
            .collect()
    });
    counts
        .into_iter()
        .try_fold(Sample::default(), |sum, count| {
            let count = count?;
            Ok(Sample {
                completed: sum.completed + count.completed,
                retries: sum.retries + count.retries,
                deadlocks: sum.deadlocks + count.deadlocks,
                times: sum.times.longer(count.times),
                bytes: 0,
            })
        })
}

/// One session. The first transaction is not counted: it fills the caches.
fn run(
    mut client: Client,
    mut transaction: Transaction,
    start: &Barrier,
    lasting: Duration,
) -> Result<Sample> {
    let warmed_up = commit(&mut client, &mut transaction, &mut Sample::default());
    // Before looking at the outcome: the others wait for everyone.
    start.wait();
    warmed_up?;
    let started = Instant::now();
    let mut sample = Sample::default();
    while started.elapsed() < lasting {
        commit(&mut client, &mut transaction, &mut sample)?;
    }
    sample.times = Times::both(started.elapsed());
    Ok(sample)
}

/// Runs a transaction until it commits, as every client has to, and counts how often it was started anew.
fn commit(client: &mut Client, transaction: &mut Transaction, sample: &mut Sample) -> Result<()> {
    loop {
        let error = match transaction(client) {
            Ok(()) => {
                sample.completed += 1;
                return Ok(());
            }
            Err(error) => error,
        };
        match error.code() {
            Some(&SqlState::T_R_SERIALIZATION_FAILURE) => {}
            Some(&SqlState::T_R_DEADLOCK_DETECTED) => sample.deadlocks += 1,
            _ => return Err(error.into()),
        }
        sample.retries += 1;
    }
}
