"""A process that has imported Celery once and forks what would import it again: `python -m … SOCKET KIND`.

It stands where an `exec` of Python would: the process that it forks gets the session, folder, environment, `sys.path`,
`sys.argv` and `__main__` module that the command would have, and ends by the interpreter's own end. It never imports
anything of a user, opens nothing, starts no thread, and ends with everything it has forked when the socket is closed.

Orders and reports are JSON, one a line. The first report says what the process has imported and which variables of the
environment were read meanwhile: who asks must have the same values in these.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import linecache
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import CodeType, ModuleType
from typing import Any, NoReturn

from .shell import skip_the_shell

# What a program that sends has imported when a message is sent, and what a worker or beat has when it is ready.
CLIENT = (
    "celery",
    "celery.app.base",
    "celery.app.amqp",
    "celery.app.events",
    "celery.app.task",
    "celery.app.trace",
    "celery.backends.redis",
    "celery.canvas",
    "celery.exceptions",
    "celery.fixups.django",
    "celery.loaders.app",
    "celery.local",
    "celery.result",
    "celery.schedules",
    "celery.utils.log",
    "kombu",
    "kombu.transport.redis",
    "kombu.transport.pyamqp",
)
WORKER = (
    *CLIENT,
    "celery.app.control",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.beat",
    "celery.bin.celery",
    "celery.concurrency.asynpool",
    "celery.concurrency.prefork",
    "celery.worker",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.pidbox",
    "celery.worker.strategy",
    "kombu.asynchronous.hub",
)
KINDS = {"client": CLIENT, "worker": WORKER}


def import_celery(kind: str) -> None:
    """Import those of the modules that this version of Celery has."""
    if kind == "worker":
        skip_the_shell()
    for name in KINDS[kind]:
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)


@contextmanager
def recorded_environment() -> Iterator[set[str]]:
    """The names of the variables that are read within the block."""
    read: set[str] = set()
    environ: Any = type(os.environ)
    plain = environ.__getitem__

    def getitem(self: Any, key: str | bytes) -> str | bytes:
        read.add(os.fsdecode(key))
        found: str | bytes = plain(self, key)
        return found

    environ.__getitem__ = getitem
    try:
        yield read
    finally:
        environ.__getitem__ = plain


def obstacle(connection: socket.socket) -> str:
    """Why nothing can be forked off this process, "" if it can: what a fork would share or lose."""
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        return "a thread was started by what Celery imports"
    opened = [path for number in _descriptors() if (path := _opened(number)) and number != connection.fileno()]
    return f"{', '.join(opened)} was opened by what Celery imports" if opened else ""


def _descriptors() -> list[int]:
    return [number for number in map(int, os.listdir("/proc/self/fd")) if number > sys.stderr.fileno()]


def _opened(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # the one with which the folder was listed
        return ""


class Template:
    """Forks what the socket orders, and reports what has ended."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._living: set[int] = set()
        self._search_path = sys.path[1:]  # the first is where this process was started
        self._wakeup = os.pipe()

    def report(self, **values: object) -> None:
        self._connection.sendall(json.dumps(values).encode() + b"\n")

    def serve(self) -> Mapping[str, Any] | None:
        """Fork until the socket is closed. Returns in each process that was forked, with its order."""
        for descriptor in self._wakeup:
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup[1])
        waiting = b""
        while True:
            ready, _, _ = select.select([self._connection.fileno(), self._wakeup[0]], [], [])
            if self._wakeup[0] in ready:
                with suppress(BlockingIOError):
                    os.read(self._wakeup[0], 4096)
                self._reap()
            if self._connection.fileno() in ready:
                data = self._connection.recv(65536)
                if not data:
                    return None
                *orders, waiting = (waiting + data).split(b"\n")
                for order in map(json.loads, orders):
                    if self._fork(order):
                        found: Mapping[str, Any] = order
                        return found

    def _fork(self, order: Mapping[str, Any]) -> bool:
        """Whether this is the new process; the other one has reported it."""
        ready, started = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.close(ready)
                self._become(order)
                os.write(started, b"1")
                os.close(started)
            except BaseException:  # noqa: BLE001 - whatever it is, this process may not go on as a template
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            return True
        os.close(started)
        self._living.add(pid)
        ok = os.read(ready, 1)
        os.close(ready)
        self.report(pid=pid if ok else 0)
        return False

    def _become(self, order: Mapping[str, Any]) -> None:
        """What the kernel and the interpreter do between `exec` and the first line of the program."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        self._connection.close()
        for descriptor in self._wakeup:
            os.close(descriptor)
        append = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        for target, path, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, order["out"], append),
            (2, order["log"], append),
        ):
            descriptor = os.open(path, flags, 0o666)
            os.dup2(descriptor, target)
            os.close(descriptor)
        os.chdir(order["cwd"])
        for name in os.environ.keys() - order["env"].keys():
            del os.environ[name]
        os.environ.update(order["env"])
        sys.path[:] = search_path(order["env"].get("PYTHONPATH", ""), self._search_path)
        sys.orig_argv[1:] = order["arguments"]
        for name in ("multiprocessing.process", "billiard.process"):  # each has a key of its own
            if name in sys.modules:
                sys.modules[name].current_process().authkey = os.urandom(32)

    def _reap(self) -> None:
        for pid in list(self._living):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._living.discard(pid)
                self.report(ended=pid, code=os.waitstatus_to_exitcode(status))

    def close(self) -> None:
        """End everything that was forked, with its group."""
        for pid in self._living:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        for pid in self._living:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def search_path(python_path: str, rest: Sequence[str]) -> list[str]:
    """`sys.path` without its first entry, as the interpreter makes it of `PYTHONPATH`."""
    own = [os.path.abspath(entry) for entry in python_path.split(os.pathsep)] if python_path else []
    return list(dict.fromkeys([*own, *rest]))


# --- what the interpreter does with its command line


def run(arguments: Sequence[str]) -> None:
    """Run `python arguments…` in this process: `-m module …`, `-c code …` or `script …`."""
    try:
        code, main, first = _program(*arguments[:2])
    except SyntaxError as error:
        _end(error.with_traceback(None))
    sys.path.insert(0, first)
    sys.argv[:] = [main.__dict__.get("__file__", "-c") if arguments[0] == "-m" else arguments[0]]
    sys.argv += arguments[2:] if arguments[0] in ("-m", "-c") else arguments[1:]
    sys.modules["__main__"] = main
    try:
        exec(code, main.__dict__)  # noqa: S102 - that is what it is for
    except Exception as error:  # noqa: BLE001 - as the interpreter does
        trace = error.__traceback__
        _end(error.with_traceback(trace.tb_next if trace else None))


def _end(error: Exception) -> NoReturn:
    """End with the report that an error makes which nobody has handled."""
    sys.excepthook(type(error), error, error.__traceback__)
    sys.exit(1)


def _program(first: str, second: str = "") -> tuple[CodeType, ModuleType, str]:
    """The compiled program, its empty module, and what comes first in `sys.path`."""
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    if first == "-c":
        if sys.version_info >= (3, 13):  # which shows the lines of such a program in a traceback
            linecache.cache["<string>"] = len(second), None, second.splitlines(keepends=True), "<string>"
        return compile(second, "<string>", "exec", dont_inherit=True), main, ""
    if first == "-m":
        spec = importlib.util.find_spec(second)
        assert spec is not None
        assert spec.loader is not None
        main.__dict__.update(
            __spec__=spec,
            __file__=spec.origin,
            __cached__=spec.cached,
            __package__=spec.parent,
            __loader__=spec.loader,
        )
        code: CodeType = spec.loader.get_code(second)  # type: ignore[attr-defined]
        return code, main, os.getcwd()
    path = os.path.join(os.getcwd(), first)
    main.__dict__.update(__file__=path, __cached__=None)
    with open(path, "rb") as file:
        source = file.read()
    return compile(source, path, "exec", dont_inherit=True), main, os.path.dirname(os.path.realpath(path))


def main() -> None:
    """Serve until the socket is closed; in a process that was forked, run its program."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    before = dict(os.environ)
    with recorded_environment() as read:
        import_celery(sys.argv[2])
    problem = "what Celery imports changes the environment" if before != os.environ else obstacle(connection)
    if problem:
        sys.exit(f"nothing can be forked: {problem}")
    gc.collect()
    gc.freeze()  # what is never looked at again is not copied
    template = Template(connection)
    template.report(modules=sorted({name.partition(".")[0] for name in sys.modules}), read=sorted(read))
    order = None
    try:
        order = template.serve()
    finally:
        if order is None:
            template.close()
    if order is not None:
        run(order["arguments"])


if __name__ == "__main__":
    main()
