drop function role_of_current_user();
drop function is_current_user_active();
