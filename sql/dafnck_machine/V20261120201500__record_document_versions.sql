-- A BEFORE UPDATE trigger runs with the row locked and OLD as the last transaction left it. So of two sessions that change one
-- document, the second waits for the first and counts on from there (or fails with 40001, above READ COMMITTED).
create function number_document_version() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if tg_op = 'INSERT' then
        new.version := coalesce(new.version, 1);
    elsif coalesce(new.content, '') <> coalesce(old.content, '') then
        new.version := coalesce(old.version, 0) + 1;
    else
        new.version := old.version;
    end if;
    return new;
end;
$function$;

-- With its owner's rights: who writes documents needs none on their history.
create function record_document_version() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
declare
    actor uuid := steward.current_user_uuid();
    author uuid;
begin
    if tg_op = 'UPDATE' and new.version = old.version then
        return null;
    end if;
    if actor is not null then
        -- Locked, so that a user who is just being deleted does not fail the change of the document.
        execute format('select id from %I.users where id = $1 for key share', tg_table_schema) into author using actor;
    end if;
    execute format(
        'insert into %I.document_versions (document_id, version_number, content, change_summary, author_id, created_at)
         values ($1, $2, $3, $4, $5, $6)',
        tg_table_schema
    ) using new.id, new.version, coalesce(new.content, ''), nullif(current_setting('app.change_summary', true), ''),
        coalesce(author, new.author_id), coalesce(new.updated_at, current_timestamp);
    return null;
end;
$function$;

-- Triggers run without this right; without it nobody can put the function onto another table.
revoke execute on function record_document_version() from public;

create trigger documents_version_trigger before insert or update on documents
    for each row execute function number_document_version();
create trigger documents_record_version_trigger after insert or update on documents
    for each row execute function record_document_version();

comment on function number_document_version() is
    'Row trigger of documents: each change of the content makes the version one higher, and nothing else changes it.';
comment on function record_document_version() is
    'Row trigger of documents: a row of document_versions for each version, with the author by steward.current_user_uuid() and the summary by app.change_summary.';
comment on trigger documents_version_trigger on documents is 'Numbers the versions.';
comment on trigger documents_record_version_trigger on documents is 'Records each version in document_versions.';
