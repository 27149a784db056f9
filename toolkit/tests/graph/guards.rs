//! Which edges count: those of a guard, as it was told, and as far as the role may read them.

use serde_json::json;

use crate::fixture::{Database, STEPS, edges};

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
