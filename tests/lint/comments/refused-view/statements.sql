create view steward.answers as select 42 as answer;
alter extension steward add view steward.answers;
