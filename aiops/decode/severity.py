"""Severity as OpenTelemetry's short names, from numbers and from what loggers write."""

from __future__ import annotations

NAMES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

_SPELLING = {
    **{name: name for name in NAMES},
    "VERBOSE": "TRACE", "FINE": "DEBUG", "FINER": "TRACE", "FINEST": "TRACE", "DBG": "DEBUG",
    "INFORMATION": "INFO", "INFORMATIONAL": "INFO", "NOTICE": "INFO", "CONFIG": "INFO", "LOG": "INFO",
    "WARNING": "WARN", "WRN": "WARN", "ERR": "ERROR", "SEVERE": "ERROR", "FAILURE": "ERROR",
    "CRIT": "FATAL", "CRITICAL": "FATAL", "ALERT": "FATAL", "EMERG": "FATAL", "EMERGENCY": "FATAL", "PANIC": "FATAL",
    "T": "TRACE", "D": "DEBUG", "I": "INFO", "W": "WARN", "E": "ERROR", "F": "FATAL",
}  # fmt: skip


def severity(text: str, number: int = 0) -> str:
    """Return the short name; empty = not said. The number (1-24) decides when both are given."""
    if 1 <= number <= 24:
        return NAMES[(number - 1) // 4]
    if text in NAMES:
        return text
    # OpenTelemetry's finer steps are INFO2, ERROR3, ...
    return _SPELLING.get(text.strip("[]:1234567890 ").upper(), "")
