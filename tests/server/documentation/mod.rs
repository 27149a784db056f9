//! The SQL and the commands of the pages run as they are shown.
//!
//! Each page has a database of its own, and its blocks are run in their order.

use steward_tests::{Database, Role, Session, Test, tests};

use self::run::Reader;

mod page;
mod run;

/// Every test of the documentation.
pub(crate) fn all() -> Vec<Test> {
    [tests(), page::tests(), run::tests()]
        .into_iter()
        .flatten()
        .collect()
}

tests![
    every_page_is_known,
    readme,
    installation,
    toolkit,
    graph,
    timestamps,
    stages,
    tasks,
    dependencies,
    progress,
    claims,
    audit,
    budgets,
    access,
    personal_data,
    new_fuse,
    jadugar,
    scrum_master,
    dafnck_machine,
    agent_hub,
];

/// The pages that have something to run; a new one gets a test.
const PAGES: [&str; 20] = [
    "README.md",
    "docs/access.md",
    "docs/audit.md",
    "docs/benchmarks.md",
    "docs/blueprints/agent_hub.md",
    "docs/blueprints/dafnck_machine.md",
    "docs/blueprints/jadugar.md",
    "docs/blueprints/new_fuse.md",
    "docs/blueprints/scrum_master.md",
    "docs/budgets.md",
    "docs/claims.md",
    "docs/dependencies.md",
    "docs/graph.md",
    "docs/installation.md",
    "docs/personal_data.md",
    "docs/progress.md",
    "docs/stages.md",
    "docs/tasks.md",
    "docs/timestamps.md",
    "docs/toolkit.md",
];

fn every_page_is_known(database: &Database) {
    let mut found = page::all();
    found.retain(|page| !page::blocks(page).is_empty());
    assert_eq!(found, PAGES);
    // Nothing of it can be run here.
    Reader::new(database, Role::Owner).reads("docs/benchmarks.md");
}

/// Begins where a new user begins: in a database without the extension, as a superuser.
fn readme(database: &Database) {
    let empty = database.create_empty().expect("a database");
    let mut reader = Reader::new(&empty, Role::Superuser);
    reader.reads("README.md");
    let applied = |session: &mut Session| {
        session
            .value("select count(*), (select count(*) from fuse.tasks) from fuse.schema_migrations")
    };
    assert_eq!(applied(reader.session()), "13|32", "one step down");
}

fn installation(database: &Database) {
    Reader::new(database, Role::Superuser).reads("docs/installation.md");
}

fn toolkit(database: &Database) {
    Reader::new(database, Role::Owner).reads("docs/toolkit.md");
}

fn graph(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/graph.md");
    assert_eq!(
        reader.written("graph.svg"),
        page::text("docs/graph.svg"),
        "the picture on the page"
    );
}

fn timestamps(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/timestamps.md");
    assert_eq!(attached(reader.session(), "timestamps"), "2");
}

fn stages(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/stages.md");
    assert_eq!(
        reader
            .session()
            .rows("select from_stage, to_stage from order_history order by timestamp"),
        ["NULL|received", "received|packed"]
    );
}

fn claims(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/claims.md");
    let session = reader.session();
    assert_eq!(
        session.rows("select id from tasks where status = 'done' order by id"),
        ["1", "3"]
    );
    assert_eq!(
        session.rows("select * from steward.ready_tasks('tasks')"),
        ["2", "4"]
    );
    assert_eq!(
        session.rows("select * from steward.verify_tasks('tasks')"),
        [""; 0]
    );
}

fn dependencies(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/dependencies.md");
    for table in ["task_dependencies", "pages", "links", "steps", "plan"] {
        let verify = format!("select * from steward.verify_dependencies('{table}')");
        assert_eq!(reader.session().rows(&verify), [""; 0], "{table}");
    }
    assert_eq!(attached(reader.session(), "dependencies"), "5");
}

fn tasks(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/tasks.md");
    for table in ["tasks", "pages", "tickets"] {
        let verify = format!("select * from steward.verify_tasks('{table}')");
        assert_eq!(reader.session().rows(&verify), [""; 0], "{table}");
    }
}

fn progress(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/progress.md");
    for table in ["tasks", "stories"] {
        let verify = format!("select * from steward.verify_progress('{table}')");
        assert_eq!(reader.session().rows(&verify), [""; 0], "{table}");
    }
    assert_eq!(attached(reader.session(), "progress"), "10");
    assert_eq!(attached(reader.session(), "notices"), "6");
}

fn audit(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/audit.md");
    let problems = "select * from steward.verify_audit('audit.log')";
    assert!(reader.session().rows(problems).is_empty());
    // One of them changed nothing, and one was refused.
    assert_eq!(
        reader.session().rows(
            "select action, actor from audit.log where table_name = 'accounts' order by sequence"
        ),
        [
            "INSERT|asha",
            "UPDATE|asha",
            "UPDATE|asha",
            "DELETE|asha",
            "INSERT|viktor"
        ]
    );
    let problems = "select * from steward.verify_audit('audit.log')";
    assert_eq!(reader.session().rows(problems), [""; 0]);
}

fn budgets(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/budgets.md");
    assert_eq!(attached(reader.session(), "budgets"), "9");
    assert_eq!(
        reader
            .session()
            .rows("select state, given_back from budget_limits_reservations"),
        ["settled|0.05"]
    );
}

/// As a superuser, who makes the role that the application connects as; the page takes its part where it counts.
fn access(database: &Database) {
    Reader::new(database, Role::Superuser).reads("docs/access.md");
    database
        .superuser()
        .run("drop owned by application; drop role application");
}

/// As a superuser, who makes the roles; the keys are in the server's own folder.
fn personal_data(database: &Database) {
    let mut superuser = database.superuser();
    superuser.run(
        "copy (select) to program 'mkdir personal_data';
         copy (select md5('one') || md5(random()::text)) to program 'cat > personal_data/1.key';
         copy (select md5('two') || md5(random()::text)) to program 'cat > personal_data/2.key';
         copy (select md5('three') || md5(random()::text)) to program 'cat > personal_data/search.key'",
    );
    Reader::new(database, Role::Superuser).reads("docs/personal_data.md");
    superuser.run("drop owned by letters, key_keeper cascade; drop role letters, key_keeper");
}

fn new_fuse(database: &Database) {
    Reader::new(database, Role::Owner).reads("docs/blueprints/new_fuse.md");
}

fn jadugar(database: &Database) {
    Reader::new(database, Role::Owner).reads("docs/blueprints/jadugar.md");
}

fn scrum_master(database: &Database) {
    // Who takes the part of the application, as the page does.
    Reader::new(database, Role::Superuser).reads("docs/blueprints/scrum_master.md");
}

/// As a superuser, who takes the part of the application where it counts.
fn dafnck_machine(database: &Database) {
    Reader::new(database, Role::Superuser).reads("docs/blueprints/dafnck_machine.md");
}

fn agent_hub(database: &Database) {
    let mut reader = Reader::new(database, Role::Owner);
    reader.reads("docs/blueprints/agent_hub.md");
    let session = reader.session();
    assert_eq!(
        session.rows("select * from steward.verify_budgets('hub.budget_limits')"),
        [""; 0]
    );
    assert_eq!(
        session.rows("select state, given_back from hub.budget_limits_reservations"),
        ["settled|0.15"]
    );
}

fn attached(session: &mut Session, capability: &str) -> String {
    session.value(&format!(
        "select count(*) from steward.attachments where capability = '{capability}'"
    ))
}
