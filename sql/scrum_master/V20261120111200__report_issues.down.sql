drop trigger report_issue_to_assignee on triage_items;
drop trigger report_issue on triage_items;
drop function report_issue();
