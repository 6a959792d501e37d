broker_url = "redis://localhost/0"
task_time_limt = 1
