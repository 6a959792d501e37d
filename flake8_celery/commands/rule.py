"""`flake8-celery rule`: the page of a rule."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from ..config import ConfigError, did_you_mean
from ..report.style import wants_color
from ..rule import Rule, codes, load, rules

if TYPE_CHECKING:
    import argparse

WIDTH = 100
_FENCE = re.compile(r"^```(\w+) path=(\S+)$", re.MULTILINE)


def explain(options: argparse.Namespace) -> int:
    shown = list(rules()) if options.all else [find(options.code)]
    if options.output_format == "json":
        items = [_item(rule) for rule in shown]
        print(json.dumps(items if options.all else items[0], indent=2))
    elif sys.stdout.isatty() or options.color == "always":
        _render(shown, color=wants_color(sys.stdout, options.color))
    else:
        print("\n".join(_text(rule) for rule in shown), end="")
    return 0


def find(word: str) -> Rule:
    """The rule with that code or name. Raises `ConfigError`."""
    try:
        return load(word.upper())
    except KeyError:
        names = {rule.name: rule for rule in rules()}
    if word.lower() not in names:
        raise ConfigError(f"no rule `{word}`{did_you_mean(word, [*codes(), *names])}")
    return names[word.lower()]


def _item(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "opt_in": rule.opt_in,
        "fix": rule.fix,
        "since": rule.since,
        "proof": rule.proof,
        "summary": rule.summary,
        "how_to_fix": rule.how,
        "explanation": rule.body,
        "url": rule.url,
    }


def _text(rule: Rule) -> str:
    """The page with its metadata in a line below the title."""
    title, _, rest = rule.body.partition("\n")
    state = ", off unless selected" if rule.opt_in else ""
    return f"{title}\n\n{rule.severity.capitalize()}, since {rule.since}{state}.\n{rest.rstrip()}\n"


def _render(shown: list[Rule], *, color: bool) -> None:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    console = Console(
        force_terminal=True,
        no_color=not color,
        color_system="standard" if color else None,
        theme=Theme({"markdown.code": "cyan", "markdown.h2": "bold"}),  # rich's own are for dark terminals
    )
    width = min(console.width, WIDTH)
    for rule in shown:
        # A terminal does not show what stands behind the three backticks.
        page = _FENCE.sub(r"*\2*\n\n```\1", _text(rule))
        console.print(Markdown(page, code_theme="ansi_dark"), width=width)
        console.print()
