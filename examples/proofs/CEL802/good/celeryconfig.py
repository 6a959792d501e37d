broker_url = "redis://localhost/0"
task_time_limit = 300
worker_max_tasks_per_child = 100
