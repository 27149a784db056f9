drop policy reporting_policy on triage_items;
drop policy active_user_policy on triage_items;
drop policy triage_management_policy on triage_items;
drop policy triage_deletion_policy on triage_items;
drop policy triage_work_policy on triage_items;
drop policy triage_reporting_policy on triage_items;
drop policy triage_access_policy on triage_items;

alter table triage_items disable row level security;

revoke all on triage_items from read_only_user;
revoke all on sequence triage_items_id_seq from application_user;
revoke all on triage_items from application_user;
