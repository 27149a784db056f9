alter table documents enable row level security;
alter table document_versions enable row level security;

create policy documents_select_policy on documents
    for select to application_role
    using (project_id = any (array(select projects_readable_by_current_user())));

create policy documents_insert_policy on documents
    for insert to application_role
    with check (
        project_id = any (array(select projects_of_current_user('member')))
        and author_id = (select active_user_id())
    );

create policy documents_update_policy on documents
    for update to application_role
    using (project_id = any (array(select projects_of_current_user('member'))));

create policy documents_delete_policy on documents
    for delete to application_role
    using (project_id = any (array(select projects_of_current_user('admin'))));

-- The rule writes versions, so there is a policy for reading only.
create policy document_versions_select_policy on document_versions
    for select to application_role
    using (exists (select from documents as d where d.id = document_id));

grant select on documents to application_role;
grant insert (id, project_id, title, content, content_type, author_id, status, tags, metadata, created_at, updated_at, published_at)
    on documents to application_role;
grant update (title, content, content_type, status, tags, metadata, updated_at, published_at) on documents to application_role;
grant delete on documents to application_role;

grant select on document_versions to application_role;

comment on policy documents_select_policy on documents is 'Who may read the project sees its documents.';
comment on policy documents_insert_policy on documents is 'Members, admins and owners write documents, in their own name.';
comment on policy documents_update_policy on documents is 'Members, admins and owners change documents.';
comment on policy documents_delete_policy on documents is 'Admins and owners delete documents.';
comment on policy document_versions_select_policy on document_versions is 'Who sees a document sees its versions.';
