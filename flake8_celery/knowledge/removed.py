"""What Celery 5.7.0 no longer has: 3.1, 4.4, 5.3.6, 5.4.0, 5.5.3, 5.6.3, 5.7.0 compared.

Written by scripts/generate_knowledge.py from the packages themselves: do not edit.
"""

# fmt: off
from __future__ import annotations

MODULES: dict[str, tuple[int, int]] = {
    "celery.backends.amqp": (5, 0), "celery.backends.riak": (5, 0), "celery.bin.celeryd_detach": (5, 0),
    "celery.concurrency.threads": (4, 0), "celery.contrib.batches": (4, 0), "celery.contrib.methods": (4, 0),
    "celery.datastructures": (4, 0), "celery.decorators": (5, 0), "celery.five": (5, 0), "celery.task": (5, 0),
    "celery.utils.compat": (4, 0), "celery.utils.dispatch.saferef": (4, 0),
    "celery.utils.dispatch.weakref_backports": (5, 0), "celery.utils.encoding": (5, 0), "celery.utils.mail": (4, 0),
    "celery.utils.timeutils": (4, 0), "celery.worker.autoreload": (4, 0), "celery.worker.job": (4, 0),
}
"""Modules, with the version that no longer has them."""

NAMES: dict[str, tuple[int, int]] = {
    "celery.app.amqp.TaskConsumer": (4, 0), "celery.app.amqp.TaskProducer": (4, 0), "celery.app.current_app": (4, 0),
    "celery.app.current_task": (4, 0), "celery.app.set_default_app": (4, 0),
    "celery.app.trace.eager_trace_task": (4, 0), "celery.backends.couchbase.CouchBaseBackend": (4, 0),
    "celery.backends.get_backend_by_url": (4, 0), "celery.backends.get_backend_cls": (4, 0),
    "celery.bin.Option": (5, 0), "celery.bin.amqp.AMQPAdmin": (5, 0), "celery.bin.amqp.AMQShell": (5, 0),
    "celery.bin.amqp.Spec": (5, 0), "celery.bin.base.Command": (5, 0), "celery.bin.base.Error": (5, 0),
    "celery.bin.base.Extensions": (5, 0), "celery.bin.base.HelpFormatter": (4, 0), "celery.bin.base.Option": (5, 0),
    "celery.bin.base.UsageError": (5, 0), "celery.bin.base.daemon_options": (5, 0), "celery.bin.worker.main": (5, 0),
    "celery.contrib.rdb.default_port": (4, 0), "celery.events.Events": (4, 0), "celery.platforms.IS_OSX": (4, 0),
    "celery.utils.cry": (4, 0), "celery.utils.is_iterable": (4, 0), "celery.utils.isatty": (4, 0),
    "celery.utils.jsonify": (4, 0), "celery.utils.log.ensure_process_aware_logger": (4, 0),
    "celery.utils.lpmerge": (4, 0), "celery.utils.maybe_reraise": (4, 0), "celery.utils.strtobool": (4, 0),
    "celery.utils.text.ensure_2lines": (4, 0), "celery.utils.warn_deprecated": (4, 0), "celery.version": (4, 0),
    "celery.worker.default_nodename": (4, 0),
}
"""Names that modules which still exist exported, likewise."""

TASK_METHODS: dict[str, tuple[int, int]] = {
    "establish_connection": (5, 0), "get_consumer": (5, 0), "get_logger": (5, 0), "get_publisher": (5, 0),
    "send_error_email": (4, 0),
}
"""Methods of tasks, likewise."""
