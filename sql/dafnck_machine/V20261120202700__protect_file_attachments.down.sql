revoke all on file_attachments from application_role;

drop policy file_attachments_delete_policy on file_attachments;
drop policy file_attachments_update_policy on file_attachments;
drop policy file_attachments_insert_policy on file_attachments;
drop policy file_attachments_select_policy on file_attachments;

alter table file_attachments disable row level security;
