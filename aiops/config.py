"""What the user writes in `aiops.yaml`, checked; every default stands here and nowhere else.

Reading refuses YAML aliases (306 bytes can expand to millions of nodes) and files above 1 MiB, expands
`${VAR}` and `${file:/path}` in any value, and names file, path, value and the nearest known key of a mistake.
Components (sources, receivers) are checked by their own `Config`, found through `plugins`.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from aiops import plugins
from aiops.errors import ConfigError

LARGEST_FILE = 2**20
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_VARIABLE = re.compile(r"\$\{(file:)?([^}]+)\}")


def seconds(value: object) -> float:
    """`15s`, `1h30m`, `14d` or a number of seconds -> seconds.

    >>> seconds("1h30m")
    5400.0
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip()
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration: write 15s, 5m, 2h or 14d")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


Model = TypeVar("Model", bound=BaseModel)
Duration = Annotated[float, BeforeValidator(seconds), Field(ge=0, allow_inf_nan=False)]


def _address(value: object) -> object:
    host, _, port = str(value).rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ValueError("write HOST:PORT")
    return value


Listen = Annotated[str, BeforeValidator(_address)]


def _off(value: object) -> object:
    """YAML 1.1 reads a bare `off` as false."""
    return "off" if value is False else value


class Strict(BaseModel):
    """A model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Budget(Strict):
    """`weekly_summary`: once a week the default receiver is told what became of the budget."""

    false_pages_per_week: float = Field(2.0, gt=0, le=1000)
    weekly_summary: bool = True


class Route(Strict):
    """Alertmanager's routing tree: the first child that matches wins, unless it says `continue`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    receiver: str = ""
    match: dict[str, str | tuple[str, ...]] = {}
    group_wait: Duration | None = None
    repeat_interval: Duration | None = None
    go_on: bool = Field(False, alias="continue")
    routes: tuple[Route, ...] = ()


class Inhibit(Strict):
    """A firing incident that matches `source` mutes those that match `target` and agree on `equal`."""

    source: dict[str, str]
    target: dict[str, str]
    equal: tuple[str, ...] = ()


def _minutes(value: object) -> int:
    """`22:30`, which YAML 1.1 may read as a number in base 60, as minutes after midnight."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1440:
        return value
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)", str(value).strip())
    if found is None or int(found[1]) * 60 + int(found[2]) > 1440:
        raise ValueError(f"{value!r} is no time of day: write 22:30")
    return int(found[1]) * 60 + int(found[2])


def _zone(value: object) -> object:
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{value!r} is no time zone: write Europe/Berlin or UTC") from None
    return value


Minutes = Annotated[int, BeforeValidator(_minutes)]
Zone = Annotated[str, BeforeValidator(_zone)]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Maintenance(Strict):
    """A window that comes back: what matches pages nobody in it, and nothing is learnt from it.

    The day on which it begins is any that `weekdays`, `monthdays` (-1 = the last) or `dates` name; every day if none
    does. `ends` at or before `begins` is on the day after.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    match: dict[str, str | tuple[str, ...]] = Field(min_length=1)
    weekdays: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    monthdays: tuple[Annotated[int, Field(ge=-31, le=31)], ...] = ()
    dates: tuple[date, ...] = ()
    begins: Minutes = 0
    ends: Minutes = 1440
    timezone: Zone | None = None

    @field_validator("monthdays")
    @classmethod
    def _no_day_zero(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if 0 in days:
            raise ValueError("the days of a month are 1 to 31, or -1 for the last")
        return days


class Runbooks(Strict):
    paths: tuple[str, ...] = ()
    mode: Annotated[Literal["off", "dry_run", "approve", "auto"], BeforeValidator(_off)] = "approve"


class Egress(Strict):
    allow: tuple[str, ...] = ()


class Auth(Strict):
    """Who may use the pages: a bearer token or name and password, each with a role."""

    tokens: dict[str, SecretStr] = {}
    users: dict[str, SecretStr] = {}
    roles: dict[str, Literal["viewer", "operator", "approver"]] = {}


class Web(Strict):
    listen: Listen = "127.0.0.1:8787"
    external_url: str = ""
    auth: Auth = Auth()

    @model_validator(mode="after")
    def _closed_door(self) -> Web:
        host = self.listen.rpartition(":")[0].strip("[]")
        try:
            loopback = ipaddress.ip_address(host).is_loopback
        except ValueError:
            loopback = host == "localhost"
        if not loopback and not (self.auth.tokens or self.auth.users):
            raise ValueError(f"{host} is reachable from outside: configure web.auth, or listen on 127.0.0.1")
        return self


class Explain(Strict):
    keep: Duration = 86_400.0


class Limits(Strict):
    series: int = Field(150_000, ge=1)
    series_per_metric: int = Field(20_000, ge=1)
    deep_slots: int = Field(20_000, ge=0)
    joint_entities: int = Field(300, ge=0)
    record_bytes: int = Field(16 * 2**20, ge=1024)


Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class LongPrice(Strict):
    """USD per million tokens of calls whose prompt holds more than `above` tokens."""

    above: int = Field(ge=1)
    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_write: Dollars | None = None


class ModelPrice(Strict):
    """USD per million tokens of a model, by `model` or `provider/model`; wins over the shipped price."""

    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_write: Dollars | None = None
    long: LongPrice | None = None
    batch: float | None = Field(None, gt=0, le=1)
    """Share of the price that the batch tier costs."""


class Allowance(Strict):
    """What language models may cost a day, week or month; a call counts where it fits all of `match`."""

    limit: float = Field(gt=0, allow_inf_nan=False)
    unit: Literal["usd", "tokens"] = "usd"
    per: Literal["day", "week", "month"] = "month"
    match: dict[Literal["service", "model", "provider", "team", "route", "prompt_version"], str | tuple[str, ...]] = {}


class ModelReference(Strict):
    """What a model's rows are compared with: a file instead of its first rows, one reference for each hour of the week.

    The others name columns of the file that are not called like their role; all columns without a role are features.
    """

    reference: Path | None = None
    seasonal: bool = False
    timestamp: str | None = None
    prediction: str | None = None
    proba: str | None = None
    label: str | None = None
    group: str | None = None

    @model_validator(mode="after")
    def _of_a_file(self) -> ModelReference:
        if self.columns and self.reference is None:
            raise ValueError(f"{next(iter(self.columns))} names a column of the file `reference`, which is not given")
        return self

    @property
    def columns(self) -> dict[str, str]:
        """Role -> column, of those that were given."""
        roles = ("timestamp", "prediction", "proba", "label", "group")
        return {role: name for role in roles if (name := getattr(self, role)) is not None}


class Config(Strict):
    """The whole of `aiops.yaml`."""

    budget: Budget = Budget()
    step: Duration = 15.0
    lateness: Duration = 10.0
    timezone: Zone = "UTC"
    commit_interval: Duration = 5.0
    state_dir: Path = Path("aiops-state")
    store: str = "sqlite"
    sources: dict[str, dict[str, Any]] = {}
    rules: tuple[str, ...] = ("it", "model", "llm")
    topology: Path | None = None
    receivers: dict[str, dict[str, Any]] = {}
    route: Route = Route()
    inhibit: tuple[Inhibit, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    runbooks: Runbooks = Runbooks()
    egress: Egress = Egress()
    web: Web = Web()
    explain: Explain = Explain()
    prices: dict[str, ModelPrice] = {}
    allowances: dict[str, Allowance] = Field({}, max_length=100)
    models: dict[str, ModelReference] = {}
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _coherent(self) -> Config:
        if not 1 <= self.step <= 3600:
            raise ValueError("step must lie between 1s and 1h")
        if self.store != "sqlite":
            raise ValueError("store: only sqlite is built so far")
        if wrong := [name for name, one in self.sources.items() if not _fits(name, one)]:
            raise ValueError(f"a source cannot be named {wrong[0]!r}: no `/`; `push` is for type otlp")
        known = ", ".join(self.receivers) or "none is configured"
        for name, one in self.receivers.items():
            if one.get("fallback") and one["fallback"] not in self.receivers:
                raise ValueError(f"{name} names the fallback {one['fallback']!r}; known: {known}")
        for route in routes(self.route):
            if route.receiver and route.receiver not in self.receivers:
                raise ValueError(f"route names the receiver {route.receiver!r}; known: {known}")
        if self.receivers and not self.route.receiver:
            raise ValueError(f"route.receiver is missing; known: {known}")
        return self


def _fits(name: str, settings: Mapping[str, Any]) -> bool:
    """Whether partitions of a source of that name are told from those of others, and from what the pages take in."""
    return (
        name != ""
        and "/" not in name
        and not name.startswith("_")
        and (name != "push" or settings.get("type") == "otlp")
    )


def routes(route: Route) -> list[Route]:
    """A route and all below it."""
    return [route, *(deeper for child in route.routes for deeper in routes(child))]


class _Loader(yaml.SafeLoader):
    """Safe, and without aliases; a key given twice is an error."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key if isinstance(key, str) else str(key))
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Parse one YAML file safely.

    Raises
    ------
    ConfigError : unreadable, too large, with aliases, or not YAML.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"larger than {LARGEST_FILE} bytes", file=str(path))
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        said = " ".join(str(error).split()).replace(' in "<unicode string>",', " in")
        raise ConfigError(f"no valid YAML: {said}", file=str(path)) from error


def load(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read, expand and check `aiops.yaml`; relative paths are taken from its folder.

    Raises
    ------
    ConfigError : with file, path, value and what to do.
    """
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError("must be a mapping of settings, such as `sources:`", file=str(path))
    expanded = _expand(raw, os.environ if environment is None else environment, str(path), "")
    config = parse(Config, expanded, file=str(path))
    base = path.resolve().parent
    topology = base / config.topology if config.topology else None
    runbooks = config.runbooks.model_copy(update={"paths": tuple(str(base / one) for one in config.runbooks.paths)})
    state_dir = base / config.state_dir
    rules = tuple(one if one in Config().rules else str(base / one) for one in config.rules)
    models = {
        name: one.model_copy(update={"reference": base / one.reference if one.reference else None})
        for name, one in config.models.items()
    }
    update = {"topology": topology, "state_dir": state_dir, "rules": rules, "runbooks": runbooks, "models": models}
    config = config.model_copy(update=update)
    for section, group in (("sources", "aiops.sources"), ("receivers", "aiops.notifiers")):
        for name, settings in getattr(config, section).items():
            component(group, settings, file=str(path), path=f"{section}.{name}")
    return config


def component(group: str, settings: Mapping[str, Any], *, file: str = "", path: str = "") -> tuple[type[Any], Any]:
    """Find the class of one source or receiver and check its settings.

    Returns
    -------
    the class and its `Config` instance.
    """
    kind = settings.get("type")
    if not isinstance(kind, str):
        raise ConfigError(f"`type` is missing; known: {', '.join(plugins.names(group))}", file=file, path=path)
    found = plugins.load(group, kind, path=f"{file}: {path}.type" if file else f"{path}.type")
    rest = {key: value for key, value in settings.items() if key != "type"}
    return found, parse(found.Config, rest, file=file, path=path)


def parse(model: type[Model], raw: Any, *, file: str = "", path: str = "") -> Model:
    """Check `raw` against a pydantic model; the first mistake becomes a `ConfigError`."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        # A misspelt key explains the missing one.
        mistakes = error.errors(include_url=False)
        first = next((one for one in mistakes if one["type"] == "extra_forbidden"), mistakes[0])
        where = ".".join([part for part in (path, *map(str, first["loc"])) if part])
        if first["type"] == "extra_forbidden":
            raise ConfigError(
                _unknown(str(first["loc"][-1]), _keys_at(model, first["loc"])), file=file, path=where
            ) from None
        message = first["msg"].removeprefix("Value error, ")
        shown = first.get("input")
        harmless = isinstance(shown, str | int | float) and "secret" not in where and "token" not in where
        raise ConfigError(message, file=file, path=where, value=shown if harmless else None) from None


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, 1, 0.5)
    return f"unknown key; did you mean {near[0]!r}?" if near else f"unknown key; known: {', '.join(known)}"


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Known keys of the model that the last part of `location` was written into."""
    here: type[BaseModel] = model
    for part in location[:-1]:
        field = next((f for n, f in here.model_fields.items() if part in (n, f.alias)), None)
        for candidate in _models(field.annotation if field else None):
            here = candidate
    return sorted(str(field.alias or name) for name, field in here.model_fields.items())


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in getattr(annotation, "__args__", ()) for found in _models(inner)]


def _expand(node: Any, environment: Mapping[str, str], file: str, path: str) -> Any:
    if isinstance(node, dict):
        return {key: _expand(value, environment, file, f"{path}.{key}".lstrip(".")) for key, value in node.items()}
    if isinstance(node, list):
        return [_expand(value, environment, file, f"{path}.{i}") for i, value in enumerate(node)]
    if not isinstance(node, str) or "${" not in node:
        return node

    def value_of(match: re.Match[str]) -> str:
        from_file, name = match.groups()
        if from_file:
            try:
                return Path(name).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigError(f"{name} cannot be read: {error.strerror}", file=file, path=path) from error
        if name not in environment:
            raise ConfigError(f"the environment variable {name} is not set", file=file, path=path)
        return environment[name]

    return _VARIABLE.sub(value_of, node)
