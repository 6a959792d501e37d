from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# bad: when no try is left, the state is MaxRetriesExceededError, not the error
@app.task(bind=True)
def ship(self, order_id):
    try:
        return open(order_id).read()
    except OSError:
        raise self.retry(countdown=5)


# bad: the same, where the task is called something else
@app.task(bind=True)
def pack(task, order_id):
    try:
        return open(order_id).read()
    except OSError:
        raise task.retry(countdown=5)


# good: `exc=`
@app.task(bind=True)
def refund(self, order_id):
    try:
        return open(order_id).read()
    except OSError as error:
        raise self.retry(exc=error)


# good: the error by position
@app.task(bind=True)
def resize(self, image_id):
    try:
        return open(image_id).read()
    except OSError as error:
        raise self.retry(None, None, error)


# good: no task, a client with a method of that name
class Client:
    def fetch(self, url):
        try:
            return open(url).read()
        except OSError:
            return self.retry(url)

    def retry(self, url):
        return url
