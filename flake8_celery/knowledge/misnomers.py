"""What people write for the names of Celery's options and settings, beyond slips of the pen.

Collected from public code. The names on the right are Celery's own; a test compares them with its packages.
"""

from __future__ import annotations

TASK: dict[str, str] = {
    **dict.fromkeys(
        ("attempts", "max_attempts", "max_retry", "max_tries", "num_retries", "retries", "retry_count", "retry_limit",
         "retry_max", "retry_times", "tries"), "max_retries"
    ),
    **dict.fromkeys(
        ("delay_retry", "retry_countdown", "retry_delay", "retry_interval", "retry_wait"), "default_retry_delay"
    ),
    **dict.fromkeys(
        ("execution_timeout", "hard_limit", "hard_time_limit", "hard_timeout", "max_runtime", "task_timeout",
         "time_out", "timeout"), "time_limit"
    ),
    **dict.fromkeys(("soft_limit", "soft_time_out", "soft_timeout"), "soft_time_limit"),
    **dict.fromkeys(
        ("auto_retry", "auto_retry_for", "autoretry", "autoretry_on", "retry_exceptions", "retry_for", "retry_on",
         "retry_on_error", "retry_on_exception", "retry_on_exceptions", "retry_on_failure"), "autoretry_for"
    ),
    **dict.fromkeys(("backoff", "backoff_factor", "exponential_backoff", "retry_backoff_factor"), "retry_backoff"),
    **dict.fromkeys(("backoff_max", "max_backoff", "retry_max_backoff"), "retry_backoff_max"),
    **dict.fromkeys(("backoff_jitter", "jitter"), "retry_jitter"),
    **dict.fromkeys(("late_ack", "late_acks"), "acks_late"),
    **dict.fromkeys(("rate", "throttle"), "rate_limit"),
    **dict.fromkeys(("queue_name", "task_queue"), "queue"),
    **dict.fromkeys(("bind_self", "bound"), "bind"),
    **dict.fromkeys(("reject_on_lost", "reject_worker_lost"), "reject_on_worker_lost"),
    **dict.fromkeys(("expires_in", "ttl"), "expires"),
    "base_class": "base",
    "task_base": "base",
    "task_name": "name",
    "task_priority": "priority",
}  # fmt: skip
"""Options of tasks."""

CALL: dict[str, str] = {
    **dict.fromkeys(("delay", "delay_seconds", "seconds", "wait"), "countdown"),
    **dict.fromkeys(("run_at", "scheduled_at", "start_at", "when"), "eta"),
    **dict.fromkeys(("expires_at", "expires_in", "expiry", "ttl"), "expires"),
    **dict.fromkeys(("hard_limit", "hard_time_limit", "task_timeout"), "time_limit"),
    **dict.fromkeys(("soft_limit", "soft_timeout"), "soft_time_limit"),
    **dict.fromkeys(("callback", "on_success"), "link"),
    **dict.fromkeys(("errback", "on_error", "on_failure"), "link_error"),
    "queue_name": "queue",
}
"""Options of calls."""

NOT_OF_A_TASK = frozenset({"countdown", "eta", "link", "link_error", "retry_policy", "task_id"})
"""Options of calls that are given to tasks, which take no notice."""

NOT_OF_A_CALL = frozenset(
    {
        "acks_late", "acks_on_failure", "acks_on_failure_or_timeout", "acks_on_timeout", "autoretry_for", "bind",
        "default_retry_delay", "dont_autoretry_for", "max_retries", "rate_limit", "reject_on_worker_lost",
        "retry_backoff", "retry_backoff_max", "retry_jitter", "retry_kwargs", "retry_on_worker_lost",
        "store_errors_even_if_ignored", "throws", "track_started",
    }
)  # fmt: skip
"""Options of tasks that are given to calls, which take no notice."""

DISTINCT_OLD_OPTIONS = frozenset(
    {"accept_magic_kwargs", "disable_error_emails", "ErrorMail", "exchange_type", "send_error_emails"}
)
"""Options that tasks had once, under names that mean nothing else."""

SETTINGS: dict[str, str] = {
    "backend": "result_backend",
    "backend_url": "result_backend",
    "broker": "broker_url",
    "broker_uri": "broker_url",
    "result_backend_url": "result_backend",
    "result_expiration": "result_expires",
    "result_expiry": "result_expires",
    "result_timeout": "result_expires",
    "result_ttl": "result_expires",
    "results_backend": "result_backend",
    "task_default_retry_delay": "",
    "task_eager": "task_always_eager",
    "task_eager_propagates_exceptions": "task_eager_propagates",
    "task_late_acks": "task_acks_late",
    "task_max_retries": "",
    "task_result_backend": "result_backend",
    "task_result_expires": "result_expires",
    "task_soft_timeout": "task_soft_time_limit",
    "task_timeout": "task_time_limit",
    "task_timezone": "timezone",
    "time_zone": "timezone",
    "worker_max_tasks": "worker_max_tasks_per_child",
    "worker_tasks_per_child": "worker_max_tasks_per_child",
    "worker_timeout": "task_time_limit",
}
"""Settings, in lower case; "" where Celery has no such setting."""
