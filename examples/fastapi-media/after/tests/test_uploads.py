import io
from unittest import mock

import httpx
import pytest
from fastapi.testclient import TestClient
from media import storage
from media.database import Base, SessionLocal, engine
from media.main import app
from media.models import Account, Delivery, Media, Webhook
from media.uploads.tasks import make_thumbnails
from media.webhooks.tasks import deliver
from PIL import Image


@pytest.fixture
def account():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        account = Account(name="studio")
        session.add(account)
        session.flush()
        session.add(Webhook(account_id=account.id, url="http://hooks.example"))
        session.commit()
        return account.id


def picture():
    output = io.BytesIO()
    Image.new("RGB", (1000, 500), "teal").save(output, "PNG")
    return output.getvalue()


@mock.patch("media.uploads.router.caption.delay")
@mock.patch("media.uploads.router.make_thumbnails.delay")
def test_only_the_id_is_sent(make_thumbnails, caption, account):
    make_thumbnails.return_value.id = "1"
    with TestClient(app) as client:
        response = client.post(f"/accounts/{account}/media", files={"file": ("cat.png", picture())})
        usage = client.get(f"/accounts/{account}/usage").json()
    assert response.status_code == 201
    make_thumbnails.assert_called_once_with(response.json()["id"])
    assert usage == {"bytes": len(picture())}


@mock.patch("media.uploads.tasks.deliver.delay")
def test_making_thumbnails_twice_announces_them_once(delay, account):
    with SessionLocal() as session:
        media = Media(account_id=account, filename="cat.png", status="stored")
        session.add(media)
        session.commit()
    storage.save(storage.original(media.id), [picture()])
    assert make_thumbnails.run(media.id) == {"media": media.id}
    assert make_thumbnails.run(media.id) == {"media": media.id}
    assert delay.call_count == 1
    assert Image.open(storage.thumbnail(media.id, 200)).size == (200, 100)


def test_delivering_twice_sends_once(account):
    with SessionLocal() as session:
        delivery = Delivery(webhook_id=1, event="test")
        session.add(delivery)
        session.commit()
    response = httpx.Response(200, request=httpx.Request("POST", "http://hooks.example"))
    with mock.patch("media.webhooks.tasks.httpx.post", return_value=response) as post:
        deliver.run(delivery.id)
        deliver.run(delivery.id)
    assert post.call_count == 1
