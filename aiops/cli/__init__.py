"""The command line: parses, calls, prints - nothing else. A command's module is imported when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

COMMANDS = {
    "demo": ("demo", "The whole road on a simulated shop: no server, no account, no key."),
    "init": ("init", "Look at what is there and write an aiops.yaml that fits."),
    "check": ("check", "Validate configuration, rules and runbooks; connect everywhere."),
    "run": ("run", "The daemon."),
    "record": ("record", "Capture live sources into a recording."),
    "replay": ("replay", "The whole pipeline over a recording."),
    "backtest": ("backtest", "What another configuration would have paged, and why."),
    "cause": ("cause", "Rank root causes of recorded incidents."),
    "score": ("score", "Surprise per row of CSV files."),
    "drift": ("drift", "Compare tables with a reference: drift, quality, fairness."),
    "logs": ("logs", "Learn templates from a log file."),
    "llm": ("llm", "Text signals of recorded LLM calls."),
    "explain": ("explain", "Why it paged; why it did not."),
    "incident": ("incident", "Work with incidents."),
    "silence": ("silence", "Mute what matches, for a while."),
    "rules": ("rules", "Test rules; list what is watched and why."),
    "runbook": ("runbook", "List, show, run, approve and abort runbooks."),
    "db": ("db", "Upgrade, back up and verify the store."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and help line, and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"aiops.cli.{COMMANDS[name][0]}")
        from aiops.cli.option import add_quiet

        return add_quiet(module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            raise click.UsageError(f"{error.message}" + (f" Did you mean {near[0]!r}?" if near else "")) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "AIOPS"})
@click.version_option(package_name="aiops", prog_name="aiops")
def cli() -> None:
    """The incident agent: detects, correlates and explains across IT, ML models and LLM applications.

    Example: aiops demo
    """


def main() -> None:
    """Run the command line; 2 = wrong usage or configuration, 75 = another daemon has the state directory."""
    from aiops import kernelcache
    from aiops.errors import AiopsError, ConfigError

    kernelcache.use()
    try:
        cli(standalone_mode=False)
    except SystemExit:
        if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):  # click's: the reader has gone, as in `| head`
            sys.exit(0)
        raise
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except ConfigError as error:
        sys.exit(_said(error, 2))
    except AiopsError as error:
        sys.exit(_said(error, 75 if type(error).__name__ == "AlreadyRunning" else 2))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a file or a port of the user's that no command has a better word for
        sys.exit(_said(OSError(f"{error.filename}: {error.strerror}") if error.filename else error, 2))


def _said(error: Exception, status: int) -> int:
    click.echo(f"aiops: {error}", err=True)
    return status
