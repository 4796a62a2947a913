"""What happened at the insurer, each as an engineer would tell it afterwards."""

from __future__ import annotations

from tests.scenarios.insurer import ASSISTANT, BUILDER, CLAIMS, FRAUD, GPU, INDEX, PORTAL, SERVER
from tests.scenarios.trouble import Altered, Effect, Expected, Line, Scenario

HARMLESS = (Altered(-11.5, "deploy", "981", PORTAL, "Greet visitors by name", after="77c2e01"),)

RETRAINED = Scenario(
    "fraudsters found what the model does not see: features look as ever, one score in four is wrong; labels come late."
    " It is trained anew once somebody agrees, and is right again some minutes later",
    effects=(Effect(FRAUD, "wrong", 0.2, over=0.5, until=12.0),),
    changes=HARMLESS,
    pages=(Expected(frozenset({FRAUD}), worlds=frozenset({"model"}), never=frozenset({CLAIMS, PORTAL})),),
    minutes=20.0,
)
STALE_INDEX = Scenario(
    "the job that indexes new wordings may no longer read them; the assistant finds old ones and makes the rest up",
    effects=(Effect(INDEX, "stalled", 1_560.0, at=-8.0, over=26.0), Effect(ASSISTANT, "unfounded", 0.6, over=4.0)),
    lines=(Line(BUILDER, "ERROR", "cannot read wording {}: 403 Forbidden by the document store", at=-8.0, each=3),),
    changes=HARMLESS,
    pages=(
        Expected(
            frozenset({INDEX, BUILDER}), worlds=frozenset({"llm"}), never=frozenset({ASSISTANT, SERVER, PORTAL}),
            says=(r"no support in what was found", r"the index is \d+ s old"),
        ),
    ),
)  # fmt: skip

HOT_CARD = Scenario(
    "the card of gpu-node-1 gets too hot and slows down: vLLM queues, the assistant answers late, its users say so",
    effects=(
        Effect(GPU, "temperature", 1.45, over=2.0),
        Effect(GPU, "clock", 0.4, at=0.5, over=2.0),
        Effect(SERVER, "latency", 4.0, at=0.75, over=2.0),
        Effect(ASSISTANT, "pleased", 0.4, at=1.5, over=2.0),
    ),
    changes=HARMLESS,
    pages=(
        Expected(
            frozenset({GPU}), worlds=frozenset({"it", "llm"}), never=frozenset({SERVER, ASSISTANT, PORTAL}),
        ),
    ),
)  # fmt: skip
