select steward.detach('feature_dependencies', 'dependencies');
