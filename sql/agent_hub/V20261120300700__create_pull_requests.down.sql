drop table pull_requests;
