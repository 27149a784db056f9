drop table code_metrics;
