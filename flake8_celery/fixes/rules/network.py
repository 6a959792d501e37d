"""Network calls in tasks: timeouts, and retries after their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.network import waiting
from ...knowledge.http_clients import NO_TIMEOUT
from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit
    from .. import Context

_SECONDS = 30


@fixer("CEL402")
def network_call_without_timeout(found: Diagnostic, context: Context) -> Fix | None:
    """Give each call that the finding is about a timeout, if they stand in one file. A `timeout=None` stays: somebody
    wrote it."""
    place = next((p for p in waiting(context.project, context.module) if p.span == found.span), None)
    if place is None:
        return None
    paths = {made.scope.module.path for made, _ in place.calls}
    if len(paths) != 1:
        return None
    (path,) = paths
    text = context.text if path == context.module.path else context.other(path)
    edits: list[Edit] = []
    timeouts: list[str] = []
    for made, _ in place.calls:
        keyword, position = NO_TIMEOUT.get(made.name, (None, None))
        call = text.node(made.call.span, cst.Call)
        if keyword is None or call is None or text.place_of(call) != made.call.span:
            return None
        if made.call.keyword(keyword) is not None or (position is not None and len(made.call.args) > position):
            return None
        if _is_bare_generator(call):
            return None
        timeout = f"(5, {_SECONDS})" if made.name.startswith("requests.") else str(_SECONDS)
        edits.append(text.add_argument(call, f"{keyword}={timeout}"))
        timeouts.append(timeout)
    shown = f"`timeout={timeouts[0]}`" if len(set(timeouts)) == 1 else "a timeout"
    return Fix(f"Add {shown}", tuple(edits), "unsafe", None if path == context.module.path else path)


def _is_bare_generator(call: cst.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0].value, cst.GeneratorExp) and not call.args[0].value.lpar
