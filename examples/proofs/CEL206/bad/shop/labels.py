from celery import Celery, Task
from lab import journal

app = Celery("labels")


@app.task(name="print_label")
class PrintLabel(Task):
    def run(self):
        journal("printed")
