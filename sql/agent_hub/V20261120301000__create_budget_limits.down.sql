drop table budget_limits;
