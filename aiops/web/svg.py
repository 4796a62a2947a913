"""SVG written as strings: elements, attributes, escaping. No styles: colours belong to the style sheet."""

from __future__ import annotations

from html import escape

Attribute = str | float | None


def element(name: str, *inside: str, **attributes: Attribute) -> str:
    """One element; attribute names have `_` for `-`, a leading `_` is dropped (`_class`); values are escaped.

    `inside` is markup already: give text through `text`.

    >>> element("g", text("a<b"), _class='"x"', stroke_width=1.0)
    '<g class="&quot;x&quot;" stroke-width="1">a&lt;b</g>'
    """
    written = "".join(
        f' {key.removeprefix("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def text(content: object) -> str:
    """Escaped character data, without what XML forbids."""
    return escape("".join(char if char >= " " or char == "\n" else " " for char in str(content)))


def label(x: float, y: float, content: object, kind: str, anchor: str = "start") -> str:
    """A line of text."""
    return element("text", text(content), x=x, y=y, _class=kind, text_anchor=anchor)


def path(points: list[tuple[float, float] | None], kind: str) -> str:
    """A line through the points, interrupted where there is None; a lone point becomes a dot."""
    pieces: list[str] = []
    dots: list[str] = []
    run: list[tuple[float, float]] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
        elif run:
            if len(run) == 1:
                dots.append(element("circle", cx=run[0][0], cy=run[0][1], r=1.5, _class=f"{kind} dot"))
            else:
                pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run))
            run = []
    line = element("path", d="".join(pieces), _class=kind) if pieces else ""
    return line + "".join(dots)


def _value(value: Attribute) -> str:
    if isinstance(value, str):
        return escape("".join(char if char >= " " else " " for char in value))
    return f"{value:.2f}".rstrip("0").rstrip(".")
