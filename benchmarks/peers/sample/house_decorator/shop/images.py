# bad: `celery.shared_task`
import celery


@celery.shared_task
def resize(image_id):
    return image_id
