"""Names of options of tasks and of calls: those of Celery 5.3.6, 5.4.0, 5.5.3, 5.6.3, 5.7.0.

Written by scripts/generate_knowledge.py from the packages themselves: do not edit.
"""

# fmt: off
from __future__ import annotations

TASK_OPTIONS: frozenset[str] = frozenset({
    "Request", "Strategy", "abstract", "acks_late", "acks_on_failure", "acks_on_failure_or_timeout",
    "acks_on_timeout", "app", "autoretry_for", "backend", "base", "bind", "compression", "default_retry_delay",
    "delivery_mode", "dont_autoretry_for", "exchange", "expires", "filter", "from_config", "ignore_result",
    "immediate", "lazy", "mandatory", "max_retries", "name", "priority", "pydantic", "pydantic_context",
    "pydantic_dump_kwargs", "pydantic_strict", "queue", "rate_limit", "reject_on_worker_lost", "request",
    "request_stack", "resultrepr_maxsize", "retry_backoff", "retry_backoff_max", "retry_jitter", "retry_kwargs",
    "retry_on_worker_lost", "routing_key", "send_events", "serializer", "shared", "soft_time_limit",
    "store_errors_even_if_ignored", "throws", "time_limit", "track_started", "trail", "typing",
})
"""What a task decorator takes, or a task class says, and Celery reads."""

TASK_METHODS: frozenset[str] = frozenset({
    "AsyncResult", "MaxRetriesExceededError", "OperationalError", "add_around", "add_to_chord", "add_trail",
    "after_return", "annotate", "apply", "apply_async", "before_start", "bind", "chunks", "delay", "map", "on_bound",
    "on_failure", "on_replace", "on_retry", "on_success", "pop_request", "push_request", "replace", "retry", "run",
    "s", "send_event", "shadow_name", "si", "signature", "signature_from_request", "starmap", "start_strategy",
    "subtask", "subtask_from_request", "update_state",
})
"""Methods of a task, which an option of that name replaces."""

CALL_OPTIONS: frozenset[str] = frozenset({
    "DelaySeconds", "MessageDeduplicationId", "MessageGroupId", "add_to_parent", "app_id", "application_headers",
    "argsrepr", "callbacks", "chain", "chord", "cluster_id", "compression", "confirm_timeout", "connection",
    "content_encoding", "content_type", "correlation_id", "countdown", "create_sent_event", "declare",
    "delivery_info", "delivery_mode", "delivery_tag", "errbacks", "eta", "event_dispatcher", "exchange",
    "exchange_type", "expiration", "expires", "group_id", "group_index", "headers", "ignore_result", "immediate",
    "kwargsrepr", "link", "link_error", "mandatory", "message_attributes", "message_id", "origin", "parent_id",
    "priority", "producer", "publisher", "queue", "replaced_task_nesting", "reply_to", "result_cls", "retries",
    "retry", "retry_policy", "root_id", "route_name", "router", "routing_key", "serializer", "shadow",
    "soft_time_limit", "stamped_headers", "task_id", "task_type", "time_limit", "timeout", "timestamp", "timezone",
    "type", "user_id",
})
"""What `apply_async`, `send_task` and the message take."""

SINCE: dict[str, tuple[int, int]] = {
    "acks_on_failure": (5, 7), "acks_on_timeout": (5, 7), "pydantic": (5, 5), "pydantic_context": (5, 5),
    "pydantic_dump_kwargs": (5, 5), "pydantic_strict": (5, 5), "retry_on_worker_lost": (5, 7),
}
"""The first version of newer task options."""

CALL_SINCE: dict[str, tuple[int, int]] = {
    "confirm_timeout": (5, 5), "message_attributes": (5, 5),
}
"""The first version of newer call options."""

OLD_OPTIONS: frozenset[str] = frozenset({
    "ErrorMail", "accept_magic_kwargs", "autoregister", "compat", "disable_error_emails", "exchange_type", "options",
    "relative", "send_error_emails", "type",
})
"""What tasks of Celery 3.1 and 4.4 had besides."""
