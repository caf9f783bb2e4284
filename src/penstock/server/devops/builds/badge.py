"""The status badge of a pipeline: a small SVG of two words. Pure."""

from __future__ import annotations

from html import escape

_COLORS = {
    "succeeded": "#107c10",
    "partially succeeded": "#8a5a00",
    "failed": "#c62828",
    "canceled": "#5c5c5c",
    "skipped": "#5c5c5c",
    "never built": "#5c5c5c",
}
_HEIGHT = 20
_CHARACTER, _PADDING = 6.6, 10


def badge_svg(label: str, word: str) -> bytes:
    """The picture: what is shown, and how it is."""
    label = label[:60]
    left, right = _width(label), _width(word)
    total = left + right
    title = escape(f"{label}: {word}", quote=True)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{_HEIGHT}"'
        f' role="img" aria-label="{title}"><title>{title}</title>'
        f'<clipPath id="r"><rect width="{total}" height="{_HEIGHT}" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{_HEIGHT}" fill="#3b3b3b"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{_COLORS[word]}"/></g>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif"'
        f' font-size="11"><text x="{left / 2:g}" y="14">{escape(label)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(word)}</text></g></svg>'
    )
    return text.encode()


def _width(text: str) -> int:
    return round(len(text) * _CHARACTER + 2 * _PADDING)
