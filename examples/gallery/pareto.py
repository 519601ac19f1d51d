"""Which machine for a keyword spotter? A few are synthesised, and the best of them kept.

    pip install pascaline
    python pareto.py --out build

`digits-ternary` hears which digit is spoken: an LSTM of 100 units with weights -1, 0 and 1, a step
every 25 ms. How many lanes should it get, and how wide? A page, front.html, shows the answers.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

SPACE = ["--units", "1,2", "--simd", "2,8"]
CLOCK_MHZ, WITHIN_MS = 2, 1
"""A slow clock saves power; a step must be done before the next one comes, long before."""


def main():
    """Do all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for the page")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    # Four machines are synthesised to generic gates, side by side; those that another one beats in
    # area and in cycles are left out of the table. The same command again takes a second.
    command = [sys.executable, "-m", "pascaline.cli", "explore", "digits-ternary", *SPACE]
    files = ["-o", out / "machines.json", "--html", out / "front.html"]
    subprocess.run([*command, *files], check=True)

    # And which one would you build? The smallest that is fast enough.
    found = json.loads((out / "machines.json").read_text())
    most = CLOCK_MHZ * 1000 * WITHIN_MS
    fast = [one for one in found["points"] if one["cycles_per_step"] <= most]
    best = min(fast, key=lambda one: one["area"])
    units, simd = (best["machine"][name] for name in ("units", "simd"))
    print(
        f"{CLOCK_MHZ} MHz, {WITHIN_MS} ms a step: units {units}, simd {simd}:"
        f" {best['area']:,} gate equivalents, {best['cycles_per_step']:,} cycles a step"
    )


if __name__ == "__main__":
    main()
