drop table github_issues;
