//! `dependency_graph`: the graph as text for Mermaid and Graphviz.

use steward_tests::{Database, tests};

tests![
    every_arrow_is_drawn_once_and_leads_to_the_right,
    a_format_that_there_is_not
];

fn every_arrow_is_drawn_once_and_leads_to_the_right(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id text, depends_on text, kind text);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies(
             'edges', kind => 'kind', blocking_kinds => '{blocks,needs}', reversed_kinds => '{part of}'
         );
         insert into edges values
             ('b', 'a', 'blocks'), ('b', 'a', 'blocks'), ('b', 'a', 'needs'), ('a', 'b', 'part of'),
             ('c', 'b', 'needs'), ('d', 'a', 'relates')",
    );
    assert_eq!(
        owner.value("select steward.dependency_graph('edges')"),
        "flowchart LR\n    n0[\"b\"]\n    n1[\"a\"]\n    n2[\"c\"]\n    n1 --> n0\n    n0 --> n2\n"
    );
    assert_eq!(
        owner.value("select steward.dependency_graph('edges', 'dot')"),
        "digraph dependencies {\n    rankdir=LR;\n    n0 [label=\"b\"];\n    n1 [label=\"a\"];\n    n2 [label=\"c\"];\n    \
         n1 -> n0;\n    n0 -> n2;\n}\n"
    );
}

fn a_format_that_there_is_not(database: &Database) {
    let mut owner = super::owner_of_guarded_edges(database);
    let refusal = owner.refusal("select steward.dependency_graph('edges', 'svg')");
    assert_eq!(
        refusal.to_string(),
        "22023: there is no format 'svg'\n\
         HINT: The formats are mermaid and dot; the command steward graph draws svg too."
    );
}
