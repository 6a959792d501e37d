"""What does not go together with the worker's pool processes: more processes, and connections made before the fork.

Tried in prefork children of Celery 5.7 on CPython 3.11; PyTorch's classes derive from those of `multiprocessing`.
"""

from __future__ import annotations

CHILDLESS: frozenset[str] = frozenset({"threads", "thread", "solo", "gevent", "eventlet"})
"""Pools whose tasks run in the worker's own process."""

_CONTEXTS = (
    "multiprocessing",
    "multiprocessing.get_context()",
    "multiprocessing.context.SpawnContext()",
    "torch.multiprocessing",
    "torch.multiprocessing.get_context()",
)
PROCESSES: frozenset[str] = frozenset(
    [f"{context}.{made}" for context in _CONTEXTS for made in ("Process", "Pool", "Manager")]
    + [
        "multiprocessing.context.Process",
        "multiprocessing.pool.Pool",
        "multiprocessing.process.Process",
        "concurrent.futures.ProcessPoolExecutor",
        "concurrent.futures.process.ProcessPoolExecutor",
        "torch.multiprocessing.spawn",
    ]
)
"""Calls that start a process by the standard library's `Process`, at once or when the object is used."""

LOADERS: frozenset[str] = frozenset({"torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"})
"""Calls that start processes when `num_workers` is more than 0."""

CONNECTS: dict[str, str] = {
    "MySQLdb.connect": "a MySQL connection",
    "ftplib.FTP": "an FTP connection",
    "ftplib.FTP_TLS": "an FTP connection",
    "imaplib.IMAP4": "an IMAP connection",
    "imaplib.IMAP4_SSL": "an IMAP connection",
    "mariadb.connect": "a MariaDB connection",
    "mysql.connector.connect": "a MySQL connection",
    "pika.BlockingConnection": "an AMQP connection",
    "poplib.POP3": "a POP3 connection",
    "poplib.POP3_SSL": "a POP3 connection",
    "psycopg.connect": "a PostgreSQL connection",
    "psycopg.Connection.connect": "a PostgreSQL connection",
    "psycopg2.connect": "a PostgreSQL connection",
    "pymysql.connect": "a MySQL connection",
    "pyodbc.connect": "a database connection",
    "oracledb.connect": "an Oracle connection",
    "cx_Oracle.connect": "an Oracle connection",
    "smtplib.SMTP": "an SMTP connection",
    "smtplib.SMTP_SSL": "an SMTP connection",
    "socket.create_connection": "a socket",
    "sqlalchemy.create_engine().connect": "a database connection",
    "sqlalchemy.engine.create_engine().connect": "a database connection",
    "telnetlib.Telnet": "a Telnet connection",
}
"""Calls that open a connection, which one process must have for itself, before they return."""

NEED_ADDRESS: frozenset[str] = frozenset(
    {"ftplib.FTP", "ftplib.FTP_TLS", "poplib.POP3", "smtplib.SMTP", "smtplib.SMTP_SSL", "telnetlib.Telnet"}
)
"""Those that connect only when they are told where to."""

LATER: dict[str, tuple[str, str]] = {
    "socket.socket": ("connect", "a socket"),
    "ftplib.FTP": ("connect", "an FTP connection"),
    "smtplib.SMTP": ("connect", "an SMTP connection"),
    "paramiko.SSHClient": ("connect", "an SSH connection"),
    "paramiko.client.SSHClient": ("connect", "an SSH connection"),
}
"""Objects that are connected by a method of their own."""

THREADED: dict[str, str] = {
    "confluent_kafka.Producer": "its background thread",
    "confluent_kafka.cimpl.Producer": "its background thread",
}
"""Objects that do their work in a thread, which a forked process does not have.

Not here, because they notice the fork: `redis.Redis`, `pymongo.MongoClient` (it warns), gRPC's channels.
"""

OPENING: frozenset[str] = frozenset(maker.rpartition(".")[2] for maker in (*CONNECTS, *LATER, *THREADED))
"""The last words of all these."""

CONNECTING: frozenset[str] = frozenset(
    maker.partition(".")[0] for maker in (*CONNECTS, *LATER, *THREADED) if not maker.startswith("sqlalchemy.")
)
"""The packages that they come from. Not SQLAlchemy: many files import it, and few keep a connection of an engine."""

PARENT_SIGNALS: frozenset[str] = frozenset(
    f"celery.signals.{signal}" for signal in ("worker_init", "celeryd_init", "celeryd_after_setup")
)
"""Signals that are sent in the worker's main process, before it forks."""
