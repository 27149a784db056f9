//! Many sessions that add edges to the same graphs, with durable commits.

use std::collections::HashSet;

use postgres::{Client, IsolationLevel, Statement};

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Limit, Limited, Quantity, Ratio, Scale, SessionWork,
    Unit, Variant, Work,
};
use crate::random::Random;
use crate::sessions::Transaction;

use super::graphs::{BASELINE, Graphs, Rule, USUAL_REACH, proof};
use super::ratio;

const SESSIONS: u32 = 8;

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![
        appending(scale),
        new_tasks(scale),
        disagreeing(scale),
        serializable(scale),
    ]
}

fn appending(scale: Scale) -> Comparison {
    // Small, so that it is not the search that slows the baseline down.
    let graph = Graphs::one(100, SESSIONS * scale.rows_of_a_session);
    let spare = move |session| SpareTasks::of_session(graph, session, scale.rows_of_a_session);
    let variant = |name, rule| {
        let work = move |session| append(session, graph, spare(session));
        variant(name, graph, rule, scale, Box::new(work))
    };
    Comparison {
        name: "dependencies/sessions",
        about: format!(
            "{SESSIONS} sessions, each transaction a new task's edge to one graph and a durable commit"
        ),
        ratios: vec![
            ratio("steward", "plpgsql", Goal::AtLeast(3.5)),
            ratio("steward", "none", Goal::AtLeast(0.7)),
        ],
        ..comparison(vec![
            variant("none", Rule::Nothing),
            variant("steward", Rule::Steward),
            variant("plpgsql", BASELINE),
        ])
    }
}

fn new_tasks(scale: Scale) -> Comparison {
    let graph = Graphs::one(1_000, scale.rows_of_a_session);
    let variant = |name, rule| {
        let work = move |session| add_a_task(session, graph);
        variant(name, graph, rule, scale, Box::new(work))
    };
    Comparison {
        name: "dependencies/new-tasks",
        about: format!(
            "{SESSIONS} sessions, each transaction a new task with three dependencies, two of which \
             other sessions take up for the first time too"
        ),
        ratios: vec![ratio("steward", "none", Goal::AtLeast(0.7))],
        limits: vec![Limit {
            of: "steward",
            on: Limited::Deadlocks(0),
        }],
        ..comparison(vec![
            variant("none", Rule::Nothing),
            variant("steward", Rule::Steward),
        ])
    }
}

fn disagreeing(scale: Scale) -> Comparison {
    let graphs = Graphs {
        projects: scale.small_graphs,
        tasks: 100,
        reach: USUAL_REACH,
        spare: SESSIONS * scale.rows_of_a_session,
        scoped: true,
    };
    let variant = |name, last| {
        let spare = move |session| SpareTasks::of_session(graphs, session, scale.rows_of_a_session);
        let work = move |session| grow_chains(session, graphs, spare(session), last);
        variant(name, graphs, Rule::Steward, scale, Box::new(work))
    };
    let disagreeing = variant("disagreeing", Last::Disagrees);
    Comparison {
        name: "dependencies/disagreeing",
        about: format!(
            "{SESSIONS} sessions, each transaction an edge to one of {} graphs by scope; \
             one in ten joins two chains against their order, nine tasks being ranked again",
            scale.small_graphs
        ),
        ratios: vec![ratio("disagreeing", "appending", Goal::AtLeast(0.5))],
        ..comparison(vec![
            variant("appending", Last::Agrees),
            Variant {
                // Of the two ends, the one with the higher number was ranked later.
                proof: format!(
                    "{} and exists (select from task_dependencies where task_id < depends_on)",
                    disagreeing.proof
                ),
                ..disagreeing
            },
        ])
    }
}

fn serializable(scale: Scale) -> Comparison {
    let graph = Graphs::one(10_000, 0);
    let variant = |name, rule, reads| {
        let work = move |session| append_serializably(session, graph, reads);
        variant(name, graph, rule, scale, Box::new(work))
    };
    let retries = |of, against| Ratio {
        quantity: Quantity::Retries,
        of,
        against,
        goal: Some(Goal::AtMost(1.3)),
    };
    Comparison {
        name: "dependencies/serializable",
        about: format!(
            "{SESSIONS} sessions at SERIALIZABLE, each transaction an edge to one graph; in \"reading\" \
             after a look at the task's edges"
        ),
        // Who meets a transaction that waits for the disk to commit starts anew a hundred times meanwhile.
        durability: Durability::Relaxed,
        ratios: vec![
            retries("steward", "none"),
            retries("steward_reading", "none_reading"),
        ],
        ..comparison(vec![
            variant("none", Rule::Nothing, Reads::Nothing),
            variant("steward", Rule::Steward, Reads::Nothing),
            variant("none_reading", Rule::Nothing, Reads::Edges),
            variant("steward_reading", Rule::Steward, Reads::Edges),
        ])
    }
}

fn variant(
    name: &'static str,
    graphs: Graphs,
    rule: Rule,
    scale: Scale,
    transaction: Box<SessionWork>,
) -> Variant {
    Variant {
        name,
        over: None,
        setup: graphs.setup(rule),
        work: Work::Sessions {
            sessions: SESSIONS,
            lasting: scale.sessions_last,
            transaction,
        },
        restore: graphs.restore(rule),
        proof: format!(
            "select {} >= {SESSIONS} and {}",
            graphs.count_appended(),
            proof(rule)
        ),
    }
}

fn comparison(variants: Vec<Variant>) -> Comparison {
    Comparison {
        name: "",
        about: String::new(),
        durability: Durability::Durable,
        fixture: Fixture::Kept,
        clock: Clock::Wall,
        unit: Unit::Throughput { of: "transaction" },
        variants,
        ratios: Vec::new(),
        limits: Vec::new(),
        skipped: None,
    }
}

type Sent<T> = Result<T, postgres::Error>;

const INSERT: &str = "insert into task_dependencies (task_id, depends_on) values ($1, $2)";
const INSERT_SCOPED: &str =
    "insert into task_dependencies (task_id, depends_on, project_id) values ($1, $2, $3)";

/// A statement that a session prepares when it first needs it.
struct Prepared {
    sql: &'static str,
    statement: Option<Statement>,
}

impl Prepared {
    const fn new(sql: &'static str) -> Self {
        Self {
            sql,
            statement: None,
        }
    }

    fn in_session(&mut self, client: &mut Client) -> Sent<Statement> {
        if let Some(statement) = &self.statement {
            return Ok(statement.clone());
        }
        let statement = client.prepare(self.sql)?;
        self.statement = Some(statement.clone());
        Ok(statement)
    }
}

/// The tasks without edges that one session takes up, and no other.
#[derive(Clone, Copy, Debug)]
struct SpareTasks {
    first: u32,
    count: u32,
}

impl SpareTasks {
    const fn of_session(graphs: Graphs, session: u32, count: u32) -> Self {
        Self {
            first: graphs.last() + 1 + session * count,
            count,
        }
    }

    /// So many tasks in a row, from the start again after the last.
    const fn run(self, number: u32, length: u32) -> u32 {
        self.first + number * length % (self.count - length)
    }
}

/// Each transaction is the first edge of another task.
fn append(session: u32, graph: Graphs, spare: SpareTasks) -> Transaction {
    let mut random = Random::of_session(session);
    let mut insert = Prepared::new(INSERT);
    let mut turn = 0;
    Box::new(move |client| {
        let task = spare.run(turn, 1);
        let depends_on = 1 + random.number_below(graph.tasks);
        let insert = insert.in_session(client)?;
        client.execute(&insert, &[&i64::from(task), &i64::from(depends_on)])?;
        turn += 1;
        Ok(())
    })
}

/// Each transaction makes a task that depends on one with edges and on two without. These are drawn
/// from a few that move on with the turns, so that the sessions meet there.
fn add_a_task(session: u32, graph: Graphs) -> Transaction {
    const FEW: u32 = 8;
    let mut random = Random::of_session(session);
    let mut insert_task =
        Prepared::new("insert into tasks (title) values ('New task') returning id");
    let mut insert_edges = Prepared::new(
        "insert into task_dependencies (task_id, depends_on) values ($1, $2), ($1, $3), ($1, $4)",
    );
    let mut turn = 0;
    Box::new(move |client| {
        let insert_task = insert_task.in_session(client)?;
        let insert_edges = insert_edges.in_session(client)?;
        let unseen = graph.last() + 1 + FEW / 2 * turn % (graph.spare - FEW);
        let first = random.number_below(FEW);
        let second = (first + 1 + random.number_below(FEW - 1)) % FEW;
        let mut depends_on = [
            1 + random.number_below(graph.tasks),
            unseen + first,
            unseen + second,
        ]
        .map(i64::from);
        random.shuffle(&mut depends_on);
        let [one, two, three] = depends_on;

        let mut transaction = client.transaction()?;
        let task: i64 = transaction.query_one(&insert_task, &[])?.get(0);
        transaction.execute(&insert_edges, &[&task, &one, &two, &three])?;
        transaction.commit()?;
        turn += 1;
        Ok(())
    })
}

/// What the last of ten edges does.
#[derive(Clone, Copy, Debug)]
enum Last {
    Agrees,
    Disagrees,
}

/// Nine edges make a chain of five tasks and then one of four in a graph that is drawn anew for every
/// ten; the tenth joins the chains, in their order or against it.
fn grow_chains(session: u32, graphs: Graphs, spare: SpareTasks, last: Last) -> Transaction {
    const TASKS: u32 = 9;
    let mut random = Random::of_session(session);
    let mut insert = Prepared::new(INSERT_SCOPED);
    let mut turn = 0;
    let mut project = 1;
    Box::new(move |client| {
        let (chains, step) = (turn / 10, turn % 10);
        if step == 0 {
            project = 1 + random.number_below(graphs.projects);
        }
        let first = spare.run(chains, TASKS);
        let (top_of_first_chain, top) = (first, first + TASKS - 1);
        let (task, depends_on) = match (step, last) {
            (0 | 5, _) => (
                first + step,
                (project - 1) * graphs.tasks + 1 + random.number_below(graphs.tasks),
            ),
            (9, Last::Agrees) => (top, top_of_first_chain),
            (9, Last::Disagrees) => (top_of_first_chain, top),
            _ => (first + step, first + step - 1),
        };
        let insert = insert.in_session(client)?;
        client.execute(
            &insert,
            &[
                &i64::from(task),
                &i64::from(depends_on),
                &i64::from(project),
            ],
        )?;
        turn += 1;
        Ok(())
    })
}

/// What a transaction reads before it writes.
#[derive(Clone, Copy, Debug)]
enum Reads {
    Nothing,
    Edges,
}

/// Each transaction adds an edge from a task of the graph's last quarter to one of the quarter before.
/// The sessions draw from different ones, so that they meet on the same pages but never on the same edge.
fn append_serializably(session: u32, graph: Graphs, reads: Reads) -> Transaction {
    let mut random = Random::of_session(session);
    let mut select = Prepared::new("select count(*) from task_dependencies where task_id = $1");
    let mut insert = Prepared::new(INSERT);
    let mut seen = HashSet::new();
    let mut next = None;
    Box::new(move |client| {
        let select = select.in_session(client)?;
        let insert = insert.in_session(client)?;
        let (task, depends_on) = *next.get_or_insert_with(|| {
            loop {
                let edge = draw(&mut random, graph, session);
                if seen.insert(edge) {
                    break edge;
                }
            }
        });
        let mut transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::Serializable)
            .start()?;
        if let Reads::Edges = reads {
            transaction.query_one(&select, &[&task])?;
        }
        transaction.execute(&insert, &[&task, &depends_on])?;
        transaction.commit()?;
        next = None;
        Ok(())
    })
}

fn draw(random: &mut Random, graph: Graphs, session: u32) -> (i64, i64) {
    let quarter = graph.tasks / 4;
    let task = 3 * quarter + 1 + random.number_below(quarter);
    // A multiple of the difference that the graph's own edges do not have.
    let steps = random.number_below(quarter / 16 / SESSIONS) * SESSIONS + session;
    let depends_on = task - quarter / 16 * 16 - 16 * steps;
    (i64::from(task), i64::from(depends_on))
}
