"""Writes docs/reference.md: every command, key, detector, rule and runbook, read from the code and the catalogue.

    python -m docs.generate [--check]

With `--check` nothing is written; 1 = the file is not what the code says. The reference holds facts only; what to do
with them stands in README.md.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import msgspec
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from aiops.cli import cli
from aiops.config import Config, read_yaml, seconds
from aiops.daemon.assemble import shipped_runbooks
from aiops.decode.sniff import FORMATS
from aiops.detect.rule import PACKS, load_rules
from aiops.plugins import load
from aiops.types import AnyEvent

OUT = Path(__file__).parent / "reference.md"
TYPES = {"str": "text", "int": "integer", "float": "number", "bool": "true or false", "Path": "path", "Any": "any"}
COMPONENTS = (
    ("Sources", "aiops.sources", "sources.NAME"),
    ("Receivers", "aiops.notifiers", "receivers.NAME"),
    ("Actions", "aiops.actions", "with"),
)
OURS = ("aiops.", "detectors.")


def document() -> str:
    """The whole reference."""
    parts = [
        "# Reference\n\nWritten by `make docs` from the code; edits here are lost.",
        "## Commands", *commands(cli, ()),
        "## Configuration: `aiops.yaml`", table(["key", "type", "default"], keys(Config, "")), *components(),
        "## Formats",
        "Told from the bytes, or fixed for a topic:\n\n" + ", ".join(f"`{name}`" for name in sorted(FORMATS) if name),
        "## Records",
        "Of [recordings](recordings.md) and, with a field `type`, of Kafka; what must be there in bold.",
        table(["type", "fields"], records()),
        "## Detectors", table(["type", "parameter", "default"], detectors()),
        "## Rules", *(rules(pack) for pack in PACKS),
        "## Runbooks", table(["name", "matches", "steps", "does"], runbooks()),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def records() -> Iterator[list[str]]:
    """Events as their types have them."""
    for kind in sorted(typing.get_args(AnyEvent), key=lambda one: str(one.__struct_config__.tag)):
        # `said` is made by ourselves, of texts that are let go.
        fields = [one for one in msgspec.structs.fields(kind) if one.name != "said"]
        told = [f"**`{one.name}`**" if one.required else f"`{one.name}`" for one in fields]
        yield [f"`{kind.__struct_config__.tag}`", ", ".join(told)]


def table(header: list[str], rows: Iterable[list[str]]) -> str:
    cells = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[str]:
    """What a command does and takes, and those below it; not click's own page, which its versions lay out anew."""
    if path:
        yield f"### `{' '.join(('aiops', *path))}`"
        text, _, example = (command.help or "").partition("Example: ")
        yield " ".join(text.split())
        yield f"```sh\n{example.strip()}\n```"
        if rows := [parameter(one) for one in command.params]:
            yield table(["argument or option", "meaning", "default"], rows)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


def parameter(one: click.Parameter) -> list[str]:
    if isinstance(one, click.Argument):
        return [f"`{(one.name or '').upper()}`", "several" if one.nargs < 0 else "", ""]
    assert isinstance(one, click.Option)
    choices = ", ".join(f"`{value}`" for value in one.type.choices) if isinstance(one.type, click.Choice) else ""
    shown = one.default if isinstance(one.default, str | int | float | Path) and not one.is_flag else ""
    return [", ".join(f"`{name}`" for name in one.opts), one.help or choices, f"`{shown}`" if shown != "" else ""]


def keys(model: type[BaseModel], prefix: str) -> Iterator[list[str]]:
    """One row a key; settings within settings are written with dots."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner = [one for one in models(field.annotation) if one is not model]
        if field.annotation not in inner:
            yield [f"`{path}`", kind(field.annotation, field.metadata), default(field)]
        several = typing.get_origin(field.annotation) in (tuple, list)
        for one in inner:
            yield from keys(one, f"{path}[]." if several else f"{path}.")


def models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in typing.get_args(annotation) for found in models(part)]


def kind(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """A type as a user would say it."""
    if any(getattr(one, "func", None) is seconds for one in metadata):
        return "duration"
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind(inner[0], inner[1:])
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind(one) for one in inner if one is not type(None)))
    if annotation == dict[str, dict[str, Any]]:
        return "mapping of names to settings, below"
    if origin is dict:
        return f"mapping to {kind(inner[1])}"
    if origin in (tuple, list, frozenset):
        return f"list of {kind(inner[0])}"
    if annotation is SecretStr:
        return "secret"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "settings"
    return TYPES.get(getattr(annotation, "__name__", ""), getattr(annotation, "__name__", str(annotation)))


def default(field: FieldInfo) -> str:
    """As it would be written in YAML."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if kind(field.annotation, field.metadata) == "duration" and value is not None:
        return f"`{span(value)}`"
    if value is None or value in ("", (), {}, []) or isinstance(value, SecretStr):
        return ""
    if isinstance(value, tuple | list):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def span(value: float) -> str:
    """Seconds as one writes them.

    >>> span(86_400.0), span(90.0), span(0.5)
    ('1d', '90s', '0.5s')
    """
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if value >= length and value % length == 0:
            return f"{value / length:g}{unit}"
    return f"{value:g}s"


def registered(group: str) -> list[str]:
    """Names of what this project itself registers."""
    return sorted({one.name for one in entry_points(group=group) if one.value.startswith(OURS)})


def components() -> Iterator[str]:
    for title, group, path in COMPONENTS:
        yield f"### {title}"
        for name in registered(group):
            rows = list(keys(load(group, name).Config, ""))
            yield f"`{path}: {{type: {name}}}`" if path != "with" else f"`action: {name}`, `with:`"
            yield table(["key", "type", "default"], rows) if rows else "No settings."


def detectors() -> Iterator[list[str]]:
    for name in registered("aiops.detectors"):
        found = load("aiops.detectors", name).parameters
        for parameter, value in found.items():
            yield [f"`{name}`", f"`{parameter}`", f"`{value:g}`"]
        if not found:
            yield [f"`{name}`", "", ""]


def rules(pack: str) -> str:
    rows = [
        [f"`{one.id}`", one.severity, str(one.detector["type"]), one.summary, " ".join(one.falsepositives)]
        for one in load_rules([pack])
    ]
    return f"### {pack}\n\n" + table(["rule", "severity", "detector", "says", "may be wrong when"], rows)


def runbooks() -> Iterator[list[str]]:
    for file in sorted(shipped_runbooks().rglob("*.yaml")):
        content = read_yaml(file)
        match = "; ".join(f"{key} {_words(value)}" for key, value in content["match"].items())
        yield [
            f"`{content['name']}`", match, ", ".join(step["action"] for step in content["steps"]),
            content.get("description", ""),
        ]  # fmt: skip


def _words(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def main(arguments: list[str]) -> int:
    """Write or compare; 1 = they differ."""
    text = document()
    if arguments == ["--check"]:
        same = OUT.exists() and OUT.read_text(encoding="utf-8") == text
        print(f"{OUT.name} is what the code says" if same else f"{OUT.name} is out of date: make docs")
        return 0 if same else 1
    OUT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
