from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from media.config import MEDIA_DIR


def original(media_id: int) -> Path:
    return MEDIA_DIR / "originals" / str(media_id)


def thumbnail(media_id: int, size: int) -> Path:
    return MEDIA_DIR / "thumbnails" / f"{media_id}-{size}.jpg"


def text(media_id: int) -> Path:
    return MEDIA_DIR / "texts" / f"{media_id}.txt"


def save(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a file whole or not at all and return its size, so that saving again leaves the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.writelines(chunks)
        size = file.tell()
    Path(file.name).replace(path)
    return size
