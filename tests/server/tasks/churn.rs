//! Random histories: many sessions insert, depend, complete, reopen, cancel, move and delete among few tasks, at all
//! levels of isolation, while another one compares all the time what is kept with what the tasks and their dependencies
//! say. Whatever is committed at one moment has to agree.
//!
//! The same test has to catch the mutants in `tests/mutants/tasks`: counters that are kept wrong in the ways that people
//! keep them wrong. A test that lets them pass would prove nothing.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Refusal, Session, tests};

use crate::churn::random::Random;

tests![
    with_foreign_keys,
    without_foreign_keys,
    with_a_parent_column,
    with_partitions,
    the_control_is_right,
    a_mutant_that_does_not_lock_the_blocker,
    a_mutant_that_reads_the_counter_before_locking,
    a_mutant_that_forgets_who_waits,
];

const SESSIONS: usize = 8;
/// How long a mutant may go unnoticed.
const MUTANT: Duration = Duration::from_mins(1);

/// How long the rules are tried: `STEWARD_CHURN_SECONDS`, or what fits into every run.
fn duration() -> Duration {
    let seconds = std::env::var("STEWARD_CHURN_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(6))
}

const FOREIGN_KEYS: &str = "
    create table tasks (id integer primary key, title text, status text not null default 'todo', note integer);
    create table edges (
        task_id integer not null references tasks on delete cascade on update cascade,
        depends_on integer not null references tasks on delete cascade on update cascade,
        primary key (task_id, depends_on)
    );
    create index on edges (depends_on)";

const NO_FOREIGN_KEYS: &str = "
    create table tasks (id integer primary key, title text, status text not null default 'todo', note integer);
    create table edges (task_id integer not null, depends_on integer not null, primary key (task_id, depends_on));
    create index on edges (depends_on)";

/// A task waits for those that name it as their parent.
const PARENTS: &str = "
    create table tasks (
        id integer primary key, title text, status text not null default 'todo', note integer,
        parent_id integer references tasks on delete cascade
    );
    create index on tasks (parent_id);
    create view edges as select parent_id as task_id, id as depends_on from tasks where parent_id is not null";

const PARTITIONS: &str = "
    create table tasks (
        id integer primary key, title text, status text not null default 'todo', note integer
    ) partition by range (id);
    create table tasks_1 partition of tasks for values from (0) to (15);
    create table tasks_2 partition of tasks for values from (15) to (1000);
    create table edges (task_id integer not null, depends_on integer not null, primary key (task_id, depends_on))
    partition by hash (task_id, depends_on);
    create table edges_1 partition of edges for values with (modulus 2, remainder 0);
    create table edges_2 partition of edges for values with (modulus 2, remainder 1);
    create index on edges (depends_on)";

/// Everything that is kept otherwise than the tasks and their dependencies say, and every task that is done while what
/// it waits for is not: read at one moment.
const ORACLE: &str = "
    with counted as (
        select t.id, case t.status when 'done' then 1 when 'cancelled' then 2 else 0 end as state,
            count(b.id) filter (where b.status <> 'done') as blockers
        from tasks as t left join edges as e on e.task_id = t.id left join tasks as b on b.id = e.depends_on
        group by t.id, t.status
    )
    select id, task, c.state, r.state, c.blockers, r.open_blockers, is_ready
    from counted as c full join tasks_readiness as r on r.task = c.id
    where (c.state, c.blockers) is distinct from (r.state, r.open_blockers)
        or is_ready is distinct from (r.state = 0 and r.open_blockers = 0)
        or (c.state = 1 and c.blockers > 0)
    order by 1 limit 5";

/// How a group of sessions writes.
#[derive(Clone, Copy)]
struct Workload {
    levels: &'static [&'static str],
    edges: EdgesAre,
    /// Some statements name a partition.
    direct: bool,
    /// Some tasks are completed by the function.
    functions: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EdgesAre {
    Rows,
    Parents,
}

const ALL: &[&str] = &["read committed", "repeatable read", "serializable"];

struct Outcome {
    wrong: Vec<String>,
    unexpected: Vec<String>,
    samples: u64,
    committed: u64,
    refused: u64,
    retried: u64,
    lasted: Duration,
}

struct Worker<'run> {
    session: Session,
    random: Random,
    workload: Workload,
    stop: &'run AtomicBool,
    committed: u64,
    refused: u64,
    retried: u64,
}

impl Worker<'_> {
    fn run(mut self) -> Result<[u64; 3], Refusal> {
        while !self.stop.load(Ordering::Relaxed) {
            match self.transaction() {
                Ok(true) => self.committed += 1,
                Ok(false) => {}
                Err(refusal) => {
                    self.session.run("rollback");
                    self.note(refusal)?;
                }
            }
        }
        Ok([self.committed, self.refused, self.retried])
    }

    fn note(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        match (refusal.sqlstate(), refusal.constraint()) {
            ("55000", Some("tasks_unblocked")) => self.refused += 1,
            ("23514", Some("edges_acyclic" | "tasks_acyclic"))
            | ("21000" | "23503" | "23505" | "P0002", _) => {}
            ("40001" | "40P01", _) => self.retried += 1,
            _ => return Err(refusal),
        }
        Ok(())
    }

    fn transaction(&mut self) -> Result<bool, Refusal> {
        let levels = self.workload.levels;
        let level = levels[usize::try_from(self.random.below(levels.len() as u64)).expect("few")];
        self.session
            .try_run(&format!("begin isolation level {level}"))?;
        for _ in 0..=self.random.below(3) {
            let statement = self.statement();
            if !self.random.happens(20) {
                self.session.try_run(&statement)?;
                continue;
            }
            self.session.try_run("savepoint here")?;
            if let Err(refusal) = self.session.try_run(&statement) {
                if refusal.sqlstate().starts_with("40") {
                    return Err(refusal);
                }
                self.note(refusal)?;
                self.session.try_run("rollback to here")?;
                continue;
            }
            let end = ["rollback to here", "release here"][usize::from(self.random.happens(50))];
            self.session.try_run(end)?;
        }
        if self.random.happens(20) {
            self.session.try_run("select pg_sleep(0.002)")?;
        }
        let commit = self.random.happens(80);
        self.session
            .try_run(if commit { "commit" } else { "rollback" })?;
        Ok(commit)
    }

    fn statement(&mut self) -> String {
        let (one, other) = (self.task(), self.task());
        let table = if self.workload.direct && self.random.happens(30) {
            if one < 15 { "tasks_1" } else { "tasks_2" }
        } else {
            "tasks"
        };
        match self.random.below(100) {
            0..12 => format!(
                "insert into {table} (id, status) values ({one}, {}) on conflict do nothing",
                self.status()
            ),
            12..16 => format!(
                "insert into tasks (id) select generate_series({one}, {one} + 5) on conflict do nothing"
            ),
            16..34 => self.depend(one, other),
            34..50 => format!("update {table} set status = 'done' where id = {one}"),
            50..54 => {
                format!("update tasks set status = 'done' where id between {one} and {one} + 4")
            }
            54..58 => self.complete(one),
            58..68 => format!("update {table} set status = 'todo' where id = {one}"),
            68..72 => format!("update {table} set status = 'cancelled' where id = {one}"),
            72..75 => format!(
                "update tasks set status = {}, note = {one} where id between {one} and {one} + 2",
                self.status()
            ),
            75..80 => self.move_edges(one, other),
            80..83 => format!("update tasks set id = {other} where id = {one}"),
            83..90 => format!("delete from {table} where id = {one}"),
            90..94 => self.free(one),
            94..97 => format!("update {table} set note = {other} where id = {one}"),
            _ => format!(
                "insert into tasks (id, status) values ({one}, 'done'), ({other}, 'todo') \
                 on conflict (id) do update set status = excluded.status"
            ),
        }
    }

    fn complete(&mut self, task: u64) -> String {
        if self.workload.functions && self.random.happens(50) {
            return format!("select steward.complete_task('tasks', {task})");
        }
        format!("update tasks set status = 'done' where id = {task}")
    }

    fn depend(&mut self, task: u64, on: u64) -> String {
        match self.workload.edges {
            EdgesAre::Rows if self.random.happens(25) => format!(
                "insert into edges select {task}, other from generate_series({on}, {on} + 3) as other \
                 where other <> {task} and exists (select from tasks where id = other) on conflict do nothing"
            ),
            EdgesAre::Rows => {
                format!("insert into edges values ({task}, {on}) on conflict do nothing")
            }
            EdgesAre::Parents => format!("update tasks set parent_id = {task} where id = {on}"),
        }
    }

    fn free(&mut self, task: u64) -> String {
        match self.workload.edges {
            EdgesAre::Rows if self.random.happens(50) => {
                format!("delete from edges where depends_on = {task}")
            }
            EdgesAre::Rows => format!("delete from edges where task_id = {task}"),
            EdgesAre::Parents => {
                format!("update tasks set parent_id = null where parent_id = {task}")
            }
        }
    }

    fn move_edges(&mut self, from: u64, to: u64) -> String {
        match self.workload.edges {
            EdgesAre::Rows => format!(
                "update edges set depends_on = {to} where (task_id, depends_on) in \
                 (select task_id, depends_on from edges where depends_on = {from} limit 1)"
            ),
            EdgesAre::Parents => {
                format!("update tasks set parent_id = {to} where parent_id = {from}")
            }
        }
    }

    fn status(&mut self) -> &'static str {
        ["'todo'", "'doing'", "'done'", "'cancelled'"]
            [usize::try_from(self.random.below(4)).expect("few")]
    }

    fn task(&mut self) -> u64 {
        self.random.below(30)
    }
}

fn churn(database: &Database, workload: Workload, at_most: Duration) -> Outcome {
    let _alone = crate::churn::alone();
    let (started, stop) = (Instant::now(), AtomicBool::new(false));
    let mut observer = database.owner();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..SESSIONS)
            .map(|number| {
                let worker = Worker {
                    session: database.owner(),
                    random: Random::seeded(number as u64 + 1),
                    workload,
                    stop: &stop,
                    committed: 0,
                    refused: 0,
                    retried: 0,
                };
                scope.spawn(move || worker.run())
            })
            .collect();
        let (mut samples, mut wrong) = (0, Vec::new());
        while wrong.is_empty()
            && started.elapsed() < at_most
            && !workers.iter().any(thread::ScopedJoinHandle::is_finished)
        {
            wrong = observer.rows(ORACLE);
            samples += 1;
        }
        stop.store(true, Ordering::Relaxed);
        let mut outcome = Outcome {
            wrong,
            unexpected: Vec::new(),
            samples,
            committed: 0,
            refused: 0,
            retried: 0,
            lasted: started.elapsed(),
        };
        for worker in workers {
            match worker.join().expect("a session's thread") {
                Ok([committed, refused, retried]) => {
                    outcome.committed += committed;
                    outcome.refused += refused;
                    outcome.retried += retried;
                }
                Err(refusal) => outcome.unexpected.push(refusal.to_string()),
            }
        }
        if outcome.wrong.is_empty() {
            outcome.wrong = observer.rows(ORACLE);
        }
        outcome
    })
}

#[track_caller]
fn assert_holds(outcome: &Outcome) {
    let Outcome {
        wrong,
        unexpected,
        samples,
        committed,
        refused,
        retried,
        lasted,
    } = outcome;
    assert!(
        unexpected.is_empty(),
        "errors that must not be: {unexpected:#?}"
    );
    assert!(
        wrong.is_empty(),
        "kept wrong after {lasted:?} and {committed} transactions: {wrong:#?}"
    );
    // A run in which nothing was tried proves nothing.
    assert!(
        *samples > 20 && *committed > 50 && *refused > 20,
        "{samples} samples, {committed} committed, {refused} refused, {retried} to be retried"
    );
    eprintln!(
        "churn of tasks: {samples} samples in {lasted:.1?}, {committed} committed, {refused} refused, {retried} to be retried"
    );
}

fn holds(database: &Database, tables: &str, rules: &str, workload: Workload) {
    let mut owner = database.owner();
    owner.run(tables);
    owner.run(rules);
    assert_holds(&churn(database, workload, duration()));
    let problems = owner.rows("select * from steward.verify_tasks('tasks')");
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(owner.value("select steward.rebuild_tasks('tasks')"), "0");
}

const RULES: &str = "select steward.guard_dependencies('edges');
    select steward.track_completion('tasks', completed_at => null, edges => 'edges', on_reopen => 'block')";

const ROWS: Workload = Workload {
    levels: ALL,
    edges: EdgesAre::Rows,
    direct: false,
    functions: true,
};

fn with_foreign_keys(database: &Database) {
    holds(database, FOREIGN_KEYS, RULES, ROWS);
}

fn without_foreign_keys(database: &Database) {
    holds(database, NO_FOREIGN_KEYS, RULES, ROWS);
}

fn with_a_parent_column(database: &Database) {
    let rules = "select steward.guard_dependencies('tasks', task => 'parent_id', depends_on => 'id');
        select steward.track_completion('tasks', completed_at => null, edges => 'tasks', on_reopen => 'block')";
    let workload = Workload {
        edges: EdgesAre::Parents,
        ..ROWS
    };
    holds(database, PARENTS, rules, workload);
}

fn with_partitions(database: &Database) {
    let workload = Workload {
        direct: true,
        ..ROWS
    };
    holds(database, PARTITIONS, RULES, workload);
}

fn mutant(
    database: &Database,
    name: &str,
    levels: &'static [&'static str],
    at_most: Duration,
) -> Outcome {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("mutants/tasks")
        .join(name);
    let mut owner = database.owner();
    owner.run(FOREIGN_KEYS);
    owner.run(&fs::read_to_string(file).expect("a mutant"));
    let workload = Workload {
        levels,
        functions: false,
        ..ROWS
    };
    churn(database, workload, at_most)
}

#[track_caller]
fn assert_is_caught(database: &Database, name: &str, levels: &'static [&'static str]) {
    let outcome = mutant(database, name, levels, MUTANT);
    assert!(
        !outcome.wrong.is_empty(),
        "{name} was not caught in {} samples, {} committed, {:#?}",
        outcome.samples,
        outcome.committed,
        outcome.unexpected
    );
    eprintln!(
        "churn of tasks: {name} was caught after {:.1?}",
        outcome.lasted
    );
}

/// What the test calls wrong is wrong: counters that are kept right, if slowly, pass.
fn the_control_is_right(database: &Database) {
    let outcome = mutant(
        database,
        "control.sql",
        &["read committed"],
        Duration::from_secs(4),
    );
    assert_holds(&outcome);
}

fn a_mutant_that_does_not_lock_the_blocker(database: &Database) {
    assert_is_caught(database, "blocker_unlocked.sql", &["read committed"]);
}

fn a_mutant_that_reads_the_counter_before_locking(database: &Database) {
    assert_is_caught(database, "lost_update.sql", &["read committed"]);
}

fn a_mutant_that_forgets_who_waits(database: &Database) {
    assert_is_caught(database, "no_counter.sql", &["read committed"]);
}
