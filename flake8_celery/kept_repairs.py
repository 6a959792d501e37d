"""The repairs of what was found, kept on disk beside the findings and for as long as those hold.

They are a file of their own: only who shows repairs reads them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .fixes import Fix
from .memo import diagnostic_of, keep, packed
from .model import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .diagnostics import Diagnostic
    from .fixes import Safety
    from .memo import Memo
    from .opened import Opened


@dataclass(slots=True)
class KeptRepairs:
    """`found` has the repairs of the findings that were asked about, None for those without one."""

    path: Path
    state: str
    found: dict[Diagnostic, Fix | None] = field(default_factory=dict)
    seen: dict[str, bool] = field(default_factory=dict)
    changed: bool = False

    @classmethod
    def open(cls, memo: Memo, opened: Opened) -> KeptRepairs:
        """What is kept for the state of the project that a memo stands for. Never raises."""
        kept = cls(memo.path.with_suffix(".repairs.json"), memo.state)
        kept.load(opened)
        if memo.before and not kept.found:
            kept._outlive(memo, opened)
        return kept

    def _outlive(self, memo: Memo, opened: Opened) -> None:
        """Take over the repairs of the findings that are still certain, but for those that touch or name a changed
        file."""
        self.state = memo.before
        self.load(opened)
        self.state = memo.state
        still = {diagnostic for found in (*memo.found.values(), (memo.deployment or ([],))[0]) for diagnostic in found}

        def touches(fix: Fix | None) -> bool:
            return fix is not None and (fix.path in memo.gone or any(path in fix.title for path in memo.gone))

        known = {found: fix for found, fix in self.found.items() if found in still and found.path not in memo.gone}
        self.found = {found: fix for found, fix in known.items() if not touches(fix)}
        self.changed = True

    def of(
        self,
        wanted: Sequence[Diagnostic],
        find: Callable[[Sequence[Diagnostic]], Mapping[Diagnostic, Fix]],
    ) -> dict[Diagnostic, Fix]:
        """The repairs of findings; `find` is asked for those that are not known."""
        new = [diagnostic for diagnostic in wanted if diagnostic not in self.found]
        if new:
            fixes = find(new)
            self.found |= {diagnostic: fixes.get(diagnostic) for diagnostic in new}
            self.changed = True
        return {diagnostic: fix for diagnostic in wanted if (fix := self.found[diagnostic]) is not None}

    def load(self, opened: Opened) -> None:
        """Take over what is kept on disk for the same state. Never raises."""
        try:
            kept = json.loads(self.path.read_bytes())
            if kept["state"] != self.state:
                return
            seen = {str(name): bool(answer) for name, answer in kept["seen"].items()}
            if any(opened.on_disk(name) != answer for name, answer in seen.items()):
                return
            found = {
                diagnostic_of(path, finding): _fix(fix)
                for path, entries in kept["repairs"].items()
                for finding, fix in entries
            }
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, the fixers are asked again
            return
        self.found = found | self.found
        self.seen = seen | self.seen

    def save(self, opened: Opened) -> None:
        """Write what is known, with what other processes have learned meanwhile. Never raises."""
        if not self.changed:
            return
        self.seen |= opened.seen
        self.load(opened)
        by_path: dict[str, list[object]] = {}
        for diagnostic, fix in self.found.items():
            by_path.setdefault(diagnostic.path, []).append((packed(diagnostic), _packed_fix(fix)))
        kept = {"state": self.state, "seen": self.seen, "repairs": by_path}
        if keep(self.path, kept):
            self.changed = False


def _packed_fix(fix: Fix | None) -> object:
    if fix is None:
        return None
    edits = [(e.span.line, e.span.column, e.span.end_line, e.span.end_column, e.text) for e in fix.edits]
    return fix.title, fix.safety, fix.path, edits


def _fix(given: Sequence[Any] | None) -> Fix | None:
    if given is None:
        return None
    title, safety, path, edits = given
    if safety not in ("safe", "unsafe"):
        raise ValueError(safety)
    made = tuple(Edit(Span(*map(int, place)), str(text)) for *place, text in edits)
    return Fix(str(title), made, cast("Safety", safety), None if path is None else str(path))
