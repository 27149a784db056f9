drop table service_configs;
