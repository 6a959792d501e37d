import os
import subprocess

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# bad: an argument is a command
@app.task
def run(command):
    os.system(command)


# bad: an argument is a command for a shell
@app.task
def run_shell(command):
    subprocess.run(command, shell=True)


# bad: an argument is code
@app.task
def calculate(formula):
    return eval(formula)


# good: a fixed command with an argument
@app.task
def convert(path):
    subprocess.run(["convert", path], check=True, timeout=60)


# good: a callable that is a parameter of the project's own client
@app.task
def notify(name):
    return client.call(name)
