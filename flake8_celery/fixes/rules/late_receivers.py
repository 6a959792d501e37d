"""Receivers of the application's signals that are connected too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from .. import Context

_EARLY, _LATE = "on_after_configure", "on_after_finalize"


@fixer("CEL717")
def late_receiver(found: Diagnostic, context: Context) -> Fix | None:
    """Connect to the signal that is sent when all modules have been imported. What the receiver adds to the schedule is
    sent from then on."""
    text = context.text
    decorator = text.decorator(found.span)
    place = text.place_of(decorator) if decorator is not None else found.span
    signals = [n for n in text.nodes_in(place, cst.Attribute) if n.attr.value == _EARLY]
    if len(signals) != 1:
        return None
    return Fix(f"Connect to `{_LATE}`", (text.replace(signals[0].attr, _LATE),), "unsafe")
