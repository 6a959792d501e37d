from contextlib import asynccontextmanager

from fastapi import FastAPI

from media.database import Base, engine
from media.uploads.router import router as uploads
from media.webhooks.router import router as webhooks


@asynccontextmanager
async def lifespan(app: FastAPI):
    Base.metadata.create_all(engine)
    yield


app = FastAPI(title="Media", lifespan=lifespan)
app.include_router(uploads)
app.include_router(webhooks)
