"""What a person asks for, from wherever: a button in Slack, the page, the command line."""

from __future__ import annotations

from dataclasses import dataclass

INCIDENT_ACTIONS = ("ack", "resolve", "feedback_true", "feedback_false", "silence")
RUN_ACTIONS = ("approve", "abort", "happened", "did_not_happen")


@dataclass(frozen=True, slots=True)
class Command:
    """One wish. Carrying it out twice is the same as once.

    Attributes
    ----------
    action : one of `INCIDENT_ACTIONS` or `RUN_ACTIONS`.
    subject : id of the incident (possibly a former one) or of the run.
    user : identity that the channel has verified, such as `slack:U012`; what roles are looked up by.
    name : how to show the person.
    """

    action: str
    subject: str
    user: str
    name: str = ""
