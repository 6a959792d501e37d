from unittest import mock

import pytest
from fastapi.testclient import TestClient
from media.database import SessionLocal
from media.main import app
from media.models import Account


@pytest.fixture
def account():
    with TestClient(app), SessionLocal() as session:
        account = Account(name="studio")
        session.add(account)
        session.commit()
        yield account.id


@mock.patch("media.uploads.router.caption.apply_async")
@mock.patch("media.uploads.router.record_usage.delay")
@mock.patch("media.uploads.router.make_thumbnail.delay")
def test_upload_is_stored(make_thumbnail, record_usage, caption, account):
    make_thumbnail.return_value.id = "1"
    with TestClient(app) as client:
        response = client.post(f"/accounts/{account}/media", files={"file": ("cat.jpg", b"123")})
    assert response.status_code == 201
    record_usage.assert_called_once_with(account, 3)
