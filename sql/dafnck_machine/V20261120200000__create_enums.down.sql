drop type document_status;
drop type dependency_type;
drop type task_priority;
drop type task_status;
drop type project_role;
drop type project_visibility;
drop type project_status;
drop type user_status;
