broker_url = "redis://localhost/0"
task_time_limit = 300
CELERYD_MAX_TASKS_PER_CHILD = 100
