"""Plots as inline SVG whose colours are the page's own, so that they follow it into the dark and onto paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor

_WIDTH, _HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 14, 14, 44
_MARKS = "abcde"


@dataclass(frozen=True, slots=True)
class Line:
    """A curve. ``kind`` is a class of the style sheet: run, baseline or quiet."""

    label: str
    points: Sequence[tuple[float, float]]
    kind: str = "run"


@dataclass(frozen=True, slots=True)
class Spot:
    """A single point with its label beside it, and the ends of its vertical interval, if any."""

    label: str
    at: tuple[float, float]
    ends: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of a dot plot: its mean, the ends of its interval, the baseline's mean, and those of the controls."""

    label: str
    mean: float
    low: float
    high: float
    baseline: float | None
    controls: Sequence[float | None]


def curve_chart(
    title: str,
    axes: tuple[str, str],
    lines: Sequence[Line],
    *,
    x_ticks: Sequence[float] = (0, 0.25, 0.5, 0.75, 1),
    spots: Sequence[Spot] = (),
) -> str:
    """Curves over two axes, the vertical one from a round value below the lowest point up to 1.

    Args:
        title: read out in place of the picture.
        axes: what the horizontal and the vertical one show.
        lines: the curves, drawn in their order.
        x_ticks: of the horizontal one, which reaches from the first to the last.
        spots: single points.
    """
    lowest = min(
        [
            1.0,
            *(up for line in lines for _, up in line.points),
            *(spot.ends[0] if spot.ends else spot.at[1] for spot in spots),
        ]
    )
    step = 0.1 if lowest >= 0.5 else 0.2
    bottom = max(0.0, floor(lowest / step - 1e-9) * step)
    low, high = x_ticks[0], x_ticks[-1]

    def place(point: tuple[float, float]) -> tuple[float, float]:
        across = (point[0] - low) / (high - low)
        up = (point[1] - bottom) / (1 - bottom)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    parts = []
    for number in range(round((1 - bottom) / step) + 1):
        value = bottom + number * step
        _, top = place((low, value))
        parts.append(f'<path class="grid" d="M{_LEFT} {top:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(_text(_LEFT - 8, top + 4, f"{value:.1f}", "tick end"))
    for value in x_ticks:
        left, _ = place((value, bottom))
        parts.append(_text(left, _HEIGHT - _BOTTOM + 18, f"{value:g}", "tick middle"))
    for line in lines:
        joined = " ".join(f"{across:.1f},{up:.1f}" for across, up in map(place, line.points))
        parts.append(f'<polyline class="curve {line.kind}" points="{joined}"/>')
    for spot in spots:
        left, top = place(spot.at)
        side, offset = ("end", -10) if left > _WIDTH * 0.6 else ("start", 10)
        if spot.ends is not None:
            (_, low_end), (_, high_end) = (place((spot.at[0], end)) for end in spot.ends)
            parts.append(f'<path class="interval" d="M{left:.1f} {low_end:.1f}V{high_end:.1f}"/>')
        parts.append(f'<circle class="spot" cx="{left:.1f}" cy="{top:.1f}" r="5"/>')
        parts.append(_text(left + offset, top - 8, spot.label, f"label {side}"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, axes[0], "axis middle"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(f'<g transform="translate(16 {middle:.0f}) rotate(-90)">{_text(0, 0, axes[1], "axis middle")}</g>')
    drawn = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    return drawn + _legend([(line.label, f"line {line.kind}") for line in lines])


def dot_chart(rows: Sequence[Row], controls: Sequence[str]) -> str:
    """Measures from 0 to 1, one below the other: intervals, means, and where the controls stand.

    Each row is a strip of its own, as wide as there is room, so that a phone shows it whole.

    Args:
        rows: from top to bottom.
        controls: their names, in the order of each row's values; five at most.
    """
    strips = []
    for row in rows:
        parts = [f'<line class="grid" x1="{25 * step}%" x2="{25 * step}%" y1="0" y2="24"/>' for step in range(5)]
        for mark, value in zip(_MARKS, row.controls, strict=False):
            if value is not None:
                parts.append(f'<svg x="{100 * value:.2f}%" y="12">{_control(mark, 0, 0)}</svg>')
        ends = f'x1="{100 * row.low:.2f}%" x2="{100 * row.high:.2f}%" y1="12" y2="12"'
        parts.append(f'<line class="interval" {ends}/>')
        if row.baseline is not None:
            at = f"{100 * row.baseline:.2f}%"
            parts.append(f'<line class="before" x1="{at}" x2="{at}" y1="3" y2="21"/>')
        parts.append(f'<circle class="spot" cx="{100 * row.mean:.2f}%" cy="12" r="5"/>')
        told = f"{row.label}: {row.mean:.3f}, from {row.low:.3f} to {row.high:.3f}"
        strip = f'<svg class="strip" height="24" role="img" aria-label="{escape(told)}">{"".join(parts)}</svg>'
        mean = f'<span class="value">{row.mean:.3f}</span>'
        strips.append(f'<div class="dots"><span>{escape(row.label)}</span>{strip}{mean}</div>')
    ticks = "".join(f'<text class="tick middle" x="{25 * step}%" y="14">{step / 4:g}</text>' for step in range(5))
    scale = f'<svg class="strip" height="20" aria-hidden="true">{ticks}</svg>'
    strips.append(f'<div class="dots"><span></span>{scale}<span></span></div>')
    legend = [("this run, with its 95% interval", "dot")]
    if any(row.baseline is not None for row in rows):
        legend.append(("baseline", "bar"))
    legend += [(f"shortcut: {name}", f"control {mark}") for mark, name in zip(_MARKS, controls, strict=False)]
    return "".join(strips) + _legend(legend)


def _control(mark: str, left: float, up: float) -> str:
    shapes = {
        "a": f"M{left - 4:.1f} {up - 4}h8v8h-8z",
        "b": f"M{left:.1f} {up - 5}l5 9h-10z",
        "c": f"M{left:.1f} {up - 5.5}l5 5.5-5 5.5-5-5.5z",
        "d": f"M{left - 4:.1f} {up - 4}l8 8m0-8l-8 8",
        "e": f"M{left:.1f} {up + 5}l5-9h-10z",
    }
    return f'<path class="control {mark}" d="{shapes[mark]}"/>'


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    def key(kind: str) -> str:
        word, _, rest = kind.partition(" ")
        if word == "line":
            drawn = f'<path class="curve {rest}" d="M0 7H22"/>'
        elif word == "dot":
            drawn = '<path class="interval" d="M0 7H22"/><circle class="spot" cx="11" cy="7" r="4"/>'
        elif word == "bar":
            drawn = '<path class="before" d="M11 0v14"/>'
        else:
            drawn = _control(rest, 11, 7)
        return f'<svg class="key" viewBox="0 0 22 14" aria-hidden="true">{drawn}</svg>'

    return '<p class="legend">' + "".join(f"<span>{key(kind)}{escape(name)}</span>" for name, kind in entries) + "</p>"


def _text(left: float, top: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{left:.1f}" y="{top:.1f}">{escape(text)}</text>'
