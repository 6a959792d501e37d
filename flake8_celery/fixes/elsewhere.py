"""Whether what one file has may be used by another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import Context


def may_be_used_elsewhere(context: Context, name: str) -> bool:
    """Whether another file of the project, as far as its words tell, may use a name of the context's: it has both that
    name and the file's."""
    index, path = context.project.index, context.module.path
    *folders, stem = path.removesuffix(".py").split("/")
    stem = folders[-1] if stem == "__init__" and folders else stem
    words = [re.compile(rb"\b%s\b" % re.escape(word.encode())) for word in (name, stem)]
    return any(all(word.search(index.data(other)) for word in words) for other in index.tree.python if other != path)
