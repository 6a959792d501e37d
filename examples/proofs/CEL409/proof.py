"""Whose answers tasks get that ask through a connection opened at import."""

from __future__ import annotations

import socketserver
import threading

from flake8_celery.harness import Lab

SECONDS = 5
FRESH = True


class Stock(socketserver.StreamRequestHandler):
    """Answers each line with what it was asked, in order."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


def experiment(lab: Lab) -> str:
    with Server(("127.0.0.1", 0), Stock) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        host, port = server.server_address[:2]
        lab.worker("shop.tasks", concurrency=2, env={"STOCK_HOST": str(host), "STOCK_PORT": str(port)})
        # both have asked before either reads its answer, and the second reads first
        for article in ("ink", "paper"):
            lab.send("shop.tasks.look_up", article)
            lab.wait_for("asked", article)
        for article in ("paper", "ink"):
            lab.release(article)
            lab.wait_for("answered", article)
        server.shutdown()
    answers = lab.journal("answered")
    wrong = sum(asked != answer for _, asked, answer in answers)
    return f"{wrong} of {len(answers)} answers went to the wrong task"
