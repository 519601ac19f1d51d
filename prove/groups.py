"""All claims, in groups."""

from __future__ import annotations

from pathlib import Path

from prove import (
    attention,
    buses,
    cells,
    head,
    images,
    limits,
    loading,
    norms,
    numbers,
    packets,
    protocols,
    registers,
    sequencer,
    sequences,
    statememory,
    states,
    streams,
    sums,
    transforms,
    wires,
)
from prove.claim import Claim, Proof, prove

__all__ = ["GROUPS", "all_claims", "prove_named"]

GROUPS = (
    streams,
    sequencer,
    norms,
    statememory,
    states,
    sequences,
    attention,
    sums,
    wires,
    transforms,
    numbers,
    cells,
    head,
    limits,
    loading,
    images,
    packets,
    registers,
    buses,
    protocols,
)


def all_claims() -> list[Claim]:
    """Every claim."""
    return [claim for group in GROUPS for claim in group.claims()]


def prove_named(name: str, keep: Path) -> Proof:
    """Prove the claim of that name, as `prove.claim.prove` does; another process can be told so."""
    [claim] = [claim for claim in all_claims() if claim.name == name]
    return prove(claim, keep)
