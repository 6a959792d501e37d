"""Write what there is to know about the configuration: the table in docs/configuration.md and the JSON schema.

With `--check`, write nothing, and exit with 1 where one of them is not that of today.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from flake8_celery.config import ABOUT, BASELINE, CODES, KEYS, LISTS, TABLE, Config, flake8_options, option

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "configuration.md"
SCHEMA = ROOT / "flake8_celery" / "schema.json"
START = "<!-- keys: written by scripts/configuration.py -->\n"
END = "<!-- end of keys -->\n"


def default(name: str) -> object:
    return getattr(Config(), name)


def table() -> str:
    """A row for each key."""
    rows = ["| key | type | default | meaning | flake8 | `check` |\n| --- | --- | --- | --- | --- | --- |\n"]
    for key, name in KEYS.items():
        about = ABOUT[name]
        kind = "list of strings" if name in LISTS else "string"
        usual = "`[]`" if name in LISTS else "none"
        if name == "baseline":
            usual = f"`{BASELINE}`, where it is there"
        flake8 = ", ".join(f"`{each}`" for each in flake8_options(name))
        meaning = about.help[0].upper() + about.help[1:]
        rows.append(f"| `{key}` | {kind} | {usual} | {meaning} | {flake8} | `{option(name)}` |\n")
    return "".join(rows)


def page(text: str) -> str:
    """The page with the table of today between the two comments."""
    before, _, rest = text.partition(START)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{PAGE.name} lacks the lines {START.strip()} and {END.strip()}")
    return f"{before}{START}\n{table()}\n{END}{after}"


def schema() -> str:
    """The schema of the table in pyproject.toml: draft 7, which editors for TOML read."""
    document: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        # What validates by it needs a name; there is no site that it could be read from.
        "$id": "https://flake8-celery.invalid/configuration.json",
        "title": TABLE,
        "description": "The settings of flake8-celery, in pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _property(name) for key, name in KEYS.items()},
    }
    return json.dumps(document, indent=2) + "\n"


def _property(name: str) -> dict[str, Any]:
    about = ABOUT[name]
    item: dict[str, Any] = {"type": "string"}
    if name in CODES:
        item["pattern"] = "^C(E(L([1-9][0-9]{0,2})?)?)?$"
    elif about.shape:
        item["pattern"] = f"^(?:{about.shape})$"
    described = {"description": about.help[0].upper() + about.help[1:]}
    if name not in LISTS:
        return {**described, **item}
    return {**described, "type": "array", "items": item, "default": []}


def main(arguments: list[str]) -> int:
    wanted = {PAGE: page(PAGE.read_text("utf-8")), SCHEMA: schema()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in stale:
        if "--check" not in arguments:
            path.write_text(wanted[path], "utf-8", newline="\n")
        print(f"{path.name}: {'not that of today' if '--check' in arguments else 'written'}", file=sys.stderr)
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
