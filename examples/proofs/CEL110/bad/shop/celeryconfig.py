broker_url = "redis://localhost/0"
