"""Hostile JSON documents: rules of preprocessing, cases of ``fuzz``, machines, results."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pascaline.cli.hostile.commands import call
from pascaline.cli.hostile.places import broken, written
from pascaline.measure.hostile import Attempt
from pascaline.models.catalogue import find_model
from pascaline.sim.case import Case
from pascaline.sim.draw_cases import draw
from pascaline.sim.mutations import edited, text_of
from pascaline.spec.design import Design
from pascaline.spec.loading import header
from pascaline.spec.machine import Machine
from pascaline.spec.preprocess import read_rule

__all__ = ["draw_json", "prepare_json", "read_json"]

MODEL = "tiny-ternary"

RESULT = {
    "model": MODEL,
    "target": "generic",
    "target_title": "generic gates",
    "command": f"pascaline report {MODEL}",
    "cost": {"gate_equivalents": 1},
    "area": {"gate_equivalents": 9, "memory_bits": 5},
    "by_part": {"lanes": {"gate_equivalents": 9, "memory_bits": 5}},
    "cycles_per_step": 19,
    "critical_path": {"ns": 2.5},
    "accuracy": {"integer": {"correct": 9, "total": 10}},
    "cores": [{"step": {"adders": {"adders": 7}}}],
}
"""What ``compare`` reads of a result."""


def prepare_json() -> None:
    """Make the documents that are edited."""
    _documents()


def draw_json(rng: Random, folder: Path) -> Attempt:
    """A document of some kind."""
    kind, good = rng.choice(_documents())
    path = folder / f"{kind}.json"
    if rng.random() < 0.3:
        attempt = written(rng, path, *broken(good.encode(), rng))
    else:
        text = text_of(edited(json.loads(good), rng), rng)
        content = text.encode("utf-8", errors="surrogatepass")
        attempt = written(rng, path, "document", content)
    named = "" if kind == "image" else attempt.named
    return Attempt(f"{kind}: {attempt.mutation}", (kind, path), named)


def read_json(subject: tuple[str, Path]) -> None:
    """Read a document as what it is said to be."""
    kind, path = subject
    if kind == "rule":
        read_rule(path)
    elif kind == "case":
        Case.read(path)
    elif kind == "result":
        call(["compare", str(path), str(path), "--html", str(path.with_name("page.html"))])
    else:
        call(["image", MODEL, "--for", str(path), "-o", str(path.with_name("image"))])


@cache
def _documents() -> list[tuple[str, str]]:
    rules: tuple[dict[str, Any], ...] = (
        {"offset": [0.5, 1.0], "gain": [1.0, 2.0], "steps": 3},
        {"alphabet": "abc"},
        {"alphabet": ["a", "bc"]},
        {"symbols": 3},
    )
    design = Design(model=find_model(MODEL), machine=Machine(weights="ram"))
    description = {
        "network": design.network.model_dump(mode="json"),
        "machine": design.machine.model_dump(mode="json"),
        "image": header(design),
    }
    return [
        *(("rule", json.dumps(rule)) for rule in rules),
        *(("case", draw(seed, cycles=30, largest=4).model_dump_json()) for seed in range(4)),
        *(("image", json.dumps(description)) for _ in range(4)),
        *(("result", json.dumps(RESULT)) for _ in range(4)),
    ]
