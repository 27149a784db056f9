drop table stage_transitions;
