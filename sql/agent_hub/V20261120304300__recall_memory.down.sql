drop function forget_expired(integer);
drop function recall(uuid, uuid, text, text, integer);
drop function remember(uuid, text, text, jsonb, uuid, integer, interval);
drop view current_agent_memory;
comment on column agent_memory.expires_at is 'From when on it is forgotten; NULL for never.';
