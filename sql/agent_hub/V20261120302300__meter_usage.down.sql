comment on table token_usage is
    'What each request to a model used and cost. It is money spent: it stays when what it was spent on is deleted.';
comment on table budget_limits is
    'How much may be spent in a day, a week or a month: by everybody, by a project, by an agent, by the agents of a type.';

select steward.detach('token_usage', 'budgets');
select steward.detach('budget_limits', 'budgets');

drop function tell_of_budget(text, text, text, text, jsonb);
