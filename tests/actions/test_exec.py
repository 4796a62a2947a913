"""argv only, and nothing of it is left over."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from aiops.actions.exec import ExecAction
from aiops.actions.execution import execute
from aiops.errors import PermanentError
from aiops.respond.effect import ActionContext, ActionOutcome, Effect
from aiops.respond.egress import Egress


def do(*argv: str, timeout: float = 10.0, **settings: object) -> ActionOutcome:
    config = ExecAction.Config.model_validate({"argv": argv, **settings})
    return ExecAction().run(config, ActionContext("r/i1", "s", "r/i1/0", timeout))


@pytest.mark.parametrize(("code", "said"), [("0", "ok"), ("1", "failed"), ("3", "failed")])
def test_the_exit_code_is_the_programs_word(code: str, said: str) -> None:
    assert do("/bin/sh", "-c", f"exit {code}").status == said


def test_arguments_reach_the_program_as_they_are(tmp_path: Path) -> None:
    hostile = ["$(touch x)", "`id`", "; rm -rf /", "a b", "*", "|", "--", "\n"]
    shown = do("/usr/bin/printf", "%s;", *hostile, folder=str(tmp_path)).output["output"]
    assert shown == "".join(f"{one};" for one in hostile)
    assert list(tmp_path.iterdir()) == []


def test_it_sees_no_environment_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "secret")
    shown = do("/usr/bin/env", env={"A": "b"}).output["output"]
    assert "secret" not in shown
    assert "A=b" in shown
    assert "AIOPS_KEY=r/i1/0" in shown


def test_time_up_is_unknown_and_the_whole_group_is_gone(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sleep 60 & echo $! >> {pids}; echo $$ >> {pids}; wait; sleep 60"
    began = time.monotonic()
    assert do("/bin/sh", "-c", script, timeout=0.5).status == "unknown"
    assert time.monotonic() - began < 30
    for pid in pids.read_text().split():
        assert _gone(int(pid))


def test_a_child_left_behind_is_ended_and_does_not_hold_the_step_up(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = time.monotonic()
    assert do("/bin/sh", "-c", f"sleep 60 & echo $! > {pids}").status == "ok"
    assert time.monotonic() - began < 30
    assert _gone(int(pids.read_text()))


def test_killed_by_somebody_else_is_unknown() -> None:
    assert do("/bin/sh", "-c", "kill -9 $$").status == "unknown"


def test_endless_output_is_read_and_the_beginning_kept() -> None:
    found = do("/bin/sh", "-c", "echo start; head -c 5000000 /dev/zero")
    assert found.status == "ok"
    assert found.output["output"].startswith("start")
    assert len(found.output["output"]) <= 16_384


def test_what_cannot_be_started_did_not_happen() -> None:
    with pytest.raises(PermanentError):
        do("/no/such/program")
    effect = Effect("act", "r", "s", "k", "exec", {"argv": ["/no/such/program"]}, 1.0)
    assert execute(effect, {"exec": ExecAction()}, Egress()).status == "failed"


@pytest.mark.parametrize("argv", [[], [""], ["/bin/true", "a\0b"]])
def test_what_is_no_argv_is_refused(argv: list[str]) -> None:
    effect = Effect("act", "r", "s", "k", "exec", {"argv": argv}, 1.0)
    assert execute(effect, {"exec": ExecAction()}, Egress()).status == "failed"


def _gone(pid: int) -> bool:
    for _ in range(200):
        try:
            os.kill(pid, 0)
            # A zombie that init has not fetched yet runs nothing.
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False
