select steward.detach('budget_limits', 'audit');

drop table audit_log, audit_log_seals;
