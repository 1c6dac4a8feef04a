"""The command ``heapledger``, one module a subcommand."""

from __future__ import annotations

import sys

import click

from heapledger import __version__
from heapledger.cli.build import build
from heapledger.cli.cache import cache
from heapledger.cli.check import check
from heapledger.cli.doctor import doctor
from heapledger.cli.record import record
from heapledger.cli.run import run
from heapledger.cli.why import why
from heapledger.engine.interrupt import terminable
from heapledger.errors import HeapledgerError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="heapledger")
def heapledger() -> None:
    """Measure which lines of Rust call the allocator, and check documents that say so.

    Exit status: 0 all verified, 1 something falsified, 2 the tool or the machine is at fault.
    """


for command in (run, check, record, why, build, doctor, cache):
    heapledger.add_command(command)


def main() -> None:
    """Run the command; errors that a user can act on become one line and status 2."""
    try:
        with terminable():
            status = heapledger(prog_name="heapledger", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; finished results are kept in the cache", err=True)
        sys.exit(130)
    except HeapledgerError as error:
        click.echo(f"heapledger: {error}", err=True)
        sys.exit(error.exit_status)
    # Without its standalone mode, click returns the status that a command exits with.
    sys.exit(status if isinstance(status, int) else 0)
