drop table conversation_participants;
