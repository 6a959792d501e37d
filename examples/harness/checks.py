"""What the harness has to know about the shop: its state before, and what a customer would see afterwards."""

import sqlite3
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="shop-")
DB = str(Path(FOLDER.name) / "shop.db")
done = {"/charges": 0, "/mails": 0}
keys = set()
lock = threading.Lock()


class Services(BaseHTTPRequestHandler):
    """A payment service and a mail service; what comes with a known Idempotency-Key is answered and not done again."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        key = (self.path, self.headers["Idempotency-Key"])
        with lock:
            if key[1] is None or key not in keys:
                done[self.path] += 1
            keys.add(key)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def env():
    """Added to the environment of the workers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    return {"SHOP_DB": DB, "PAYMENTS": f"{url}/charges", "MAILER": f"{url}/mails"}


def reset():
    """Called before each run."""
    with lock:
        done.update({"/charges": 0, "/mails": 0})
        keys.clear()
    db = sqlite3.connect(DB, isolation_level=None)
    db.executescript(
        """
        DROP TABLE IF EXISTS orders;
        CREATE TABLE orders (id INTEGER PRIMARY KEY, amount INTEGER, email TEXT, state TEXT);
        INSERT INTO orders VALUES (1, 4200, 'ada@example.org', 'new');
        """
    )
    db.close()


def observe():
    """Called after each run: what has to be the same, whatever happened."""
    db = sqlite3.connect(DB)
    state = db.execute("SELECT state FROM orders").fetchone()[0]
    db.close()
    return {"charges": done["/charges"], "mails": done["/mails"], "state": state}
