"""`flake8-celery server`: the language server on standard input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import ConfigError

if TYPE_CHECKING:
    import argparse


def server(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Serve until the client is gone. Raises ConfigError where the extra `lsp` is not installed."""
    try:
        from ..server.main import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise ConfigError(
            f"the language server needs {error.name}: install flake8-celery with its extra, `flake8-celery[lsp]`"
        ) from None
    return serve()
