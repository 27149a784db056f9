-- Who takes part in a project reads the history of what is there. What is gone has no row to ask about any more, and accounts are
-- their own business: both are for administrators.
-- An id that was another row's before is a new beginning: else whoever knows the id of a row that is gone makes one of the same id,
-- and reads what became of the other.
create function is_deleted_later(entry bigint, entry_key_hash bigint, entry_table_name text) returns boolean
    language sql stable security definer parallel safe
    set search_path = pg_catalog, pg_temp
begin atomic
    select exists (
        select from audit_log as l
        where l.key_hash = $2 and l.table_name = $3 and l.action = 'DELETE' and l.sequence >= $1
    );
end;

revoke execute on function is_deleted_later(bigint, bigint, text) from public;
grant execute on function is_deleted_later(bigint, bigint, text) to application_role;

alter table audit_log enable row level security;

create policy audit_log_select_policy on audit_log
    for select to application_role
    using (
        (
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
        )
        and not is_deleted_later(sequence, key_hash, table_name)
    );

grant select on audit_log to application_role;

comment on function is_deleted_later(bigint, bigint, text) is
    'Whether the row that an entry of audit_log is about was deleted then or later.';
comment on policy audit_log_select_policy on audit_log is
    'Who takes part in a project reads what became of it, of its tasks and of its documents.';
