use steward_rules::graph;
