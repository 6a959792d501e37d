"""How long the language server takes from an edit to its findings, and how much memory.

    python benchmarks/server.py PROJECT MODULE [--lines 500] [--edits 200]

A real server is started and talked to over its standard streams. MODULE, a file with tasks in PROJECT, is opened with
tasks added until it has that many lines, and edited, one edit after the answer to the last; nothing is written to the
disk. Each edit parses, and what is timed ends when the findings of that very version are read. The first answer, for
which the project is read, is told apart.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TASK = """

@shared_task(bind=True, time_limit=60, acks_late=True)
def benchmark_{number}(self, first, second=None):
    total = 0
    for value in range(first):
        if value % 2:
            total += value * {number}
    if second is not None:
        print(total)
    benchmark_{other}.delay(total)
    return total
"""


class Server:
    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flake8_celery", "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.send("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": {}}, 1)
        while self.read().get("id") != 1:
            pass
        self.send("initialized", {})

    def send(self, method: str, params: object, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if number is None else {**message, "id": number}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> Any:
        assert self.process.stdout is not None
        length = 0
        while (header := self.process.stdout.readline()) != b"\r\n":
            name, _, value = header.partition(b":")
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))

    def findings(self, version: int) -> list[Any]:
        while True:
            message = self.read()
            if message.get("method") == "window/logMessage":
                print(message["params"]["message"], file=sys.stderr)
            params = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and params["version"] == version:
                return list(params["diagnostics"])

    def memory(self) -> str:
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return "unknown"
        fields = dict(line.split(":", 1) for line in status.splitlines())
        now, most = (int(fields[key].split()[0]) // 1024 for key in ("VmRSS", "VmHWM"))
        return f"{now} MB, at most {most} MB"


def grown(text: str, lines: int) -> str:
    """The module with tasks added until it has so many lines."""
    text += "\n\nfrom celery import shared_task\n"
    number = 0
    while text.count("\n") + TASK.count("\n") <= lines:
        text += TASK.format(number=number, other=max(number - 1, 0))
        number += 1
    return text + "\n" * max(lines - text.count("\n"), 0)


def edited(text: str, chance: random.Random, count: int) -> str:
    """The text after one of the edits that people make all the time; each parses."""
    head, mark, tail = text.rpartition("    total = 0\n")
    match count % 6:
        case 0:
            return f"{head}{mark}    step_{count} = {chance.randrange(9)}\n{tail}"
        case 1:
            return f"{head}    total = {count}\n{tail}"
        case 2:
            return f"{head}{mark}    print(total, {count})\n{tail}"
        case 3:
            return text.replace("(self, first, second=None)", f"(self, first, second_{count}=None)", 1)
        case 4:
            return text.replace("time_limit=60", f"time_limit={count + 60}", 1)
        case _:
            return f"{head}    # why {count}\n\n{mark}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("module")
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--edits", type=int, default=200)
    options = parser.parse_args()
    root = options.project.resolve()
    path = root / options.module
    text = grown(path.read_text("utf-8"), options.lines)
    server = Server(root)
    begun = time.perf_counter()
    item = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
    server.send("textDocument/didOpen", {"textDocument": item})
    found = server.findings(1)
    print(f"first answer: {time.perf_counter() - begun:.2f} s, {len(found)} findings, {text.count(chr(10))} lines")
    chance = random.Random(0)  # noqa: S311
    times = []
    for count in range(options.edits):
        document = {"uri": path.as_uri(), "version": count + 2}
        changed = edited(text, chance, count)
        begun = time.perf_counter()
        server.send("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": changed}]})
        server.findings(count + 2)
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    median, most = statistics.median(times), times[int(len(times) * 0.95)]
    print(f"{len(times)} edits: median {median:.0f} ms, 95 % within {most:.0f} ms, longest {times[-1]:.0f} ms")
    print(f"memory: {server.memory()}")
    server.process.terminate()
    server.process.wait()


if __name__ == "__main__":
    main()
