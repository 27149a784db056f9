//! The command `steward graph` against a real server and guards of the real extension.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use steward_toolkit::cluster::{Cluster, ClusterOptions, SUPERUSER};

/// The server of all tests; none where the extension's files are missing.
static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| {
    let cluster = Cluster::start(&ClusterOptions::default()).expect("PostgreSQL is installed");
    let installed: bool = cluster
        .client(SUPERUSER, SUPERUSER)
        .expect("a connection")
        .query_one(
            "select exists (select from pg_available_extensions where name = 'steward')",
            &[],
        )
        .expect("a query")
        .get(0);
    if !installed {
        eprintln!("skipped: no server here has the extension's files (make install)");
    }
    installed.then_some(cluster)
});

/// A database of one test's own.
struct Database {
    cluster: &'static Cluster,
    name: String,
}

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Database {
    fn new(sql: &str) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let cluster = CLUSTER.as_ref()?;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let create = format!("create database {name}");
        let mut server = cluster.client(SUPERUSER, SUPERUSER).expect("a connection");
        server.batch_execute(&create).expect("a database");
        let database = Self { cluster, name };
        database.run(sql);
        Some(database)
    }

    fn run(&self, sql: &str) {
        self.cluster
            .client(&self.name, SUPERUSER)
            .expect("a connection")
            .batch_execute(sql)
            .expect("the statements run");
    }

    fn steward(&self, arguments: &[&str]) -> Run {
        self.steward_as(SUPERUSER, arguments)
    }

    fn steward_as(&self, user: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_steward"));
        for (name, _) in std::env::vars() {
            if name.starts_with("PG") {
                command.env_remove(name);
            }
        }
        let output = command
            .args(arguments)
            .env(
                "DATABASE_URL",
                self.cluster.connection_string(&self.name, user),
            )
            .stdin(Stdio::null())
            .output()
            .expect("the command runs");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    fn graph(&self, arguments: &[&str]) -> Run {
        self.steward(&[&["graph"], arguments].concat())
    }

    /// The only graph of the document.
    fn json(&self, arguments: &[&str]) -> Value {
        let run = self.graph(&[arguments, &["--format", "json"]].concat());
        let run = run.ends_with(0);
        let mut document: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(document["schema_version"], 1);
        document["graphs"][0].take()
    }
}

impl Run {
    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no \"{part}\" in: {}",
                self.stderr
            );
        }
        self
    }
}

/// Edges as `from>to`.
fn edges(graph: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a key").to_owned();
    graph["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .map(|edge| format!("{}>{}", text(&edge["from"]), text(&edge["to"])))
        .collect()
}

const STEPS: &str = "
    create extension steward;
    create table tasks (id bigint primary key, title text not null, note text);
    insert into tasks values
        (1, 'Design', 'first'), (2, 'Build', null), (3, 'Test', 'third'), (4, 'Ship', ''), (5, 'Rest', '');
    create table steps (
        task_id bigint not null references tasks,
        depends_on bigint not null references tasks,
        primary key (task_id, depends_on)
    );
    create index on steps (depends_on);
    select steward.guard_dependencies('steps');
    insert into steps values (2, 1), (3, 2), (4, 3), (4, 1);
";

#[test]
fn arrows_lead_from_what_is_waited_for_to_what_waits() {
    let Some(database) = Database::new(STEPS) else {
        return;
    };
    let run = database.graph(&["--edges", "steps"]).ends_with(0);
    assert_eq!(
        run.stdout,
        "flowchart LR
    n1[\"Design\"]
    n2[\"Build\"]
    n3[\"Ship\"]
    n4[\"Test\"]
    n1 --> n2
    n1 --> n3
    n2 --> n4
    n4 --> n3
"
    );
    assert_eq!(run.stderr, "");
    let table = ["--edges", "public.steps", "--format", "table"];
    assert_eq!(
        database.graph(&table).ends_with(0).stdout,
        "TASK   WAITS FOR\nBuild  Design\nShip   Design\nTest   Build\nShip   Test\n"
    );
}

#[test]
fn a_program_gets_keys_and_labels() {
    let Some(database) = Database::new(STEPS) else {
        return;
    };
    assert_eq!(
        database.json(&["--edges", "steps", "--root", "3", "--depth", "1"]),
        json!({
            "table": "public.steps",
            "guard": "steward_dependencies",
            "root": "3",
            "nodes": [
                {"key": "2", "label": "Build"},
                {"key": "3", "label": "Test"},
                {"key": "4", "label": "Ship"},
            ],
            "edges": [
                {"from": "2", "to": "3", "kind": null},
                {"from": "3", "to": "4", "kind": null},
            ],
        })
    );
}

#[test]
fn the_surroundings_of_a_task_are_followed_both_ways() {
    let Some(database) = Database::new(STEPS) else {
        return;
    };
    let around = |arguments: &[&str]| {
        edges(&database.json(&[&["--edges", "steps", "--root"], arguments].concat()))
    };
    assert_eq!(around(&["2", "--depth", "1"]), ["1>2", "2>3"]);
    // The arrow past the root belongs to the picture once both of its ends do.
    assert_eq!(around(&["2"]), ["1>2", "1>4", "2>3", "3>4"]);
    assert_eq!(around(&["+03"]), ["1>2", "1>4", "2>3", "3>4"]);
    database
        .graph(&["--edges", "steps", "--root", "5"])
        .ends_with(1)
        .says(&["task \"5\" has no dependencies in table public.steps"]);
    database
        .graph(&["--edges", "steps", "--root", "five"])
        .ends_with(1)
        .says(&["--root: invalid input syntax for type bigint", "22P02"]);
}

#[test]
fn labels_are_from_the_column_that_is_named() {
    let Some(database) = Database::new(STEPS) else {
        return;
    };
    let graph = database.json(&["--edges", "steps", "--label", "note"]);
    let labels: Vec<_> = graph["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| node["label"].clone())
        .collect();
    assert_eq!(
        labels,
        [json!("first"), Value::Null, json!(""), json!("third")]
    );
    database
        .graph(&["--edges", "steps", "--label", "name"])
        .ends_with(1)
        .says(&[
            "table public.tasks, which holds the tasks, has no column \"name\"",
            "id, title, note",
        ]);
}

#[test]
fn kinds_order_as_the_guard_was_told() {
    let Some(database) = Database::new(
        "create extension steward;
         create type kind as enum ('blocks', 'part of', 'relates');
         create table \"odd \"\"edges\"\" it's\" (\"the task\" uuid, needs uuid, kind kind);
         create index on \"odd \"\"edges\"\" it's\" (\"the task\");
         create index on \"odd \"\"edges\"\" it's\" (needs);
         select steward.guard_dependencies('\"odd \"\"edges\"\" it''s\"', 'the task', 'needs',
             kind => 'kind', blocking_kinds => '{blocks}', reversed_kinds => '{part of}');
         insert into \"odd \"\"edges\"\" it's\"
         select ('00000000-0000-0000-0000-00000000000' || task)::uuid,
                ('00000000-0000-0000-0000-00000000000' || needs)::uuid, kind::kind
           from (values (2, 1, 'blocks'), (3, 2, 'part of'), (4, 1, 'relates'), (5, 1, null), (null, 2, 'blocks'))
                as edge (task, needs, kind);",
    ) else {
        return;
    };
    let name = "\"odd \"\"edges\"\" it's\"";
    let graph = database.json(&["--edges", name]);
    assert_eq!(graph["nodes"].as_array().map(Vec::len), Some(3));
    let first = "00000000-0000-0000-0000-000000000001";
    let kinds: Vec<_> = graph["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .map(|edge| (edge["from"] == first, edge["kind"].as_str()))
        .collect();
    assert_eq!(kinds, [(true, Some("blocks")), (false, Some("part of"))]);
    let third = "00000000-0000-0000-0000-000000000003";
    let around = database.json(&["--edges", name, "--root", third, "--depth", "1"]);
    assert_eq!(around["edges"].as_array().map(Vec::len), Some(1));
    database.graph(&["--edges", name, "--label", "title"]).ends_with(1).says(&[
        "no foreign key of table public.\"odd \"\"edges\"\" it's\" says which table holds its tasks",
    ]);
}

#[test]
fn a_parent_column_is_an_edge_table() {
    let Some(database) = Database::new(
        "create extension steward;
         create table tasks (id text primary key, name text, parent text references tasks);
         create index on tasks (parent);
         select steward.guard_dependencies('tasks', task => 'id', depends_on => 'parent');
         insert into tasks values ('a\"b', 'Whole', null), ('{c,''d\\', 'Part', 'a\"b'), ('lonely', 'x', null);",
    ) else {
        return;
    };
    let graph = database.json(&["--edges", "tasks", "--root", "{c,'d\\"]);
    assert_eq!(
        graph["nodes"],
        json!([{"key": "a\"b", "label": "Whole"}, {"key": "{c,'d\\", "label": "Part"}])
    );
    assert_eq!(edges(&graph), ["a\"b>{c,'d\\"]);
}

#[test]
fn a_guard_has_to_be_there_and_to_be_clear() {
    let Some(database) = Database::new(STEPS) else {
        return;
    };
    database
        .graph(&["--edges", "stepz"])
        .ends_with(1)
        .says(&["table \"stepz\" does not exist"]);
    database.graph(&["--edges", "tasks"]).ends_with(1).says(&[
        "table tasks has no dependency guard",
        "Those with one are: public.steps.",
        "select steward.guard_dependencies('tasks');",
    ]);
}

#[test]
fn several_guards_are_told_apart() {
    let Some(database) = Database::new(
        "create extension steward;
         create table steps (id int primary key, a int, b int, c int);
         create index on steps (a);
         create index on steps (b);
         create index on steps (c);
         select steward.guard_dependencies('steps', 'a', 'b', name => 'first');
         select steward.guard_dependencies('steps', 'b', 'c', name => 'second');
         insert into steps values (1, 10, 20, 30);",
    ) else {
        return;
    };
    database.graph(&["--edges", "steps"]).ends_with(2).says(&[
        "table \"steps\" has several guards",
        "They are: steward_first, steward_second.",
        "--name GUARD",
    ]);
    let of = |name: &str| edges(&database.json(&["--edges", "steps", "--name", name]));
    assert_eq!(of("first"), ["20>10"]);
    assert_eq!(of("steward_second"), ["30>20"]);
    database
        .graph(&["--edges", "steps", "--name", "third"])
        .ends_with(1)
        .says(&[
            "table \"steps\" has no guard \"third\"",
            "It has: steward_first, steward_second.",
        ]);
}

#[test]
fn without_the_extension_it_is_said() {
    let Some(database) = Database::new("create table steps (a int, b int)") else {
        return;
    };
    database.graph(&["--edges", "steps"]).ends_with(1).says(&[
        "the extension steward is not installed in database",
        "HINT:  create extension steward;",
    ]);
}

#[test]
fn it_reads_with_the_rights_of_the_role() {
    let Some(database) = Database::new(&format!(
        "{STEPS}
         create role reader login;
         grant select on steps to reader;
         create role nobody login;"
    )) else {
        return;
    };
    let graph = ["graph", "--edges", "steps"];
    let run = database.steward_as("reader", &graph).ends_with(0);
    assert!(run.stdout.contains("n1[\"1\"]"), "{}", run.stdout);
    database
        .steward_as("reader", &[&graph[..], &["--label", "title"]].concat())
        .ends_with(1)
        .says(&["permission denied for table tasks", "42501"]);
    database
        .steward_as("nobody", &graph)
        .ends_with(1)
        .says(&["permission denied for table steps"]);
    database.run(
        "grant select on tasks to reader;
         alter table steps enable row level security;
         create policy few on steps to reader using (task_id < 4);",
    );
    let run = database.steward_as("reader", &graph).ends_with(0);
    assert_eq!(run.stdout.matches("-->").count(), 2, "{}", run.stdout);
    assert!(run.stdout.contains("Design"));
}

#[test]
fn the_format_follows_the_name_of_the_file() {
    let Some(database) = Database::new(STEPS) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    for (name, beginning) in [
        ("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\""),
        ("a.dot", "digraph dependencies {"),
        ("a.mmd", "flowchart LR"),
        ("a.json", "{\n  \"schema_version\": 1"),
    ] {
        let file = folder.path().join(name);
        let path = file.to_str().expect("UTF-8");
        let run = database
            .graph(&["--edges", "steps", "--output", path])
            .ends_with(0);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.starts_with("wrote "), "{}", run.stderr);
        let text = fs::read_to_string(&file).expect("written");
        assert!(text.starts_with(beginning), "{text}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"));
    }
    let nowhere = folder.path().join("missing/a.svg");
    database
        .graph(&["--edges", "steps", "-o", nowhere.to_str().expect("UTF-8")])
        .ends_with(1)
        .says(&[
            "could not write",
            "missing/a.svg",
            "No such file or directory",
        ]);
}

#[test]
fn what_got_past_the_guard_is_drawn_with_a_warning() {
    let Some(database) = Database::new(&format!(
        "{STEPS}
         set session_replication_role = replica;
         insert into steps values (1, 4);"
    )) else {
        return;
    };
    let run = database
        .graph(&["--edges", "steps", "--format", "svg"])
        .ends_with(0);
    assert_eq!(run.stdout.matches("class=\"edge cycle\"").count(), 1);
    run.says(&["WARNING:  the dependencies in public.steps hold a cycle"]);
    let run = database
        .graph(&["--edges", "steps", "--root", "1"])
        .ends_with(0);
    assert_eq!(run.stdout.matches("-->").count(), 5);
}

#[test]
fn a_large_graph_is_drawn_in_parts() {
    let Some(database) = Database::new(
        "create extension steward;
         create table steps (task_id int not null, depends_on int not null);
         insert into steps select task, task - 1 from generate_series(1, 30000) as task;
         insert into steps select task, task / 2 from generate_series(2, 30000) as task;
         create index on steps (task_id);
         create index on steps (depends_on);
         select steward.guard_dependencies('steps');",
    ) else {
        return;
    };
    database
        .graph(&["--edges", "steps", "-o", "/dev/null", "--format", "svg"])
        .ends_with(1)
        .says(&[
            "the graph is too large to be drawn as SVG",
            "It has 30001 tasks and 59998 dependencies; at most 2000 and 10000 are drawn.",
            "--root KEY --depth N",
        ]);
    let run = database.graph(&["--edges", "steps"]).ends_with(0);
    assert_eq!(run.stdout.matches("-->").count(), 59_998);
    run.says(&["WARNING:  Mermaid draws 500 dependencies"]);
    let part = [
        "--edges", "steps", "--root", "20000", "--depth", "2", "--format", "svg",
    ];
    database.graph(&part).ends_with(0);
}

#[test]
fn partitions_and_lost_columns_are_explained() {
    let Some(database) = Database::new(
        "create extension steward;
         create table steps (task_id int, depends_on int) partition by range (task_id);
         create table steps_1 partition of steps for values from (0) to (9);
         create index on steps (task_id);
         create index on steps (depends_on);
         select steward.guard_dependencies('steps');
         insert into steps values (2, 1);",
    ) else {
        return;
    };
    assert_eq!(edges(&database.json(&["--edges", "steps"])), ["1>2"]);
    database
        .graph(&["--edges", "steps_1"])
        .ends_with(1)
        .says(&["table steps_1 is a partition", "--edges steps"]);
    database.run("alter table steps rename depends_on to needs");
    database
        .graph(&["--edges", "steps"])
        .ends_with(1)
        .says(&["needs a column \"depends_on\" that is not there"]);
}

#[test]
fn a_blueprint_is_drawn_with_all_its_guards() {
    let Some(database) = Database::new("") else {
        return;
    };
    let blueprint = ["--blueprint", "jadugar", "--schema", "shop"];
    database
        .steward(&[&["migrate", "up"], &blueprint[..]].concat())
        .ends_with(0);
    let empty = database.graph(&blueprint).ends_with(0);
    assert_eq!(empty.stdout, "flowchart LR\n");
    empty.says(&["table shop.task_dependencies has no dependencies that you may see"]);
    database
        .steward(&[&["seed", "dev"], &blueprint[..]].concat())
        .ends_with(0);
    let drawn = database
        .graph(&[&blueprint[..], &["--format", "svg"]].concat())
        .ends_with(0);
    assert!(
        drawn
            .stdout
            .contains("Dependencies in shop.task_dependencies")
    );
    assert!(drawn.stdout.matches("class=\"task\"").count() > 30);
    database
        .graph(&["--blueprint", "jadugar"])
        .ends_with(1)
        .says(&[
            "no table in schema \"public\" has a dependency guard",
            "--schema NAME",
        ]);
    database
        .graph(&["--blueprint", "jadugaar"])
        .ends_with(2)
        .says(&["Did you mean \"jadugar\"?"]);
}

#[test]
fn a_wrong_command_line_needs_no_server() {
    let steward = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_steward"))
            .arg("graph")
            .args(arguments)
            .env("DATABASE_URL", "postgresql:///x?host=/nowhere")
            .output()
            .expect("the command runs");
        output.status.code()
    };
    assert_eq!(steward(&[]), Some(2));
    assert_eq!(
        steward(&["--edges", "a", "--blueprint", "jadugar"]),
        Some(2)
    );
    assert_eq!(steward(&["--edges", "a", "--depth", "2"]), Some(2));
    assert_eq!(steward(&["--edges", "a", "--schema", "b"]), Some(2));
    assert_eq!(steward(&["--edges", "a", "--format", "png"]), Some(2));
    assert_eq!(steward(&["--edges", "a"]), Some(6));
}
