-- No CHECK, because it would refuse what ON DELETE SET NULL leaves.
create function name_who_began() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    raise exception using
        errcode = 'check_violation',
        message = 'a conversation is begun by somebody',
        detail = 'Both created_by_user_id and created_by_agent_id are NULL.',
        hint = 'Name the user or the agent who begins it.',
        schema = tg_table_schema,
        table = tg_table_name,
        constraint = 'conversations_created_by_check';
end;
$function$;

create trigger name_who_began before insert on conversations
    for each row when (new.created_by_user_id is null and new.created_by_agent_id is null)
    execute function name_who_began();

comment on function name_who_began() is 'BEFORE INSERT row trigger of conversations: refuses one that nobody has begun.';
comment on trigger name_who_began on conversations is
    'Refuses a conversation that nobody has begun. One whose user or agent is deleted later stays.';
