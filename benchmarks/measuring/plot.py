"""Plots as SVG, which a browser shows in its own light or dark colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH = 820
LEFT = 240
RIGHT = 90
ROW = 24
STYLE = """
  svg { background: #ffffff }
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .faint { fill: #59636e }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .axis { stroke: #59636e; stroke-width: 1 }
  .bar { fill: #8c96a0 }
  .ours { fill: #1a7f37 }
  .line { fill: none; stroke-width: 2 }
  .c0 { stroke: #1a7f37; fill: #1a7f37 }
  .c1 { stroke: #0969da; fill: #0969da }
  .c2 { stroke: #bc4c00; fill: #bc4c00 }
  .c3 { stroke: #8250df; fill: #8250df }
  text.c0, text.c1, text.c2, text.c3 { stroke: none }
  .line.c0, .line.c1, .line.c2, .line.c3 { fill: none }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 }
    text { fill: #e6edf3 }
    .faint { fill: #9198a1 }
    .grid { stroke: #30363d }
    .axis { stroke: #9198a1 }
    .bar { fill: #6e7781 }
    .ours { fill: #3fb950 }
    .c0 { stroke: #3fb950; fill: #3fb950 }
    .c1 { stroke: #58a6ff; fill: #58a6ff }
    .c2 { stroke: #f0883e; fill: #f0883e }
    .c3 { stroke: #bc8cff; fill: #bc8cff }
  }
"""


class Bar(NamedTuple):
    name: str
    value: float
    ours: bool = False
    more: bool = False
    """Stopped there: it takes more."""


class _Scale:
    """Logarithmic: from a value to its place between two others. Ends at powers of ten, or at the values themselves."""

    def __init__(self, values: Sequence[float], start: float, end: float, *, exact: bool = False) -> None:
        self.low, self.high = math.log10(min(values)), math.log10(max(values))
        if not exact or self.low == self.high:
            self.low, self.high = math.floor(self.low), max(math.ceil(self.high), math.floor(self.low) + 1)
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Powers of ten, and the end where it is far enough from the last of them."""
        powers = [float(power) for power in range(math.ceil(self.low), math.floor(self.high) + 1)]
        if not powers or self.high - powers[-1] > 0.2:
            powers.append(self.high)
        return [10.0**power for power in powers]


def number(value: float) -> str:
    """As short as it can be read: two digits below 100, whole above."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    described = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{described} text-anchor="{anchor}">{escape(text)}</text>\n'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>\n'


def bars(title: str, unit: str, values: Sequence[Bar], top: float) -> tuple[str, float]:
    """Horizontal bars on a logarithmic axis, from `top` on; the drawing and where it ends."""
    if not values:
        return "", top
    scale = _Scale([bar.value for bar in values], LEFT, WIDTH - RIGHT)
    first = top + 40
    last = first + ROW * len(values)
    drawn = [_text(16, top + 18, title, "title")]
    for tick in scale.ticks():
        drawn.append(_line(scale(tick), first - 4, scale(tick), last, "grid"))
        drawn.append(_text(scale(tick), last + 18, number(tick), "faint", "middle"))
    for row, bar in enumerate(values):
        y = first + ROW * row
        kind = "ours" if bar.ours else "bar"
        length = max(scale(bar.value) - LEFT, 1)
        drawn.append(_text(LEFT - 10, y + 15, bar.name, "", "end"))
        drawn.append(f'<rect x="{LEFT}" y="{y + 3}" width="{length:.1f}" height="{ROW - 7}" class="{kind}"/>\n')
        told = f"{'> ' if bar.more else ''}{number(bar.value)}"
        drawn.append(_text(LEFT + length + 6, y + 15, told))
    drawn.append(_line(LEFT, first - 4, LEFT, last, "axis"))
    drawn.append(_text((LEFT + WIDTH - RIGHT) / 2, last + 38, unit, "faint", "middle"))
    return "".join(drawn), last + 60


def curves(
    title: str, across: str, up: str, series: Mapping[str, Sequence[tuple[float, float]]], top: float
) -> tuple[str, float]:
    """Lines on two logarithmic axes, each named at its right end."""
    given = {name: points for name, points in series.items() if points}
    if not given:
        return "", top
    left, right, first, last = 70.0, WIDTH - 210.0, top + 58, top + 318
    x = _Scale([point[0] for points in given.values() for point in points], left, right, exact=True)
    y = _Scale([point[1] for points in given.values() for point in points], last, first)
    drawn = [_text(16, top + 18, title, "title"), _text(16, top + 42, up, "faint")]
    for tick in x.ticks():
        drawn.append(_line(x(tick), first, x(tick), last, "grid"))
        drawn.append(_text(x(tick), last + 18, f"{tick:,.0f}", "faint", "middle"))
    for tick in y.ticks():
        drawn.append(_line(left, y(tick), right, y(tick), "grid"))
        drawn.append(_text(left - 8, y(tick) + 4, number(tick), "faint", "end"))
    drawn.append(_line(left, last, right, last, "axis"))
    drawn.append(_line(left, first, left, last, "axis"))
    drawn.append(_text((left + right) / 2, last + 40, across, "faint", "middle"))
    names = _apart({name: y(points[-1][1]) + 4 for name, points in given.items()})
    for count, (name, points) in enumerate(given.items()):
        kind = f"c{count % 4}"
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        drawn.append(f'<polyline points="{path}" class="line {kind}"/>\n')
        drawn += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5" class="{kind}"/>\n' for a, b in points]
        end = x(points[-1][0]) + 10
        drawn.append(_text(max(end, right + 8), names[name], f"{name} ({number(points[-1][1])})", kind))
    return "".join(drawn), last + 62


def _apart(heights: Mapping[str, float]) -> dict[str, float]:
    """Heights of names that do not overlap, in the order in which they were."""
    placed: dict[str, float] = {}
    lowest = -math.inf
    for name, height in sorted(heights.items(), key=lambda pair: pair[1]):
        lowest = placed[name] = max(height, lowest + 17)
    return placed


def picture(drawn: Sequence[str], height: float) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n{"".join(drawn)}</svg>\n'
