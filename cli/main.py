"""The command ``pascaline``."""

from __future__ import annotations

import sys
from importlib.metadata import version

import click

from pascaline.cli.bench import bench
from pascaline.cli.console import warn
from pascaline.cli.evaluate import evaluate
from pascaline.cli.explore import explore
from pascaline.cli.fuzz import fuzz
from pascaline.cli.generate import generate
from pascaline.cli.image import image
from pascaline.cli.importing import import_
from pascaline.cli.report import report
from pascaline.cli.show import list_, show
from pascaline.cli.simulate import simulate
from pascaline.cli.train import train
from pascaline.spec.errors import InputError

__all__ = ["cli", "run"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("pascaline"), prog_name="pascaline")
def cli() -> None:
    """Turn trained recurrent networks with binary or ternary weights into verified RTL.

    MODEL is a model file, a shipped model or a named configuration: see `pascaline list`.
    """


for _command in (
    list_,
    show,
    generate,
    image,
    simulate,
    evaluate,
    report,
    explore,
    train,
    import_,
    fuzz,
    bench,
):
    cli.add_command(_command)


def run() -> None:
    """Run the command line; whatever is wrong with the input is one line and status 2."""
    try:
        status = cli.main(standalone_mode=False)
    except InputError as error:
        _fail(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(" ".join(error.format_message().split()))
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", status=130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(text: str, *, status: int = 2) -> None:
    warn(text)
    sys.exit(status)
