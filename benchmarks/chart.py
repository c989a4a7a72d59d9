"""The chart of the README, drawn from training.json: times faster than each peer, by powers of ten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, log10
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.peers import PEERS

COLOURS = {
    "torch": "#d1495b", "torch fused": "#edae49", "sklearn": "#66a182", "numpy": "#2e4057", "jax": "#8d6cab"
}  # fmt: skip
LEFT, RIGHT, TOP, ROW, LEGEND, BOTTOM = 268, 24, 58, 30, 18, 30
WIDTH, MARK = 760, 5
LEAST = -0.5  # of the axis, as a power of ten: what is slower than this stands at the edge


def drawn(results: Sequence[Mapping[str, Any]]) -> str:
    """The SVG: a line for each workload, a mark for each peer; right of the line at 1 native is faster."""
    top = max(ratio["median"] for result in results for ratio in result["times_slower_than_native"].values())
    most = max(1, ceil(log10(top)))
    height = TOP + ROW * len(results) + BOTTOM

    def at(ratio: float) -> float:
        share = (max(log10(ratio), LEAST) - LEAST) / (most - LEAST)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        'font-size="12" fill="#222">',
        "<title>Times faster than each library: one training step, one thread</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *_legend(),
        *_axis(at, most, height),
    ]
    for place, result in enumerate(results):
        lines += _workload(result, TOP + ROW * place + ROW // 2, at)
    return "\n".join([*lines, "</svg>", ""])


def _legend() -> Iterator[str]:
    """What each colour is."""
    yield '<text x="12" y="20" font-weight="bold">one training step, one thread: times faster than</text>'
    x = 12
    for peer, colour in COLOURS.items():
        yield f'<circle cx="{x + MARK}" cy="{LEGEND + 18}" r="{MARK}" fill="{colour}"/>'
        yield f'<text x="{x + 16}" y="{LEGEND + 22}">{escape(PEERS[peer])}</text>'
        x += 34 + 7 * len(PEERS[peer])


def _axis(at: Any, most: int, height: int) -> Iterator[str]:
    """A line at each power of ten; the one at 1 is where everybody is as fast as native."""
    for power in range(most + 1):
        x, colour = at(10**power), "#999" if power == 0 else "#ddd"
        yield f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{height - BOTTOM}" stroke="{colour}"/>'
        yield f'<text x="{x}" y="{height - 10}" text-anchor="middle">{10**power:,}</text>'


def _workload(result: Mapping[str, Any], y: int, at: Any) -> Iterator[str]:
    """Its name and its marks."""
    yield f'<text x="12" y="{y + 4}">{escape(result["workload"])}</text>'
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#eee"/>'
    for peer, colour in COLOURS.items():
        ratio = result["times_slower_than_native"].get(peer)
        if ratio:
            said = escape(f"{PEERS[peer]}: {ratio['median']:.3g} times")
            x = at(ratio["median"])
            yield f'<circle cx="{x}" cy="{y}" r="{MARK}" fill="{colour}"><title>{said}</title></circle>'
