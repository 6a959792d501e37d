from celery import Celery

app = Celery("docs", broker="redis://localhost/0")


@app.task
def index_page(page_id):
    print(page_id)


def publish(page_id):
    index_page.async_apply((page_id,))
