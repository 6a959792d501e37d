from celery import Celery, Task
from lab import journal

app = Celery("labels")


class PrintLabel(Task):
    name = "print_label"

    def run(self):
        journal("printed")


print_label = app.register_task(PrintLabel())
