from celery.task import task


@task
def resize(path): ...


if __name__ == "__main__":
    resize.delay("a.jpg")
