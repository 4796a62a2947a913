"""The cast of the simulated shop: what runs where, who calls whom how often, and what it says.

A bookshop with a storefront, a database, a queue, a fraud model and a reading assistant on a GPU. Only facts stand
here; how they move is `shop`, what goes wrong is `fault`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from aiops.types import Edge


@dataclass(frozen=True, slots=True)
class Service:
    """One service.

    Attributes
    ----------
    host : where it runs.
    own_seconds : what its own work takes a request.
    calls : callee -> calls a request; callees are declared later in `SERVICES`.
    http : serves HTTP and exports the usual counters and histogram.
    """

    host: str
    own_seconds: float
    calls: dict[str, float] = field(default_factory=dict)
    http: bool = True


SERVICES: dict[str, Service] = {
    "storefront": Service("app-a", 0.010, {"api": 1.0}),
    "api": Service("app-a", 0.005, {"product": 0.6, "basket": 0.25, "ordering": 0.04, "assistant": 0.008}),
    "assistant": Service("app-b", 0.060, {"chat-llm": 1.0, "help-search": 1.0}),
    "ordering": Service("app-b", 0.018, {"billing": 1.0, "fraud-scoring": 1.0, "bookdb": 2.0, "order-events": 1.0}),
    "product": Service("app-a", 0.012, {"bookdb": 0.4}),
    "basket": Service("app-b", 0.009, {"bookdb": 0.6}),
    "billing": Service("app-b", 0.090),
    "fraud-scoring": Service("ml-a", 0.025),
    "help-search": Service("ml-a", 0.020),
    "fulfilment": Service("app-b", 0.030, {"order-events": 1.0}),
    "bookdb": Service("data-a", 0.007, http=False),
    "order-events": Service("queue-a", 0.003, http=False),
    "chat-llm": Service("gpu-a", 0.600, http=False),
}
NAMES = tuple(SERVICES)
HTTP = tuple(name for name, service in SERVICES.items() if service.http)
HOSTS = tuple(sorted({service.host for service in SERVICES.values()}))
DATABASE, QUEUE, MODEL, ASSISTANT = "bookdb", "order-events", "fraud-scoring", "assistant"
LLM_SERVER, GPU = "chat-llm", "gpu-a"
CONSUMER = "fulfilment"
LLM = "llama-3.1-8b-instruct"
COUNTRIES = ("DE", "FR", "NL", "PL")
EDGE_KINDS = {DATABASE: "reads", MODEL: "scores", "help-search": "retrieves"}

LOGS: dict[str, tuple[str, ...]] = {
    "storefront": ("GET /book/{} 200 in {} ms", "visitor {} came back after {} days"),
    "api": ("forwarded {} in {} ms", "token of client {} renewed for {} minutes"),
    "product": ("shelf {} holds {} titles", "thumbnails of title {} rendered"),
    "basket": ("basket {} has {} items",),
    "ordering": ("order {} accepted", "order {} announced on partition {}"),
    "billing": ("charge {} authorised by acquirer {}",),
    "fraud-scoring": ("order {} scored in {} ms",),
    "help-search": ("{} passages found for question {}",),
    "fulfilment": ("parcel {} left dock {}",),
    "assistant": ("answered turn {} of conversation {}",),
    "bookdb": ("checkpoint complete: wrote {} buffers in {} s", "automatic analyze of table orders took {} ms"),
    "chat-llm": ("{} requests running, {} tokens/s",),
}
QUESTIONS = (
    "When will order {} arrive?",
    "Which of your crime novels has fewer than {} pages?",
    "Can I return book {} if I have read it?",
    "Is number {} of the series out as a paperback?",
)
ANSWER = "We looked up {} for you: it leaves our warehouse tomorrow and arrives within two days."


def topology() -> Iterator[Edge]:
    """What depends on what, as a user's `topology.csv` would state it."""
    for name, service in SERVICES.items():
        yield Edge(name, service.host, "runs_on")
        for callee in service.calls:
            yield Edge(name, callee, EDGE_KINDS.get(callee, "calls"))
