from fastapi import APIRouter
from pydantic import BaseModel

from media.database import SessionLocal
from media.models import Delivery, Webhook
from media.webhooks.tasks import check_endpoint, deliver

router = APIRouter(prefix="/webhooks")


class WebhookRequest(BaseModel):
    account_id: int
    url: str


@router.post("", status_code=201)
def register(body: WebhookRequest):
    with SessionLocal() as session:
        webhook = Webhook(account_id=body.account_id, url=body.url)
        session.add(webhook)
        session.commit()
    check_endpoint.delay(webhook.id)
    return {"id": webhook.id}


@router.post("/{webhook_id}/test", status_code=202)
def send_test(webhook_id: int):
    with SessionLocal() as session:
        delivery = Delivery(webhook_id=webhook_id, event="test")
        session.add(delivery)
        session.commit()
    deliver.delay(delivery.id)
    return {"delivery": delivery.id}
