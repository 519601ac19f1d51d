"""``python -m prove``: prove all claims, or those whose names have a word in them."""

from __future__ import annotations

import sys
from concurrent.futures import as_completed
from dataclasses import asdict
from pathlib import Path

import click

from pascaline.cli.guard import guarded
from pascaline.console import bars, json_option, print_json, table
from pascaline.host.tools import cores
from pascaline.measure.workers import workers
from pascaline.spec.folders import build_folder
from prove.claim import check_solvers
from prove.groups import all_claims, prove_named

__all__ = ["main"]


@click.command()
@click.argument("words", nargs=-1)
@click.option("--jobs", type=click.IntRange(min=1), help="Proofs at a time; as many as cores.")
@json_option
def main(*, words: tuple[str, ...], jobs: int | None, as_json: bool) -> None:
    """Prove claims about the emitted Verilog; with WORDS, those whose names have one of them."""
    claims = [c for c in all_claims() if not words or any(word in c.name for word in words)]
    if not claims:
        raise click.UsageError(f"no claim has one of {', '.join(words)} in its name")
    check_solvers({claim.mode for claim in claims})
    keep: Path = build_folder() / "prove"
    proofs = []
    with bars() as progress, workers(min(jobs or cores(), len(claims))) as pool:
        running = [pool.submit(prove_named, claim.name, keep) for claim in claims]
        for done, future in enumerate(as_completed(running), start=1):
            proofs.append(future.result())
            progress("proving", done, len(running))
    order = {claim.name: place for place, claim in enumerate(claims)}
    proofs.sort(key=lambda proof: order[proof.name])
    failed = [proof for proof in proofs if proof.outcome != "proven"]
    if as_json:
        plain = [asdict(proof) | {"folder": proof.folder and str(proof.folder)} for proof in proofs]
        print_json({"proofs": plain, "claims": len(proofs), "failed": len(failed)})
    else:
        rows = [[p.name, p.mode, p.depth, p.outcome, f"{p.seconds:.0f}"] for p in proofs]
        table("Proofs", ["claim", "mode", "cycles", "outcome", "seconds"], rows)
    for proof in failed:
        click.echo(f"{proof.name}: {proof.outcome} (see {proof.folder})", err=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    sys.exit(guarded(lambda: main.main(standalone_mode=False)))
