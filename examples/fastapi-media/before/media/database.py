from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

from media.config import DATABASE_URL

engine = create_engine(DATABASE_URL)
SessionLocal = sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass
