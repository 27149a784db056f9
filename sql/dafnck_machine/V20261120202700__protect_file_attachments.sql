alter table file_attachments enable row level security;

-- Of task_id, document_id and project_id one is there.
create policy file_attachments_select_policy on file_attachments
    for select to application_role
    using (
        project_id = any (array(select projects_readable_by_current_user()))
        or exists (select from tasks as t where t.id = task_id)
        or exists (select from documents as d where d.id = document_id)
    );

create policy file_attachments_insert_policy on file_attachments
    for insert to application_role
    with check (
        uploader_id = (select active_user_id())
        and (
            project_id = any (array(select projects_of_current_user('member')))
            or exists (
                select from tasks as t
                where t.id = task_id and t.project_id = any (array(select projects_of_current_user('member')))
            )
            or exists (
                select from documents as d
                where d.id = document_id and d.project_id = any (array(select projects_of_current_user('member')))
            )
        )
    );

create policy file_attachments_update_policy on file_attachments
    for update to application_role
    using (
        project_id = any (array(select projects_of_current_user('member')))
        or exists (
            select from tasks as t
            where t.id = task_id and t.project_id = any (array(select projects_of_current_user('member')))
        )
        or exists (
            select from documents as d
            where d.id = document_id and d.project_id = any (array(select projects_of_current_user('member')))
        )
    );

create policy file_attachments_delete_policy on file_attachments
    for delete to application_role
    using (
        project_id = any (array(select projects_of_current_user('member')))
        or exists (
            select from tasks as t
            where t.id = task_id and t.project_id = any (array(select projects_of_current_user('member')))
        )
        or exists (
            select from documents as d
            where d.id = document_id and d.project_id = any (array(select projects_of_current_user('member')))
        )
    );

-- Not what it belongs to, nor where it is stored: a path of one's choice would show the file of somebody else.
grant select on file_attachments to application_role;
grant insert (id, entity_type, entity_id, filename, original_filename, file_size, mime_type, storage_path, uploader_id, metadata,
    created_at) on file_attachments to application_role;
grant update (filename, metadata) on file_attachments to application_role;
grant delete on file_attachments to application_role;

comment on policy file_attachments_select_policy on file_attachments is
    'Who sees the task, the document or the project sees what is attached to it.';
comment on policy file_attachments_insert_policy on file_attachments is
    'Members, admins and owners of the project attach files, in their own name.';
comment on policy file_attachments_update_policy on file_attachments is 'Members, admins and owners of the project rename them.';
comment on policy file_attachments_delete_policy on file_attachments is 'Members, admins and owners of the project take them away.';
