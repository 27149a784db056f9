//! Trying again where a lock on a table was not had in time.
//!
//! A statement that waits for a lock makes everyone wait who comes after it, so it waits shortly
//! and gives way, again and again, with growing pauses.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::thread;
use std::time::Duration;

use super::event::{Event, Observer};
use crate::error::{Error, Result};

/// SQLSTATE of `lock_not_available`.
pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Does `work`, and does it again, up to `retries` times, when a lock was not available.
///
/// `work` must leave nothing behind when it fails.
pub(super) fn on_lock_timeout<T>(
    retries: u32,
    what: &str,
    observer: &dyn Observer,
    mut work: impl FnMut() -> Result<T>,
) -> Result<T> {
    let attempts = retries.saturating_add(1);
    let mut attempt = 1;
    loop {
        match work() {
            Err(error) if error.sqlstate() == Some(LOCK_NOT_AVAILABLE) => {
                if attempt == attempts {
                    return Err(exhausted(error, attempts));
                }
                let pause = pause(attempt);
                observer.event(&Event::Retry {
                    what,
                    attempt,
                    attempts,
                    pause,
                });
                thread::sleep(pause);
                attempt += 1;
            }
            done => return done,
        }
    }
}

fn exhausted(error: Error, attempts: u32) -> Error {
    error.hint(format!(
        "Given up after {attempts} attempts. Try at a quieter time, or with a longer \
         --lock-timeout or more --lock-retries; \"select * from pg_locks where granted\" shows \
         who holds the lock."
    ))
}

/// Doubles with each attempt, and varies by half, so that two runners do not stay in step.
fn pause(attempt: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(16));
    // A fresh `RandomState` is seeded at random.
    let random = RandomState::new().build_hasher().finish();
    let half = doubled.min(LONGEST_PAUSE) / 2;
    half + half * u32::from(random.to_le_bytes()[0]) / 256
}

#[cfg(test)]
mod tests {
    use super::{FIRST_PAUSE, LONGEST_PAUSE, on_lock_timeout, pause};
    use crate::error::Error;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        assert!(pause(1) >= FIRST_PAUSE / 2 && pause(1) < FIRST_PAUSE);
        assert!(pause(4) >= FIRST_PAUSE * 4);
        assert!(pause(u32::MAX) <= LONGEST_PAUSE);
    }

    #[test]
    fn other_errors_are_not_tried_again() {
        let mut calls = 0;
        let result: Result<(), _> = on_lock_timeout(3, "work", &(), || {
            calls += 1;
            Err(Error::failure("something else"))
        });
        assert!(result.is_err());
        assert_eq!(calls, 1);
    }
}
