drop trigger join_conversation on messages;
drop function join_conversation();
comment on column conversation_participants.joined_at is 'When the agent joined.';
