drop trigger "0_explain_kept_user" on users;
drop function explain_kept_user();
