//! A statement that runs in one session while the test goes on in another.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::refusal::Refusal;
use crate::session::Session;

/// How long something that has to happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Statements under way in a thread.
pub struct Waiting {
    thread: JoinHandle<(Session, Result<(), Refusal>)>,
    process: i32,
}

impl Waiting {
    pub(crate) fn start(mut session: Session, sql: &str) -> Self {
        let process = session.process();
        let sql = sql.to_owned();
        let thread = thread::spawn(move || {
            let result = session.try_run(&sql);
            (session, result)
        });
        Self { thread, process }
    }

    /// Waits until the statement waits for a lock, as `observer` sees it.
    ///
    /// # Panics
    /// When the statement ends instead.
    #[track_caller]
    pub fn until_blocked(&self, observer: &mut Session) {
        let blocked = format!(
            "select exists (select from pg_locks where pid = {} and not granted)",
            self.process
        );
        let deadline = Instant::now() + PATIENCE;
        while !observer.holds(&blocked) {
            assert!(
                !self.thread.is_finished(),
                "the statement ended without waiting"
            );
            assert!(Instant::now() < deadline, "the statement never waited");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end: the session, and what became of the statements.
    ///
    /// # Panics
    /// When the thread did.
    #[track_caller]
    pub fn finish(self) -> (Session, Result<(), Refusal>) {
        self.thread.join().expect("the session's thread")
    }
}
