"""Write the table of rules into README.md, from the rule pages."""

from __future__ import annotations

import sys
from pathlib import Path

from flake8_celery.rule import Rule, rules

README = Path(__file__).parents[1] / "README.md"
START = "<!-- rules: written by scripts/rule_table.py -->\n"
END = "<!-- end of rules -->\n"

FAMILIES = {
    "1": "App, discovery, signals",
    "2": "Task definition and logging",
    "3": "Retry, acknowledgement, idempotency",
    "4": "Limits, blocking, concurrency",
    "5": "Calling, canvas, Django and FastAPI",
    "6": "Results and payloads",
    "7": "Beat",
    "8": "Settings, security, deployment, upgrades",
    "9": "Policies, off unless they are selected",
}


def table() -> str:
    """A section for each family that has rules."""
    families: dict[str, list[Rule]] = {}
    for rule in rules():
        families.setdefault(rule.code[3], []).append(rule)
    parts = []
    for family, members in families.items():
        rows = "".join(
            f"| [{r.code}](rules/{r.code}.md) | {r.name} | {r.severity} | {cell(r.summary)} |\n" for r in members
        )
        head = f"### CEL{family}: {FAMILIES[family]}\n\n| code | name | severity | why |\n| --- | --- | --- | --- |\n"
        parts.append(f"{head}{rows}\n")
    return "".join(parts)


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def insert(readme: str) -> str:
    """`readme` with the table of today between the two comments."""
    before, _, rest = readme.partition(START)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{README.name} lacks the lines {START.strip()} and {END.strip()}")
    return f"{before}{START}\n{table()}{END}{after}"


if __name__ == "__main__":
    text = README.read_text("utf-8")
    if (new := insert(text)) != text:
        README.write_text(new, "utf-8")
        print(f"{README.name}: written", file=sys.stderr)
