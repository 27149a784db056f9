-- OLD is NULL for an INSERT. A time that is given is kept: an import, and the seeds, tell of what was before.
create function stamp_archived_at() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    new.archived_at := case new.status
        when 'archived' then coalesce(new.archived_at, old.archived_at, current_timestamp)
    end;
    return new;
end;
$function$;

create function stamp_published_at() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    new.published_at := case new.status
        when 'published' then coalesce(new.published_at, old.published_at, current_timestamp)
        when 'archived' then coalesce(new.published_at, old.published_at)
    end;
    return new;
end;
$function$;

-- With its owner's rights, as a foreign key's action: who signs users in needs none on their accounts. Only what is later is
-- written, so that a session that an import brings stamps no account anew.
create function stamp_last_login_at() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        'update %I.users set last_login_at = $2 where id = $1 and (last_login_at is null or last_login_at < $2)',
        tg_table_schema
    ) using new.user_id, coalesce(new.created_at, current_timestamp);
    return null;
end;
$function$;

-- Triggers run without this right; without it nobody can put the function onto another table.
revoke execute on function stamp_last_login_at() from public;

create trigger projects_archived_at_trigger before insert or update on projects
    for each row execute function stamp_archived_at();
create trigger documents_published_at_trigger before insert or update on documents
    for each row execute function stamp_published_at();
create trigger user_sessions_last_login_at_trigger after insert on user_sessions
    for each row execute function stamp_last_login_at();

comment on function stamp_archived_at() is
    'Row trigger of projects: archived_at is when the status became "archived", and NULL while it is another.';
comment on function stamp_published_at() is
    'Row trigger of documents: published_at is when the status became "published", and NULL while it is "draft" or "review".';
comment on function stamp_last_login_at() is
    'Row trigger of user_sessions: the creation of a session is the last login of its user.';
comment on trigger projects_archived_at_trigger on projects is 'Keeps archived_at.';
comment on trigger documents_published_at_trigger on documents is 'Keeps published_at.';
comment on trigger user_sessions_last_login_at_trigger on user_sessions is 'Keeps users.last_login_at.';
