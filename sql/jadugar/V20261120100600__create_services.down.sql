drop table services;
