//! `steward demo`: shows on a throwaway server what the rules do, with real statements and what the
//! server really answers.
//!
//! Every statement says beforehand what it has to come to. The demonstration fails where the server
//! does something else, so it tells nothing that is not so.

mod afterwards;
mod agent_hub;
mod dafnck_machine;
mod database;
mod jadugar;
mod new_fuse;
mod outcome;
mod psql_table;
mod report;
mod scrum_master;
mod sessions;
mod text;
mod walk;

use self::afterwards::{Kept, Psql};
use self::database::{DATABASE, Database};
use self::outcome::Outcome;
use self::report::{Report, ShownBlueprint, ShownStatement, ShownStep};
use self::sessions::Sessions;
use self::walk::{Place, Statement, Step, Walk};
use crate::blueprint::{self, Blueprint};
use crate::cluster::{Cluster, ClusterOptions};
use crate::error::{Error, Result};
use crate::output::{Console, Format};

/// What is shown, and what becomes of the server.
#[derive(Clone, Debug)]
pub struct Demonstration {
    /// The blueprints, in the order in which they are shown.
    pub blueprints: Vec<&'static Blueprint>,
    /// Whether the server goes on when this process ends.
    pub keep: bool,
    /// Whether psql is opened at the end, as the role of the first blueprint.
    pub psql: bool,
}

/// Every blueprint, in the order in which they are best shown.
///
/// # Errors
/// A walk's blueprint is not there.
pub fn blueprints() -> Result<Vec<&'static Blueprint>> {
    Walk::all()
        .map(|walk| blueprint::find(walk.blueprint))
        .collect()
}

impl Demonstration {
    /// Shows it.
    ///
    /// # Errors
    /// No server is installed, the extension is not installed in it, or a statement came to
    /// something else than it should have.
    pub fn run(&self, console: &Console) -> Result<()> {
        console.note("starting a throwaway PostgreSQL server");
        let cluster = Cluster::start(&ClusterOptions::default())?;
        let psql = if self.psql {
            Some(Psql::find(&cluster)?)
        } else {
            None
        };
        let mut report = self.show(&cluster, console)?;
        let first_role = report.blueprints.first().map(|shown| shown.role);
        let url = first_role.map(|role| cluster.connection_string(DATABASE, role));
        let _until_the_end = if self.keep {
            report.kept = Some(Kept::keep(cluster, &report.blueprints)?);
            None
        } else {
            Some(cluster)
        };
        console.show(&report)?;
        match (psql, url) {
            (Some(psql), Some(url)) => psql.run(&url),
            _ => Ok(()),
        }
    }

    /// Prepares and walks through each blueprint.
    fn show(&self, cluster: &Cluster, console: &Console) -> Result<Report> {
        let mut database = Database::create(cluster)?;
        let mut prepared = Vec::new();
        for blueprint in &self.blueprints {
            let walk = Walk::through(blueprint.name())?;
            prepared.push((walk, database.prepare(blueprint, walk)?));
        }
        database.search(&self.blueprints)?;
        let server = database.server()?;
        tell(console, || text::server(&server))?;
        let mut shown = Vec::new();
        for (walk, prepared) in prepared {
            tell(console, || text::blueprint(walk, &prepared))?;
            let steps = walk_through(walk, cluster, console)?;
            shown.push(ShownBlueprint::new(walk, &prepared, steps));
        }
        Ok(Report::new(server, shown))
    }
}

fn walk_through(
    walk: &'static Walk,
    cluster: &Cluster,
    console: &Console,
) -> Result<Vec<ShownStep>> {
    let mut sessions = Sessions::open(cluster, walk.role)?;
    (1..)
        .zip(walk.steps)
        .map(|(number, step)| {
            tell(console, || text::step(number, step))?;
            Ok(ShownStep {
                title: step.title,
                reason: step.reason,
                statements: run(step, walk, &mut sessions, console)?,
            })
        })
        .collect()
}

/// Runs the statements of a step and shows what they come to, in the order in which they end.
fn run(
    step: &'static Step,
    walk: &Walk,
    sessions: &mut Sessions<'_>,
    console: &Console,
) -> Result<Vec<ShownStatement>> {
    let mut shown = Vec::new();
    for statement in step.statements {
        if statement.place == Place::ElsewhereWaiting {
            sessions.run_until_it_waits(statement)?;
            tell(console, || text::waiting(statement.sql))?;
            continue;
        }
        let outcome = sessions.run(statement)?;
        tell(console, || text::statement(walk.role, statement, &outcome))?;
        shown.push(checked(statement, outcome, step, walk)?);
        if let Some((waited, outcome)) = sessions.end_of_waiting()? {
            tell(console, || text::end_of_waiting(&outcome))?;
            shown.push(checked(waited, outcome, step, walk)?);
        }
    }
    Ok(shown)
}

/// Fails where the statement came to something else than it should have.
fn checked(
    statement: &Statement,
    outcome: Outcome,
    step: &Step,
    walk: &Walk,
) -> Result<ShownStatement> {
    if statement.expected.is_met_by(&outcome) {
        return Ok(ShownStatement {
            sql: statement.sql,
            second_session: statement.place != Place::Here,
            waited: statement.place == Place::ElsewhereWaiting,
            outcome,
        });
    }
    Err(Error::failure(format!(
        "the demonstration of \"{}\" did not go as it should: {}",
        walk.blueprint, step.title
    ))
    .detail(format!(
        "{}\nExpected {}; it came to {}.",
        statement.sql,
        statement.expected.in_words(),
        outcome.in_words()
    ))
    .hint("Command and extension may be of different versions: \"make install\" makes both."))
}

/// Shows what is told while the demonstration goes on; a program gets everything at the end.
fn tell(console: &Console, text: impl FnOnce() -> String) -> Result<()> {
    match console.format() {
        Format::Table => console.data(&text()),
        Format::Json => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::walk::{Cell, Statement, Step, Walk};
    use super::{Database, walk_through};
    use crate::cluster::{Cluster, ClusterOptions};
    use crate::exit::Exit;
    use crate::output::{Color, Console, Format, Verbosity};

    const fn walk(steps: &'static [Step]) -> Walk {
        Walk {
            blueprint: "trial",
            role: "postgres",
            about_role: "",
            preparation: "",
            steps,
            documents: &[],
        }
    }

    static TRUE: Walk = walk(&[Step {
        title: "True",
        reason: "",
        statements: &[
            Statement::is_done("create table t (id int primary key);"),
            Statement::changes(2, "insert into t values (1), (2);"),
            Statement::is_refused("insert into t values (1);", &["23505"]),
            Statement::returns("select id from t where id = 2;", &[&[Cell::Is("2")]]),
            Statement::is_done("begin;"),
            Statement::changes(1, "insert into t values (5);"),
            Statement::is_refused("insert into t values (5);", &["23505"]).after_waiting(),
            Statement::is_done("commit;"),
        ],
    }]);

    static NO_WAIT: Walk = walk(&[Step {
        title: "No wait",
        reason: "",
        statements: &[
            Statement::changes(1, "insert into t values (4);").after_waiting(),
            Statement::is_done("commit;"),
        ],
    }]);

    static NOT_REFUSED: Walk = walk(&[Step {
        title: "Not refused",
        reason: "",
        statements: &[Statement::is_refused(
            "insert into t values (3);",
            &["23505"],
        )],
    }]);

    static REFUSED: Walk = walk(&[Step {
        title: "Refused",
        reason: "",
        statements: &[Statement::changes(1, "insert into t values (1);")],
    }]);

    #[test]
    fn a_demonstration_fails_where_the_server_does_something_else() {
        let cluster = match Cluster::start(&ClusterOptions::default()) {
            Ok(cluster) => cluster,
            Err(error) if error.exit() == Exit::ToolMissing => {
                eprintln!("skipped: {error}");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let _database = Database::create(&cluster).expect("a database");
        // In JSON nothing is printed on the way.
        let console = Console::new(Format::Json, Color::Never, Verbosity::Quiet);
        let shown = walk_through(&TRUE, &cluster, &console).expect("it holds");
        let statements = &shown[0].statements;
        assert_eq!(statements.len(), 8);
        // In the order in which they end.
        assert!(statements[7].waited && statements[6].sql == "commit;");
        for (wrong, what) in [
            (&NOT_REFUSED, "it was allowed and changed 1 row(s)"),
            (&REFUSED, "a refusal with 23505"),
            (&NO_WAIT, "did not wait"),
        ] {
            let error = walk_through(wrong, &cluster, &console).expect_err("it does not hold");
            assert_eq!(error.exit(), Exit::Failure);
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}
