drop table agent_memory;
