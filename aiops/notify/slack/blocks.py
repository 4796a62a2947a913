"""A message as Block Kit, within its limits.

Limits: 50 blocks, 150 characters in a header, 3,000 in a section, 75 in a button, 25 buttons; over all blocks Slack
breaks near 13,000 characters (not documented), so all parts together stay below 12,500. What does not fit is cut at a
line and said to be cut. Text is data: `&`, `<` and `>` are escaped, so no log line can mention a channel or forge a
link, and `verbatim` keeps Slack from making links of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from aiops.respond.message import WORDS, Button, Message
from aiops.types import Json

HEADER = 150
CONTEXT = 500
LINE = 600
BUTTONS = 25
SIGNS = {"firing": "🔴", "acknowledged": "🟡", "resolved": "🟢"}


def blocks(message: Message) -> list[Json]:
    """Lay `message` out."""
    found: list[Json] = [{"type": "header", "text": _plain(_header(message), HEADER)}, _context([_summary(message)])]
    found += _section("Probable cause", _causes(message), 2_400)
    found += _section("Findings", _findings(message), 2_400)
    found += _section("Changes", _changes(message), 1_500)
    found += _section("Timeline", [f"{_time(at)} {escape(what)}" for at, what in message.timeline], 1_500)
    found += _section("Response", _response(message), 1_500)
    if message.buttons:
        elements = [_button(button, i) for i, button in enumerate(message.buttons[:BUTTONS])]
        found.append({"type": "actions", "block_id": "respond", "elements": elements})
    if message.link:
        found.append(_context([f"<{escape(message.link)}|Open the incident> · {escape(message.incident_id)}"]))
    return found


def text(message: Message) -> str:
    """What a telephone shows; an edit may hold 4,000 bytes at most."""
    return escape(_cut(message.text, 500))


def escape(raw: str) -> str:
    """Make `raw` mean itself in mrkdwn.

    >>> escape("<!channel> a & b")
    '&lt;!channel&gt; a &amp; b'
    """
    return raw.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _header(message: Message) -> str:
    return f"{SIGNS.get(message.status, '')} {message.headline}".strip()


def _summary(message: Message) -> str:
    parts = [
        f"*{WORDS.get(message.status, escape(message.status))}*",
        escape(message.severity),
        escape(", ".join(message.worlds)),
        f"since {_time(message.started)}",
    ]
    if message.resolved is not None:
        parts.append(f"until {_time(message.resolved)}")
    return " · ".join(part for part in parts if part)


def _causes(message: Message) -> Iterable[str]:
    for cause in message.causes:
        what = f" · {escape(cause.what)}" if cause.what else ""
        yield f"*{escape(cause.entity)}* {cause.percent} %{what}"
        yield from (f"• {escape(line)}" for line in cause.evidence)


def _findings(message: Message) -> Iterable[str]:
    for one in message.findings:
        numbers = f" {one.value}" + (f", usually {one.expected}" if one.expected else "") if one.value else ""
        over = f" (until {_time(one.ended)})" if one.ended is not None else ""
        yield escape(f"{one.entity} · {one.alert}:{numbers}" if numbers else f"{one.entity} · {one.alert}") + over
    if message.more_findings:
        yield f"… and {message.more_findings} more"


def _changes(message: Message) -> Iterable[str]:
    for change in message.changes:
        yield f"*{escape(change.id)}* {change.percent} % · {escape(change.what)}"
        yield from (f"• {escape(line)}" for line in change.evidence)


def _response(message: Message) -> Iterable[str]:
    yield from (escape(note) for note in message.notes)
    for run in message.runbooks:
        where = f" on {run.target}" if run.target else ""
        yield f"Runbook {escape(run.runbook + where)}: *{escape(run.state)}*"


def _section(title: str, lines: Iterable[str], limit: int) -> list[Json]:
    """One section of as many whole lines as fit; none if there are no lines."""
    used, kept, left_out = len(title) + 2, [f"*{title}*"], 0
    for line in lines:
        line = _cut_markup(line, LINE)
        if used + len(line) + 1 > limit - 20:
            left_out += 1
            continue
        kept.append(line)
        used += len(line) + 1
    if left_out:
        kept.append(f"… {left_out} lines more")
    if len(kept) == 1:
        return []
    return [{"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(kept), "verbatim": True}}]


def _context(lines: list[str]) -> Json:
    elements = [{"type": "mrkdwn", "text": _cut_markup(line, CONTEXT), "verbatim": True} for line in lines]
    return {"type": "context", "elements": elements}


def _button(button: Button, index: int) -> Json:
    shape: Json = {
        "type": "button",
        # Unique within its block; the position tells two proposals apart.
        "action_id": f"{button.action}:{index}",
        "text": _plain(button.label, 75),
        "value": button.value[:2_000],
    }
    if button.style:
        shape["style"] = button.style
    if button.confirm:
        shape["confirm"] = {
            "title": _plain("Are you sure?", 100),
            "text": _plain(button.confirm, 200),
            "confirm": _plain("Yes", 30),
            "deny": _plain("No", 30),
        }
    return shape


def _plain(raw: str, limit: int) -> Json:
    return {"type": "plain_text", "text": _cut(raw, limit) or "-", "emoji": True}


def _cut(raw: str, limit: int) -> str:
    flat = " ".join(raw.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _cut_markup(line: str, limit: int) -> str:
    """Cut one escaped line, never inside an entity such as `&amp;`."""
    flat = " ".join(line.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    begun = cut.rfind("&", max(0, len(cut) - 5))
    return (cut[:begun] if begun >= 0 and ";" not in cut[begun:] else cut) + "…"


def _time(at: float) -> str:
    """In the reader's own time zone, as Slack offers it."""
    utc = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{at:.0f}^{{date_short_pretty}} {{time}}|{utc}>"
