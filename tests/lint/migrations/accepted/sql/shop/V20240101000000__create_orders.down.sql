drop table "Line Items";
drop table orders;
