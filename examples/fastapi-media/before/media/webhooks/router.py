from celery import Celery
from fastapi import APIRouter
from pydantic import BaseModel

from media.config import BROKER_URL, RESULT_BACKEND
from media.database import SessionLocal
from media.models import Webhook

router = APIRouter(prefix="/webhooks")

celery = Celery("media", broker=BROKER_URL, backend=RESULT_BACKEND)


class WebhookRequest(BaseModel):
    account_id: int
    url: str


@router.post("", status_code=201)
def register(body: WebhookRequest):
    with SessionLocal() as session:
        webhook = Webhook(account_id=body.account_id, url=body.url)
        session.add(webhook)
        session.commit()
    celery.send_task("media.webhooks.tasks.check_endpoint", args=[webhook.id])
    return {"id": webhook.id}


@router.post("/{webhook_id}/test", status_code=202)
def send_test(webhook_id: int):
    for name in ("media.webhooks.tasks.deliver", "media.webhooks.tasks.audit"):
        celery.send_task(name, args=[webhook_id, {"event": "test"}])
    return {"webhook": webhook_id}
