-- Budgets are charged by agent_id, agent_type and project_id: what a row leaves out of what it is known to be about is filled
-- in, and what contradicts it is refused. There is no order among the sources, as all of them have to say the same.
--
-- An UPDATE is asked about what it changes only: a task may have gone to another project since. What becomes NULL is never
-- asked about, as a foreign key's action may be what clears it; and the type of an agent that is gone stays.
--
-- As the owner, because who writes usage need not read agents, tasks and conversations. search_path is the schema of the
-- table that fires, not the writer's, so that plans can be kept; at the end it is what it was before. And they are kept: to plan
-- anew takes longer than to look up, and a plan that was made for an empty table must not read a full one from end to end.
-- Functions are named with their schema, and operators have the very types of those of pg_catalog: nobody who may create
-- objects in the schema can put their own in the place of these.
create function derive_usage() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $function$
declare
    is_moved constant boolean := new.project_id is distinct from old.project_id;
    type_of_agent text;
    project_of_agent uuid;
    agent_of_message uuid;
    conversation_of_message uuid;
    agent_of_task uuid;
    worker uuid;
    type_of_worker text;
    project_of_task uuid;
    project_of_pull_request uuid;
    project_of_conversation uuid;
    contradiction text;
begin
    if tg_op = 'INSERT' then
        new.timestamp := coalesce(new.timestamp, now());
    end if;
    new.usage_date := coalesce((new.timestamp at time zone 'UTC')::date, old.usage_date);
    if not is_moved
        and new.agent_type is not distinct from old.agent_type
        and new.agent_id is not distinct from old.agent_id
        and (new.message_id is null or new.message_id = old.message_id)
        and (new.conversation_id is null or new.conversation_id = old.conversation_id)
        and (new.task_id is null or new.task_id = old.task_id)
        and (new.pr_id is null or new.pr_id = old.pr_id)
    then
        return new;
    end if;
    perform set_config('search_path', format('%I, pg_temp', tg_table_schema), true);

    -- Nobody takes a row out of its agent's budgets but by deleting the agent.
    if tg_op = 'UPDATE' and new.agent_id is null then
        if exists (select from agents where id = old.agent_id) then
            new.agent_id := old.agent_id;
        end if;
        new.agent_type := coalesce(new.agent_type, old.agent_type);
    end if;

    if is_moved and new.project_id is null and tg_op = 'UPDATE' then
        if not exists (select from projects where id = old.project_id) then
            return new;
        end if;
    end if;

    if new.message_id is not null
        and (new.message_id is distinct from old.message_id or new.conversation_id is distinct from old.conversation_id)
    then
        select conversation_id, agent_id into conversation_of_message, agent_of_message
        from messages where id = new.message_id;
        if new.message_id is distinct from old.message_id then
            new.conversation_id := coalesce(new.conversation_id, conversation_of_message);
        end if;
        if new.conversation_id <> conversation_of_message then
            raise exception using
                errcode = 'check_violation',
                message = 'usage is of another conversation than its message',
                detail = pg_catalog.format('message_id is %s, which is not of conversation_id %s.', new.message_id, new.conversation_id),
                hint = 'Leave conversation_id out: it is taken from the message.',
                schema = tg_table_schema, table = tg_table_name, column = 'conversation_id',
                constraint = 'token_usage_conversation_id_check';
        end if;
    end if;
    if new.conversation_id is not null and (is_moved or new.conversation_id is distinct from old.conversation_id) then
        select project_id into project_of_conversation from conversations where id = new.conversation_id;
    end if;
    if new.task_id is not null and (is_moved or new.task_id is distinct from old.task_id) then
        select project_id, assigned_to_agent_id into project_of_task, agent_of_task from tasks where id = new.task_id;
    end if;
    if new.pr_id is not null and (is_moved or new.pr_id is distinct from old.pr_id) then
        select project_id into project_of_pull_request from pull_requests where id = new.pr_id;
    end if;

    -- Where no agent is named: an agent's message was written by that agent, and what no user asked for is the work of the
    -- task's. A type that is named does not hide them: it is theirs too, or that of another agent at work on the task.
    if tg_op = 'INSERT' and new.agent_id is null then
        worker := coalesce(agent_of_message, case when new.user_id is null then agent_of_task end);
        select type into type_of_worker from agents where id = worker;
        if worker = agent_of_message or new.agent_type is null or new.agent_type::text = type_of_worker then
            new.agent_id := worker;
        end if;
    end if;
    if new.agent_id is not null then
        select type, project_id into type_of_agent, project_of_agent from agents where id = new.agent_id;
        if new.agent_id is distinct from old.agent_id or new.agent_type::text is distinct from old.agent_type::text then
            new.agent_type := coalesce(new.agent_type, type_of_agent);
            if new.agent_type::text <> type_of_agent then
                raise exception using
                    errcode = 'check_violation',
                    message = 'usage is of another type of agent than its agent',
                    detail = pg_catalog.format('agent_type is %s, which is not the type of agent_id %s.', new.agent_type, new.agent_id),
                    hint = 'Leave agent_type out: it is taken from the agent.',
                    schema = tg_table_schema, table = tg_table_name, column = 'agent_type',
                    constraint = 'token_usage_agent_type_check';
            end if;
        end if;
        if not is_moved and new.agent_id is not distinct from old.agent_id then
            project_of_agent := null;
        end if;
    end if;

    new.project_id := coalesce(
        new.project_id, project_of_task, project_of_pull_request, project_of_conversation, project_of_agent
    );
    contradiction := case
        when project_of_task <> new.project_id then pg_catalog.format('task_id %s', new.task_id)
        when project_of_pull_request <> new.project_id then pg_catalog.format('pr_id %s', new.pr_id)
        when project_of_conversation <> new.project_id then pg_catalog.format('conversation_id %s', new.conversation_id)
        when project_of_agent <> new.project_id then pg_catalog.format('agent_id %s', new.agent_id)
    end;
    if contradiction is not null then
        raise exception using
            errcode = 'check_violation',
            message = 'usage is of one project, and what it names is of another',
            detail = pg_catalog.format('%s is not of the project %s.', contradiction, new.project_id),
            hint = 'Name what belongs to one project, and leave project_id out: it is taken from that.',
            schema = tg_table_schema, table = tg_table_name, column = 'project_id',
            constraint = 'token_usage_project_id_check';
    end if;
    return new;
end;
$function$;

-- Triggers run without this right; without it nobody else can put the function onto a table.
revoke execute on function derive_usage() from public;

create trigger derive_usage before insert or update on token_usage
    for each row execute function derive_usage();

comment on function derive_usage() is
    'BEFORE INSERT OR UPDATE row trigger of token_usage: usage_date by the timestamp; type, project and conversation by what the row names, which has to agree.';
comment on trigger derive_usage on token_usage is 'Fills in usage_date, agent_type, project_id and such, and refuses contradictions.';
comment on column token_usage.usage_date is 'The day of timestamp in UTC, whatever a client says; written by the trigger derive_usage.';
comment on column token_usage.agent_id is
    'Agent that made the request; NULL if none did, or once the agent was deleted. A row that names no type either gets the agent who wrote its message, or else that of its task unless it is of a user.';
comment on column token_usage.agent_type is
    'Type of that agent, by the trigger derive_usage; it stays when the agent is deleted. NULL if there was none.';
comment on column token_usage.conversation_id is
    'Conversation that the request was part of, by the trigger derive_usage that of its message; NULL if of none, or once that was deleted.';
comment on column token_usage.project_id is
    'Project that the request was for, by the trigger derive_usage that of its task, pull request, conversation and agent; NULL if for none, or once that was deleted.';
