broker_url = "redis://localhost/0"
task_time_limit = 1
