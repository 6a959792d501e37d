"""Write the table of repairs in docs/repairs.md; with --check, say whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from flake8_celery.rule import rules

PAGE = Path(__file__).parents[1] / "docs" / "repairs.md"
BEGIN, END = "<!-- repairs -->\n", "<!-- end of repairs -->\n"


def table() -> str:
    """The rules that have a repair, with its grade, as a Markdown table."""
    lines = ["| code | rule | repair |", "| --- | --- | --- |"]
    lines += [f"| [{r.code}](../rules/{r.code}.md) | {r.name} | {r.fix} |" for r in rules() if r.fix != "none"]
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with the table as it should be. Raises ValueError where it has no place for it."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name}: no {BEGIN.strip()} or no {END.strip()}")
    return head + begin + table() + end + tail


def main(arguments: list[str]) -> int:
    text = PAGE.read_text("utf-8")
    new = page(text)
    if "--check" in arguments:
        return int(new != text)
    PAGE.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
