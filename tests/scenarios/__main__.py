"""Play stories and print what Slack showed in the end: `python -m tests.scenarios retailer dear_prompt`.

Parameters are the company (carrier, retailer, insurer) and stories of it by name, none = all.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

from tests.scenarios import insurance_stories, retail_stories, stories
from tests.scenarios.insurer import INSURER
from tests.scenarios.judge import faults
from tests.scenarios.parcels import PARCELS
from tests.scenarios.retailer import RETAILER
from tests.scenarios.road import play, warm
from tests.scenarios.trouble import Scenario

COMPANIES = {
    "carrier": (PARCELS, stories),
    "retailer": (RETAILER, retail_stories),
    "insurer": (INSURER, insurance_stories),
}


def readable(shown: str) -> Iterator[str]:
    """Lines of a message, as somebody reads them; buttons in brackets."""
    for block in json.loads(shown)[1]:
        texts = [block["text"]] if "text" in block else block.get("elements", [])
        buttons = block["type"] == "actions"
        found = [str(one["text"]["text"]) if buttons else str(one["text"]) for one in texts]
        yield " ".join(f"[{one}]" for one in found) if buttons else "\n".join(_plain(one) for one in found)


def _plain(text: str) -> str:
    """Marks, links and dates as they look."""
    dated = re.sub(r"<!date\^(\d+)\^[^>]*>", lambda found: f"{datetime.fromtimestamp(int(found[1]), UTC):%H:%M}", text)
    linked = re.sub(r"<[^|>]*\|([^>]*)>", r"\1", dated)
    return linked.replace("*", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def main(company: str, names: list[str]) -> None:
    """Print each story's message, what is wrong with it, and what it took."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    world, told = COMPANIES[company]
    every = {name.lower(): one for name, one in vars(told).items() if isinstance(one, Scenario)}
    with tempfile.TemporaryDirectory() as folder:
        morning = warm(world, Path(folder) / "morning")
        for name in names or sorted(every):
            began = time.process_time()
            seen = play(every[name], morning, Path(folder) / name)
            print(f"== {name}: {every[name].name} ({time.process_time() - began:.1f} CPU s)")
            for shown in seen.posts.values():
                print("\n".join(readable(shown)))
            print("\n".join(faults(every[name], seen)) or "as it should be", "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
