import os
from pathlib import Path

BROKER_URL = "redis://redis:6379/0"
RESULT_BACKEND = "redis://redis:6379/1"
DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///media.db")
MEDIA_DIR = Path(os.environ.get("MEDIA_DIR", "media-files"))
HEARTBEAT_URL = os.environ.get("HEARTBEAT_URL", "https://heartbeat.example/beat")
CAPTION_URL = os.environ.get("CAPTION_URL", "https://captions.example/v1")
THUMBNAIL_SIZES = (200, 800)
