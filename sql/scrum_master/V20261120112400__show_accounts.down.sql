drop view user_accounts;
drop view user_names;
drop function sign_in(text);
