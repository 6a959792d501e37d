from celery import shared_task


@shared_task
def resize(path): ...


if __name__ == "__main__":
    resize.delay("a.jpg")
