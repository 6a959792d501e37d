from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


@app.task(bind=True, max_retries=1)
def build_file(self, job_id):
    self.retry(countdown=0, exc=f"job {job_id} is not complete")
