drop function state_subtask();
