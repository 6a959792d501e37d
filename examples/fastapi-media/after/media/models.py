import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from media.database import Base


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Media(Base):
    """An uploaded or imported file. An account's usage is the sum of the sizes: nothing counts it up."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    filename: Mapped[str]
    source_url: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="new")
    size: Mapped[int] = mapped_column(default=0)
    caption: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Webhook(Base):
    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    url: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Delivery(Base):
    """One event for one webhook: what makes sure that it is delivered, and what the receiver tells doubles by."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("webhook_id", "event", "media_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    event: Mapped[str]
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    key: Mapped[str] = mapped_column(default=lambda: str(uuid.uuid4()))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivered_at: Mapped[datetime | None]

    webhook: Mapped[Webhook] = relationship(lazy="joined")
