"""What all pictures share: where they may go, their colours, and how they are saved.

Matplotlib is an extra and takes half a second to load: it is looked for before any work is done, and loaded last.
Equal contents give equal files.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aiops.errors import ConfigError

PICTURES = (".png", ".svg", ".pdf")
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#888888"
PURPLE, INK = "#AA4499", "#222222"
"""Okabe and Ito (2008), told apart by the colour-blind; the purple is Tol's (2021), which is darker than theirs."""


def places(picture: Path, names: Sequence[Path], *, several: bool) -> list[Path]:
    """The file of each picture: one goes where it was told, several into a folder under their names.

    Parameters
    ----------
    names : relative, each of its own; the ending of a picture is added.
    several : whether the input can hold any number, whatever it holds now.

    Raises
    ------
    ConfigError : matplotlib is not installed, or the place fits no picture.
    """
    if find_spec("matplotlib") is None:
        raise ConfigError("a picture needs matplotlib: pip install 'aiops[plot]'")
    if several:
        if picture.suffix in PICTURES or picture.is_file():
            raise ConfigError("there may be several pictures: name a folder for them", file=str(picture))
        return [picture / name.with_name(f"{name.name}.png") for name in names]
    if picture.suffix not in PICTURES:
        raise ConfigError(f"is no name of a picture; it ends in {', '.join(PICTURES)}", file=str(picture))
    return [picture] * len(names)


def blank(width: float, height: float, *, fitted: bool = False) -> Any:
    """A figure of `width` by `height` inches; `fitted`: panels make room for their labels."""
    from matplotlib.figure import Figure  # no window system is asked for

    return Figure(figsize=(width, height), dpi=110, layout="constrained" if fitted else None)


def save(figure: Any, path: Path) -> None:
    """Write it in the format of the file's suffix.

    Raises
    ------
    ConfigError : the place cannot be written.
    """
    from matplotlib import rc_context

    dated = {".svg": "Date", ".pdf": "CreationDate"}.get(path.suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with rc_context({"svg.hashsalt": "aiops", "text.hinting": "no_hinting"}):
            figure.savefig(path, metadata={dated: None} if dated else {})
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", file=str(path)) from None
