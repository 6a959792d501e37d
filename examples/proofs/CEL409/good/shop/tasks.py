import os
import socket

from celery import Celery
from celery.signals import worker_process_init
from lab import gate, journal

app = Celery("shop", broker="redis://localhost/0")
connection = None


@worker_process_init.connect
def connect(**kwargs):
    global connection
    connection = socket.create_connection((os.environ["STOCK_HOST"], int(os.environ["STOCK_PORT"])))


def read_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        line += connection.recv(1)
    return line.decode().strip()


@app.task
def look_up(article):
    connection.sendall(f"{article}\n".encode())
    journal("asked", article)
    gate(article)  # the answer may take a while
    journal("answered", article, read_line(connection))
