drop table features;
