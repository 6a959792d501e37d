"""Locks that get an expiry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...model import Attr
from .. import Fix, fixer
from ..calls import call_at

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from .. import Context

_SECONDS = 3600
"""Longer than nearly all tasks run; nobody but the author knows how long this one does."""


@fixer("CEL321")
def lock_without_ttl(found: Diagnostic, context: Context) -> Fix | None:
    """Let the lock expire after an hour. A limit of None that is passed by position stays."""
    text = context.text
    at = call_at(context.module, found.span)
    call = text.node(found.span, cst.Call)
    if at is None or call is None or text.place_of(call) != found.span:
        return None
    _, made = at
    if made.attr in ("set", "setnx"):
        expiry = f"ex={_SECONDS}"
        if made.attr == "set":
            return Fix(f"Add `{expiry}`", (text.add_argument(call, expiry),), "unsafe")
        # what comes back is None and no longer False, where the key is there already
        if not isinstance(made.func, Attr) or not isinstance(call.func, cst.Attribute):
            return None
        edits = (text.replace(call.func.attr, "set"), text.add_argument(call, "nx=True", expiry))
        return Fix(f"Replace by `set(..., nx=True, {expiry})`", edits, "unsafe")
    expiry = f"timeout={_SECONDS}"
    given = text.argument(call, "timeout")
    if given is not None:
        return Fix(f"Change to `{expiry}`", (text.replace(given.value, str(_SECONDS)),), "unsafe")
    if len(made.args) > 2 or (made.attr == "lock" and len(made.args) > 1):
        return None
    return Fix(f"Add `{expiry}`", (text.add_argument(call, expiry),), "unsafe")
