-- Who takes part in a project reads the history of what is there. What is gone has no row to ask about any more, and accounts are
-- their own business: both are for administrators.
alter table audit_log enable row level security;

create policy audit_log_select_policy on audit_log
    for select to application_role
    using (
        table_name = 'projects' and exists (
            select from projects as p
            where p.id = (key ->> 'id')::uuid and p.id = any (array(select projects_of_current_user('viewer')))
        )
        or table_name = 'tasks' and exists (
            select from tasks as t
            where t.id = (key ->> 'id')::uuid and t.project_id = any (array(select projects_of_current_user('viewer')))
        )
        or table_name = 'documents' and exists (
            select from documents as d
            where d.id = (key ->> 'id')::uuid and d.project_id = any (array(select projects_of_current_user('viewer')))
        )
    );

grant select on audit_log to application_role;

comment on policy audit_log_select_policy on audit_log is
    'Who takes part in a project reads what became of it, of its tasks and of its documents.';
