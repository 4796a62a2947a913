"""Rules: which detector watches which signal, and what a finding of it is called.

Reads and checks `rules:` of YAML files (packs `it`, `model`, `llm`, or paths). A rule is data; how its signal is
evaluated stands in `plan`, how its findings ripen in `watch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from aiops import plugins
from aiops.config import Duration, Strict, parse, read_yaml
from aiops.detect.expression import Expression, buckets, entities
from aiops.detect.expression import parse as parse_signal
from aiops.detect.summary import EXAMPLE, TOLD, check, fill, quantity
from aiops.errors import ConfigError
from aiops.types import Labels

PACKS = ("it", "model", "llm")
DIRECTIONS = {"up": 1.0, "down": -1.0, "both": 0.0}


class Rule(Strict):
    """One entry of a rule file."""

    alert: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    status: Literal["stable", "experimental"] = "stable"
    world: Literal["it", "model", "llm"]
    signal: str
    total: str = ""
    detector: dict[str, Any]
    threshold: float = Field(6.0, gt=0, le=30)
    for_: Duration = Field(0.0, alias="for")
    keep_firing_for: Duration = 300.0
    severity: Literal["page", "info"] = "page"
    labels: dict[str, str] = Field(default_factory=dict)
    runbook: str = ""
    summary: str = ""
    unit: str = ""
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()

    @field_validator("signal", "total")
    @classmethod
    def _readable(cls, text: str) -> str:
        if text:
            parse_signal(text)
        return text

    @field_validator("detector")
    @classmethod
    def _known(cls, settings: dict[str, Any]) -> dict[str, Any]:
        try:
            found = plugins.load("aiops.detectors", str(settings.get("type")))
        except ConfigError as error:
            raise ValueError(str(error)) from None  # so that file and place are told with it
        for name, value in settings.items():
            if name == "type":
                continue
            if name not in found.parameters:
                raise ValueError(f"{settings['type']} has no parameter {name!r}; known: {', '.join(found.parameters)}")
            parameter(name, value)
        return settings

    @model_validator(mode="after")
    def _tellable(self) -> Self:
        told = [field for field, method in TOLD.items() if hasattr(self._detector, method)]
        check(self.summary, self.expression, told)
        return self

    @property
    def _detector(self) -> Any:
        return plugins.load("aiops.detectors", str(self.detector["type"]))

    @property
    def expression(self) -> Expression:
        """The signal; its buckets as one where the detector takes histograms, an entity's series where it joins.

        Raises
        ------
        ValueError : buckets that are no counts of one column, or without their bounds; entities of no bare selector.
        """
        found = parse_signal(self.signal)
        if getattr(self._detector, "joins", False):
            return entities(found, self._detector.inputs)
        return buckets(found, self._detector.inputs // 2) if self._detector.inputs > 2 else found

    @property
    def parameters(self) -> dict[str, float]:
        """What the detector's columns are filled with."""
        return {name: parameter(name, value) for name, value in self.detector.items() if name != "type"}

    def describe(self, labels: Labels, value: float, expected: float, told: str = "") -> str:
        """Fill `{{ entity }}`, `{{ value }}`, `{{ expected }}`, labels, and what else was told, into the summary."""
        numbers = {
            "entity": labels.entity,
            "value": quantity(value, self.unit),
            "expected": quantity(expected, self.unit),
            "example": EXAMPLE,
            **dict.fromkeys(TOLD, told),
        }
        return fill(self.summary or f"{self.alert} on {{{{ entity }}}}", {**labels.as_dict(), **numbers})


def parameter(name: str, value: Any) -> float:
    """`up` -> 1, `4h` -> seconds, a number as it is.

    Raises
    ------
    ValueError : neither.
    """
    if name == "direction":
        if value not in DIRECTIONS:
            raise ValueError(f"direction is up, down or both, not {value!r}")
        return DIRECTIONS[value]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{name}: {value!r} is no number")
    if isinstance(value, str):
        from aiops.config import seconds

        return seconds(value)
    return float(value)


def load_rules(names: Iterable[str]) -> list[Rule]:
    """Read packs and files, in the order given.

    Raises
    ------
    ConfigError : names file, rule and value; two rules with one id.
    """
    rules: list[Rule] = []
    origin: dict[str, str] = {}
    for file in rule_files(names):
        for rule in _read(file):
            if rule.id in origin:
                raise ConfigError(f"the id is used by {origin[rule.id]} already", file=str(file), value=rule.id)
            origin[rule.id] = str(file)
            rules.append(rule)
    return rules


def rule_files(names: Iterable[str]) -> list[Path]:
    """The YAML files behind packs, folders and paths.

    Raises
    ------
    ConfigError : nothing is there.
    """
    found: list[Path] = []
    for name in names:
        place = Path(str(files("detectors") / "rules" / name)) if name in PACKS else Path(name)
        if place.is_dir():
            inside = sorted(place.glob("*.yaml"))
            if not inside:
                raise ConfigError("the folder holds no .yaml file of rules", path="rules", value=name)
            found += inside
        elif place.is_file():
            found.append(place)
        else:
            raise ConfigError(f"no such rule pack or file; packs: {', '.join(PACKS)}", path="rules", value=name)
    return found


def _read(file: Path) -> list[Rule]:
    content = read_yaml(file)
    if not isinstance(content, Mapping) or not isinstance(content.get("rules"), list):
        raise ConfigError("a rule file holds a list `rules:`", file=str(file))
    if unknown := set(content) - {"rules", "tests"}:
        raise ConfigError(f"unknown key {sorted(unknown)[0]!r}; known: rules, tests", file=str(file))
    return [parse(Rule, raw, file=str(file), path=f"rules.{i}") for i, raw in enumerate(content["rules"])]
