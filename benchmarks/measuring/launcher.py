"""Run one command and print what it took, as a line of JSON.

A process of its own, because it must be small: on Linux the peak memory of a program is at least that of the process
that started it. Called as `python -I -S launcher.py LIMIT STDIN STDOUT STDERR COMMAND...`.
"""

from __future__ import annotations

import os
import signal
import sys
import time


def main() -> None:
    limit, given, out, err, *command = sys.argv[1:]
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, given, os.O_RDONLY, 0o600),
        (os.POSIX_SPAWN_OPEN, 1, out, written, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, err, written, 0o600),
    ]
    over = False
    begun = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=streams, setpgroup=0)

    def stop(_signal: int, _frame: object) -> None:
        nonlocal over
        over = True
        os.killpg(child, signal.SIGKILL)

    def give_up(_signal: int, _frame: object) -> None:
        os.killpg(child, signal.SIGKILL)
        sys.exit(1)

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGINT, give_up)
    signal.signal(signal.SIGTERM, give_up)
    signal.setitimer(signal.ITIMER_REAL, float(limit))
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - begun
    signal.setitimer(signal.ITIMER_REAL, 0)
    code = "null" if over else str(os.waitstatus_to_exitcode(status))
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    cpu = used.ru_utime + used.ru_stime
    print(f'{{"wall": {wall}, "cpu": {cpu}, "peak": {kilobytes / 1024}, "code": {code}}}')


if __name__ == "__main__":
    main()
