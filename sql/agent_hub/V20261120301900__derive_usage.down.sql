comment on column token_usage.conversation_id is 'Conversation that the request was part of; NULL if of none, or once that was deleted.';
comment on column token_usage.project_id is 'Project that the request was for; NULL if for none, or once that was deleted.';
comment on column token_usage.agent_type is 'Type of that agent, which stays when the agent is deleted; NULL if there was none.';
comment on column token_usage.agent_id is 'Agent that made the request; NULL if none did, or once the agent was deleted.';
comment on column token_usage.usage_date is 'The day of timestamp in UTC.';

drop trigger derive_usage on token_usage;
drop function derive_usage();
