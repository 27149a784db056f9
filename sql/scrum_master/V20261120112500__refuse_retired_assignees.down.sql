drop trigger refuse_retired_new_assignee on triage_items;
drop trigger refuse_retired_assignee on triage_items;
drop trigger refuse_retired_new_assignee on tasks;
drop trigger refuse_retired_assignee on tasks;
drop function refuse_retired_assignee();
