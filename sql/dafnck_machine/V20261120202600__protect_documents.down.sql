revoke all on document_versions from application_role;
revoke all on documents from application_role;

drop policy document_versions_select_policy on document_versions;
drop policy documents_delete_policy on documents;
drop policy documents_update_policy on documents;
drop policy documents_insert_policy on documents;
drop policy documents_select_policy on documents;

alter table document_versions disable row level security;
alter table documents disable row level security;
