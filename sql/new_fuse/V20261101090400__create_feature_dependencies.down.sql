drop table feature_dependencies;
