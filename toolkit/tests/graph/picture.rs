//! What is drawn: the arrows, the labels, the surroundings of a task, and the formats.

use std::fs;

use serde_json::{Value, json};

use crate::fixture::{Database, STEPS, edges};

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
