drop function audit_trigger_function();
