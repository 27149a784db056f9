drop function complete_task(uuid);
