"""A runbook as the user writes it: one YAML file, checked to the last name before anything can happen.

Reading is strict because a runbook acts on production: unknown keys, unknown actions and unknown names in `{{ }}` are
errors that name file and path. A parameter without pattern or list admits an ordinary name and nothing else.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from aiops.config import Duration, Strict, parse, read_yaml
from aiops.detect import expression
from aiops.errors import ConfigError
from aiops.respond import template

SOURCES = (
    "cause.entity", "cause.host", "cause.metric", "cause.kind", "incident.entity", "incident.world", "change.id",
    "change.entity",
)  # fmt: skip
ORDINARY_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
Actions = Mapping[str, type[Any] | None]
_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"


class Written(Strict):
    """A model some of whose keys are Python's words."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Parameter(Written):
    """A value that steps may use, and what it may look like.

    `from` is one of `SOURCES` or `label.<name>`, a label of the first finding that has it: of those about the first
    cause, then of those whose alert the runbook is for.
    """

    source: str = Field("", alias="from")
    value: str | None = None
    default: str | None = None
    pattern: str = ""
    enum: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _usable(self) -> Parameter:
        if bool(self.source) == (self.value is not None):
            raise ValueError("give either `from` or `value`")
        if self.source and self.source not in SOURCES and not re.fullmatch(r"label\.\w+", self.source):
            near = difflib.get_close_matches(self.source, SOURCES, 1)
            raise ValueError(
                f"unknown `from`; {f'did you mean {near[0]}?' if near else 'known: ' + ', '.join(SOURCES)}"
            )
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"`pattern` is no regular expression: {error}") from None
        return self

    def admits(self, value: str) -> bool:
        """Tell whether `value` may be used: in `enum` if there is one, and wholly of `pattern`."""
        if self.enum and value not in self.enum:
            return False
        pattern = self.pattern or ("" if self.enum else ORDINARY_NAME)
        return not pattern or (len(value) <= 1_024 and re.fullmatch(pattern, value) is not None)


def _approval(raw: object) -> object:
    if raw in ("none", "required"):
        return {"needed": raw == "required"}
    if isinstance(raw, Mapping):
        return raw
    raise ValueError("write none, required, or {roles: [...], count: 1, expires: 15m}")


class Approval(Strict):
    """Who has to agree. `roles` empty = anybody who may operate; `count` = different people."""

    needed: bool = True
    roles: tuple[str, ...] = ()
    count: int = Field(1, ge=1, le=10)
    expires: Duration = 900.0


class Verify(Strict):
    """`signal` has to lie below (above) within a stretch of event time."""

    signal: str = Field(min_length=1)
    below: float | None = None
    above: float | None = None
    within: Duration = 300.0

    @model_validator(mode="after")
    def _bounded(self) -> Verify:
        if self.below is None and self.above is None:
            raise ValueError("give `below` or `above`")
        return self


class Act(Written):
    """One call of one action."""

    action: str = Field(min_length=1)
    settings: dict[str, Any] = Field({}, alias="with")
    timeout: Duration = Field(30.0, gt=0, le=3_600)


class Step(Act):
    name: str = Field("", pattern=r"^[\w .:-]{0,80}$")
    when: str = ""
    retries: int = Field(0, ge=0, le=10)
    idempotent: Literal["key", "probe", "never"] = "never"
    verify: Verify | None = None
    rollback: Act | None = None


class Runbook(Strict):
    """What to do about which incidents."""

    name: str = Field(pattern=_NAME)
    description: str = ""
    match: dict[str, str | tuple[str, ...]] = Field(min_length=1)
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    approval: Annotated[Approval, BeforeValidator(_approval)] = Approval()
    cooldown: Duration = 600.0
    max_targets: int = Field(1, ge=1)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=50)

    @field_validator("parameters")
    @classmethod
    def _named(cls, parameters: dict[str, Parameter]) -> dict[str, Parameter]:
        for name in parameters:
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                raise ValueError(f"{name!r} is no name: letters, digits and _")
        return parameters


def read(path: Path, actions: Actions) -> Runbook:
    """Read and check one file.

    Parameters
    ----------
    actions : action name -> its class, None = not at hand (its extra is missing), then only the name counts.

    Raises
    ------
    ConfigError : with file, path, value and what to do.
    """
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError("must be a mapping with `name`, `match` and `steps`", file=str(path))
    runbook = parse(Runbook, raw, file=str(path))
    known = (*runbook.parameters, *template.SAFE_FIELDS)
    for i, step in enumerate(runbook.steps):
        _check_act(step, known, actions, str(path), f"steps.{i}")
        if step.rollback:
            _check_act(step.rollback, known, actions, str(path), f"steps.{i}.rollback")
        if step.verify:
            _check_signal(step.verify.signal, known, str(path), f"steps.{i}.verify.signal")
        if step.when:
            _check_when(step.when, known, str(path), f"steps.{i}.when")
    return runbook


def read_all(paths: Iterable[Path], actions: Actions) -> dict[str, Runbook]:
    """Read files, and folders with all `*.yaml` below them, in order of their names.

    Raises
    ------
    ConfigError : a file is wrong or missing, or two runbooks share a name.
    """
    found: dict[str, Runbook] = {}
    for path in paths:
        if not path.exists():
            raise ConfigError("no such file or folder", file=str(path), path="runbooks.paths")
        for file in sorted(path.rglob("*.yaml")) if path.is_dir() else [path]:
            runbook = read(file, actions)
            if runbook.name in found:
                raise ConfigError("another runbook has this name", file=str(file), path="name", value=runbook.name)
            found[runbook.name] = runbook
    return found


def _check_act(act: Act, known: Iterable[str], actions: Actions, file: str, path: str) -> None:
    if act.action not in actions:
        near = difflib.get_close_matches(act.action, actions, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(actions))}"
        raise ConfigError(f"unknown action; {hint}", file=file, path=f"{path}.action", value=act.action)
    _check_names(template.names(act.settings), known, file, f"{path}.with")
    kind = actions[act.action]
    if isinstance(act, Step) and act.idempotent == "probe" and kind is not None and not hasattr(kind, "probe"):
        raise ConfigError(f"{act.action} has no probe; use key or never", file=file, path=f"{path}.idempotent")
    model = kind.Config if kind is not None else None
    if model is not None and not any(True for _ in template.names(act.settings)):
        parse(model, act.settings, file=file, path=f"{path}.with")
    elif model is not None:
        _check_keys(model, act.settings, file, f"{path}.with")


def _check_keys(model: type[BaseModel], settings: Mapping[str, Any], file: str, path: str) -> None:
    """What can be said of settings before their placeholders are filled in."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    for key in settings:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(fields))}"
            raise ConfigError(f"unknown key; {hint}", file=file, path=f"{path}.{key}")
    for key, field in fields.items():
        if field.is_required() and key not in settings:
            raise ConfigError("is required", file=file, path=f"{path}.{key}")


def _check_names(used: Iterable[str], known: Iterable[str], file: str, path: str) -> None:
    allowed = list(known)
    for name in used:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, 1)
            hint = (
                f"did you mean {near[0]!r}?" if near else f"declare it under `parameters`; known: {', '.join(allowed)}"
            )
            raise ConfigError(f"unknown name in {{{{ }}}}; {hint}", file=file, path=path, value=name)


def _check_when(when: str, known: Iterable[str], file: str, path: str) -> None:
    try:
        used = template.comparison_names(when)
    except ValueError as error:
        raise ConfigError(str(error), file=file, path=path) from None
    _check_names(used, known, file, path)


def _check_signal(signal: str, known: Iterable[str], file: str, path: str) -> None:
    _check_names(template.names(signal), known, file, path)
    try:
        expression.parse(template.fill(signal, dict.fromkeys(known, "x")))
    except ValueError as error:
        raise ConfigError(str(error), file=file, path=path) from None
