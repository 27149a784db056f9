drop trigger name_who_began on conversations;
drop function name_who_began();
