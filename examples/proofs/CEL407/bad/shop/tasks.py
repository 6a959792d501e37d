from multiprocessing import Pool

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


def area(size):
    return size * size


@app.task
def areas(sizes):
    with Pool(2) as pool:
        return pool.map(area, sizes)
