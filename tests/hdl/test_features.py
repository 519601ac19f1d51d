"""Raw features in C and in Python: bit by bit what the golden model gets."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from pascaline.data.excess import excess
from pascaline.hdl.export.features import described
from pascaline.hdl.export.files import bus_files
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import Preprocess, quantize
from tests.models import make_design, make_model
from tests.tools import program

FORMATS = {
    "Q0.7": {"width": 8, "frac": 7},
    "Q5.2": {"width": 8, "frac": 2},
    "Q-6.13": {"width": 8, "frac": 13},
    "Q0.15": {"width": 16, "frac": 15},
    "Q4.0": {"width": 5, "frac": 0},
    "UQ0.12": {"width": 12, "frac": 12, "signed": False},
}

RULES = {
    "plain": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "far": ((101350.1, -1e9, 1e-7), (1.7, 3e-3, 4e6)),
    "odd": ((0.1, 1 / 3, -7.25), (-0.3, 0.0, 1 / 128)),
}

NAMES = ['say "no"', "d\\own|", "grün?\n"]

MAIN = """#include <stdio.h>
#include "machine.h"
int main(void)
{{
    double features[3];
    int32_t x[3];
    uint8_t packet[{prefix}_VECTOR_BYTES];
    while (fread(features, sizeof features, 1, stdin) == 1) {{
        const int32_t cut = {name}_quantize(features, x);
        {name}_encode(x, packet);
        fwrite(&cut, 4, 1, stdout);
        fwrite(x, 4, 3, stdout);
        fwrite(packet, 1, sizeof packet, stdout);
    }}
    return 0;
}}
"""


def design_of(x, rule, *, names=(), **machine):
    head = {"classes": 3, "weights": "ternary"}
    model = make_model(inputs=3, x=x, head=head, layer={"kind": "rnn"})
    card = {"preprocess": rule, "data": {"names": list(names)}}
    return make_design(replace(model, card=card), ports="axi", simd=2, **machine)


def values_of(offset, gain, unit, rng):
    """Features whose inputs are ties, ends, near both, far beyond, and anything between."""
    steps = np.arange(-300, 300) * 0.5
    near = np.concatenate([steps, np.nextafter(steps, np.inf), np.nextafter(steps, -np.inf)])
    reals = np.concatenate(
        [near, steps * 1024, rng.normal(0, 100, 1000), [1e300, -1e300, 0.0, -0.0]]
    )
    columns = [reals / unit / (g or 1.0) + o for o, g in zip(offset, gain, strict=True)]
    return np.stack([rng.permutation(column) for column in columns], axis=1)


@pytest.fixture(scope="module")
def compiler():
    return program("gcc", "cc", package="gcc")


def built(compiler, design, folder, *flags):
    name = design.name
    (folder / "machine.h").write_text(bus_files(design)[f"{name}.h"], encoding="utf-8")
    (folder / "main.c").write_text(MAIN.format(name=name, prefix=name.upper()))
    strict = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
    made = [folder / "main.c", "-o", folder / "main"]
    subprocess.run([compiler, *strict, *flags, *made], check=True)
    return folder / "main"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("x", FORMATS)
def test_integers_are_those_of_golden(x, rule, compiler, tmp_path, rng):
    offset, gain = RULES[rule]
    design = design_of(FORMATS[x], {"offset": list(offset), "gain": list(gain)})
    unit, known = 2.0 ** FORMATS[x]["frac"], Preprocess(offset=offset, gain=gain)
    features = values_of(offset, gain, unit, rng)
    [wanted] = quantize([features], design.model)
    beyond = excess(known, design.network.x, [features])
    assert 0 < beyond.cut < beyond.total

    python = driver_of(design)
    vectors, cut = python["quantize"](features.tolist())
    np.testing.assert_array_equal(vectors, wanted)
    assert cut == beyond.cut

    flags = [] if rule == "plain" else ["-O2", "-ffp-contract=fast", "-march=native"]
    main = built(compiler, design, tmp_path, *flags)
    out = subprocess.run([main], input=features.tobytes(), capture_output=True, check=True).stdout
    packets = python["encode"](vectors)
    size = len(packets) // len(vectors)
    kinds = np.dtype([("cut", "<i4"), ("x", "<i4", 3), ("packet", "u1", size)])
    found = np.frombuffer(out, dtype=kinds)
    np.testing.assert_array_equal(found["x"], wanted)
    assert found["cut"].sum() == beyond.cut
    assert found["packet"].tobytes() == packets


def driver_of(design):
    made = {}
    exec(bus_files(design)[f"{design.name}_driver.py"], made)
    return made


def test_features_that_are_no_numbers(compiler, tmp_path):
    design = design_of(FORMATS["Q0.7"], {"offset": [0, 0, 0], "gain": [1, 1, 1e300]})
    main, python = built(compiler, design, tmp_path), driver_of(design)
    for wrong in (np.nan, np.inf, -np.inf, 1e300):
        features = np.array([[0.0, 0.0, wrong]])
        found = subprocess.run([main], input=features.tobytes(), capture_output=True, check=True)
        assert found.stdout[:4] == b"\xff" * 4
        with pytest.raises(ValueError, match=r"^a feature must be finite, not"):
            python["quantize"](features.tolist())
        with pytest.raises(InputError, match="must be finite"):
            quantize(features[None], design.model)
    with pytest.raises(ValueError, match=r"^a step must have 3 features, not 1$"):
        python["quantize"]([[1.0]])


def test_long_sequences_are_cut(compiler, tmp_path):
    rule = {"offset": [0, 0, 0], "gain": [1, 1, 1], "steps": 2}
    design = design_of(FORMATS["Q0.7"], rule)
    python = driver_of(design)
    assert len(python["quantize"]([[0, 0, 0]] * 5)[0]) == python["STEPS"] == 2
    files = bus_files(design)
    said = "Only the first 2 steps of a sequence count."
    assert said in files[f"{design.name}.h"]
    assert said in files[f"{design.name}_registers.md"]


@pytest.mark.parametrize("symbols", [False, True])
@pytest.mark.parametrize("rule", [{"alphabet": 'a"\n'}, {"symbols": 3}])
def test_symbols(rule, symbols, compiler, tmp_path):
    x = {"width": 8, "frac": 7, "signed": False}
    design = design_of(x, rule, symbols=symbols)
    python = driver_of(design)
    vectors = python["quantize"]([2, 0])
    assert vectors == ([[2], [0]] if symbols else [[0, 0, 128], [128, 0, 0]])
    with pytest.raises(ValueError, match=r"^a symbol must be 0 to 2, not 3$"):
        python["quantize"]([3])
    (tmp_path / "machine.h").write_text(bus_files(design)[f"{design.name}.h"])
    name, prefix = design.name, design.name.upper()
    elements = len(vectors[0])
    named = f"{name}_symbols[1][0] == '\"' &&" if "alphabet" in rule else ""
    (tmp_path / "main.c").write_text(
        f"""#include "machine.h"
int main(void)
{{
    int32_t x[3] = {{-1, -1, -1}};
    int good = {named} {prefix}_SYMBOLS == 3 && {name}_quantize(3, x) == -1;
    good = good && {name}_quantize(2, x) == 0 && x[{elements - 1}] == {vectors[0][-1]};
    return !good;
}}
"""
    )
    strict = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
    made = [tmp_path / "main.c", "-o", tmp_path / "main"]
    subprocess.run([compiler, *strict, *made], check=True)
    subprocess.run([tmp_path / "main"], check=True)


def test_classes_have_their_names(compiler, tmp_path):
    design = design_of(FORMATS["Q0.7"], {"offset": [0] * 3, "gain": [1] * 3}, names=NAMES)
    files, name = bus_files(design), design.name
    assert driver_of(design)["CLASSES"] == tuple(NAMES)
    assert "| 1 | d\\\\own\\| |" in files[f"{name}_registers.md"]
    (tmp_path / "machine.h").write_text(files[f"{name}.h"])
    puts = f'for (int k = 0; k < {name.upper()}_CLASSES; k++) printf("%s;", {name}_classes[k]);'
    main = f'#include <stdio.h>\n#include "machine.h"\nint main(void) {{ {puts} return 0; }}\n'
    (tmp_path / "main.c").write_text(main)
    subprocess.run([compiler, tmp_path / "main.c", "-o", tmp_path / "main"], check=True)
    out = subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout
    assert out.decode().split(";")[:-1] == NAMES


def test_the_description_has_all_of_it():
    rule = {"offset": [101350.125, 0.1, 0.0], "gain": [1 / 3, 1.0, 0.0], "steps": None}
    found = described(design_of(FORMATS["Q0.7"], rule, names=["a", "b", "c"]))
    assert found == {"features": rule | {"format": "Q0.7"}, "classes": ["a", "b", "c"]}
    assert described(make_design()) == {"features": None, "classes": []}
