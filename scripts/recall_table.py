"""Write the tables of known defects in docs/precision.md; with --check, say whether they are up to date.

The totals and each case's row are what the files of tests/recall say; the prose around them is written by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from flake8_celery.rule import codes  # noqa: E402
from tests.recall_cases import Defect, defects  # noqa: E402

PAGE = ROOT / "docs" / "precision.md"
FRESH = 200
"""The number from which on the cases were collected when the rules had been changed because of those before."""
_CASE = re.compile(r"^\| ([0-9]{3}) \|.*\n", re.MULTILINE)
_TOTAL = re.compile(r"^\| (all|fresh) \| [0-9]+ \|.*\n\| of them, .*\n", re.MULTILINE)
_TOGETHER = re.compile(r"^\*\*Together\*\*, .*\n", re.MULTILINE)
_LINK = re.compile(r"https://github\.com/([^/]+/[^/]+)/(commit|issues|pull)/(\w+)")


def number(defect: Defect) -> int:
    return int(defect.name[:3])


def found_at_first(defect: Defect) -> bool:
    return not defect.missed and "before" not in defect.head


def row(defect: Defect) -> str:
    """The line of one case."""
    source = defect.head["source"]
    match = _LINK.fullmatch(source)
    if match is None:
        raise ValueError(f"{defect.path.name}: no address of a commit, an issue or a pull request: {source}")
    label = f"{match[1]} {match[3][:10]}" if match[2] == "commit" else f"{match[1]} #{match[3]}"
    cells = [
        *(defect.name[:3], f"[{label}]({source})", defect.head["defect"]),
        "\N{EN DASH}" if defect.code == "none" else defect.code,
        "yes" if found_at_first(defect) else "no",
        f"no: {defect.missed}" if defect.missed else "yes",
    ]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def totals(label: str, cases: list[Defect]) -> str:
    """The two lines that sum up a set of cases."""
    known = set(codes())
    covered = [defect for defect in cases if defect.code in known]
    named = len({defect.code for defect in covered})
    lines = [(label, cases), (f"of them, those for which a rule exists ({named} rules)", covered)]
    return "".join(f"| {text} | {len(some)} | {_shares(some)} |\n" for text, some in lines)


def together(cases: list[Defect]) -> str:
    """The line that sums up all cases."""
    first, now = _shares(cases).split(" | ")
    return f"**Together**, of {len(cases)} defects {first} were found at first, and {now} are found now.\n"


def _shares(cases: list[Defect]) -> str:
    counts = (sum(map(found_at_first, cases)), sum(not defect.missed for defect in cases))
    return " | ".join(f"{count} ({count * 100 // len(cases)} %)" for count in counts)


def page(text: str) -> str:
    """The page with these tables as they should be. Raises ValueError where a case has no row, or a row no case."""
    cases = {defect.name[:3]: defect for defect in defects()}
    rows = {match[1] for match in _CASE.finditer(text)}
    if rows != set(cases):
        raise ValueError(f"{PAGE.name}: rows and cases differ: {', '.join(sorted(rows ^ set(cases)))}")
    parts = {
        "all": [defect for defect in cases.values() if number(defect) < FRESH],
        "fresh": [defect for defect in cases.values() if number(defect) >= FRESH],
    }
    text = _TOGETHER.sub(lambda _: together(list(cases.values())), text)
    text = _TOTAL.sub(lambda match: totals(match[1], parts[match[1]]), text)
    return _CASE.sub(lambda match: row(cases[match[1]]), text)


def main(arguments: list[str]) -> int:
    text = PAGE.read_text("utf-8")
    new = page(text)
    if "--check" in arguments:
        return int(new != text)
    PAGE.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
