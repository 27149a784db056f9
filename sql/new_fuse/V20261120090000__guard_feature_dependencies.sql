select steward.guard_dependencies('feature_dependencies', task => 'feature_id', depends_on => 'depends_on');
