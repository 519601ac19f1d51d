"""What is run of the documentation, what each command leaves, and why others are not run."""

from tests.walk.pages import RUN, Command, Program

__all__ = ["ALSO", "BEFORE", "CLAIMS", "NEVER", "STANDS_FOR", "TORCH", "WANTS", "claims", "wants"]

TORCH, NETWORK, MINUTES = "PyTorch", "a network", "many minutes"

ALSO = (NETWORK, MINUTES)
"""What a user has or not; PyTorch is there or not."""

HOURS = "hours of training"
CELLS = "a cell library"
NEXTPNR = "nextpnr, and many minutes"
OTHERS = "other tools, or files of others"

NEVER = (HOURS, CELLS, NEXTPNR, OTHERS, "a Dask cluster")

WANTS = {
    "train recordings/ ": TORCH,
    "train ": HOURS,
    "distil FILE ": TORCH,
    "distil ": OTHERS,
    "import net.pt ": TORCH,
    "simulate net.safetensors ": TORCH,
    "report net.safetensors ": TORCH,
    "import copy.pt ": TORCH,
    "export copy-1000-hadamard ": TORCH,
    "show waves.safetensors ": TORCH,
    "generate waves.safetensors ": TORCH,
    "simulate waves.safetensors ": TORCH,
    "report waves.safetensors ": TORCH,
    "simulate sums.safetensors ": TORCH,
    "report sums.safetensors ": TORCH,
    "evaluate digits-ternary": NETWORK,
    "explore digits-ternary --target asic ": CELLS,
    "explore digits-small-ternary --target asic ": CELLS,
    "explore digits-ternary --dask ": "a Dask cluster",
    "explore digits-ternary --target ecp5 --pnr ": NEXTPNR,
    "explore ": MINUTES,
    "report digits-ternary --target ecp5 --pnr ": NEXTPNR,
    "report digits-ternary --target ice40 --pnr ": NEXTPNR,
    "report copy-hadamard-16 --target ecp5 --pnr ": NEXTPNR,
    "report digits-small-ternary --target ecp5 --pnr ": NEXTPNR,
    "report digits-small-ternary --target ice40 --pnr ": NEXTPNR,
    "report digits-ternary --target asic ": CELLS,
    "report digits-small-ternary --target asic ": CELLS,
    "measure peers": OTHERS,
    "measure adders --sizes 16,32,64,48x128 ": OTHERS,
    "measure adders --sizes 64 ": OTHERS,
    "measure adders --step ": OTHERS,
    "measure paper ": CELLS,
    "measure transforms --synthesise --target asic ": CELLS,
    "measure baselines ": "",
    "measure ": MINUTES,
    "fuzz ": MINUTES,
}
"""What commands that begin like this want, if anything; the first one counts."""

STANDS_FOR = {"FILE": "teacher.npz"}
"""What a word of a command stands for; other names are those of files that are given."""

BEFORE = {
    "import copy.pt ": {"copy.pt": "export copy-1000-hadamard -o copy.pt"},
    "compare old.json ": {
        "old.json": "report digits-binary --json",
        "new.json": "report digits-ternary --json",
    },
}
"""What makes the files of a command: commands that write them, or print them."""

SMALL = "report peer-16x32 --target xilinx --lane tree --simd 1"

CLAIMS = {
    "list": ["digits-ternary", "austen-norm-fixed8", "tiny-gru"],
    "show digits-ternary": ["formats", "cycles a step"],
    "generate digits-ternary -o out": ["out/digits_ternary.v", "out/digits_ternary.json"],
    "generate digits-ternary --ports axi -o out": [
        "out/digits_ternary.h",
        "out/digits_ternary_driver.py",
        "out/digits_ternary.core",
    ],
    "generate digits-ternary --testbench -o out": ["out/digits_ternary_tb.v", "out/Makefile"],
    "generate digits-ternary --ports axi --testbench --samples 5 -o out": [
        "out/digits_ternary_tb.v",
        "out/digits_ternary_vectors.npz",
    ],
    "generate digits-ternary --weights ram --parity -o out": ["out/digits_ternary.bin"],
    "generate digits-ternary --weights ram -o out": ["out/digits_ternary.bin"],
    "generate digits-ternary --parity -o out": ["out/digits_ternary.v"],
    "generate digits-small-ternary --weights wired -o out": ["out/digits_small_ternary.v"],
    "generate mine.safetensors --ports axi --simd 10 --tdata 32 -o out": ["_registers.md"],
    "generate digits-ternary -o digits": ["digits/digits_ternary.v"],
    "generate rows-ternary -o rows": ["rows/rows_ternary.v"],
    "generate digits-ternary --weights wired --adders serial -o out": ["out/digits_ternary.v"],
    "generate digits-ternary --weights ram --macros 1024 --clock 50 -o out": [
        "out/digits_ternary_memories.v",
        "out/digits_ternary.librelane.json",
    ],
    "generate waves.safetensors --units 4 --simd 7 --ports axi -o out": [
        *("out/waves.v", "out/waves.h", "out/waves_driver.py", "out/waves_registers.md"),
        *("out/waves.core", "out/waves.json"),
    ],
    "image mine.safetensors --for out/digits_ternary.json -o mine.bin": ["mine.bin"],
    "show digits-ternary --weights wired --effort 30": ["adders", "without sharing"],
    "show waves.safetensors --units 4 --simd 7": ["formats", "cycles a step", "utilisation"],
    "simulate rows-ternary --sim icarus --samples 2": ["rows-ternary in icarus", "correct classes"],
    "simulate digits-ternary --samples 1 --waves run.fst": ["run.fst", "2 of 2"],
    "simulate digits-ternary --weights ram": ["digits-ternary in verilator", "correct classes"],
    "simulate digits-ternary --ports axi --samples 5": ["5 of 5", "correct classes"],
    "simulate mine.safetensors": ["correct classes"],
    "simulate net.safetensors --inputs inputs.npz --units 8 --simd 16": ["correct classes"],
    "simulate waves.safetensors --inputs waves.npz --units 4 --simd 7 --ports axi": [
        "correct classes"
    ],
    "simulate sums.safetensors --inputs sums.npz --units 8 --simd 16": ["correct classes"],
    "run digits-ternary three.wav": ["class", "margin"],
    "run digits-attention-ternary three.wav": ["class", "margin"],
    "run digits-attention-ternary three.wav --sim verilator": ["margin", "equal to golden"],
    "run digits-ternary three.wav --every 4 --sim icarus": ["margin", "equal to golden"],
    "run digits-ternary many.wav --window 18 --every 2": ["class", "margin"],
    "evaluate digits-ternary": ["593", "600"],
    "report digits-ternary --target ecp5": ["Lattice ECP5", "block rams", "folded table"],
    "report digits-ternary --ports axi --target ecp5": ["Lattice ECP5", "block rams", "bus"],
    "report digits-ternary --html digits.html": ["digits.html", "memory bits"],
    "report net.safetensors --units 8 --simd 16 --target ecp5": ["Lattice ECP5", "block rams"],
    "report waves.safetensors --units 4 --simd 7 --ports axi --target ecp5": ["Lattice ECP5"],
    "report sums.safetensors --units 8 --simd 16 --target ecp5": ["Lattice ECP5", "block rams"],
    "report zeros.safetensors --target ecp5 --lane tree --units 4 --simd 8": ["Lattice ECP5"],
    "report copy-hadamard-16 --target ecp5 --no-pipelined --operand-registers 0 --tree-registers 0"
    " --lane tree --symbols --butterflies 1 --head-units 1 --no-lut-rams": ["798"],
    "compare digits-binary digits-ternary": ["digits-binary", "digits-ternary", "better"],
    "compare digits-binary digits-ternary --html both.html": ["both.html", "better"],
    "compare old.json new.json": ["digits-binary", "digits-ternary", "better"],
    "measure baselines digits-ternary": ["0 differences"],
    "train recordings/ -o mine.safetensors": ["mine.safetensors", "held-out"],
    "import net.pt --weights ternary -o net.safetensors": ["net.safetensors", "understood"],
    "import copy.pt --block 16 --result every --calibrate DATA --bits 8 -o mine.safetensors": [
        *("mine.safetensors", "left out")
    ],
    "export copy-1000-hadamard -o copy.pt": ["copy.pt", "copy.json", "pascaline import"],
    "distil FILE --data DATA -o tuned.safetensors --weights ternary": ["tuned.safetensors"],
    "explore digits-ternary --target ecp5": ["Pareto front", "25 machines", "0 failed"],
    "explore digits-ternary --units 2,4,8 --simd 5,10,20 --lane tree,pairs --tree-registers 0,2": [
        *("Pareto front", "36 machines", "0 failed")
    ],
    "explore digits-ternary --html machines.html": ["machines.html", "Pareto front"],
    "fuzz --cases 20": ["20", "0"],
    "fuzz --sim icarus --unknown --cases 24 --seed 800000 --cycles 200 --values 200 --largest 9": [
        "24"
    ],
    "measure flips": ["caught", "harmless", "missed"],
    "measure flips --count 18000 --seed 1": ["11,265", "6,735"],
    "measure loading digits-ternary --target generic": ["ram, parity", "30,676", "1,973"],
    "measure norms --synthesise": ["gates"],
    "measure ports": ["104,115", "103,971"],
    "measure faults --count 1000": ["1,000"],
    "measure simulators": ["verilator", "icarus"],
    "measure adders --sizes 128 --effort 30": ["2,299", "3,573"],
    "measure adders --sizes 128 --effort 60 --seeds 0,1,2,3": ["2,275", "3,650"],
    "measure adders --sizes 128 --kinds binary --depths least --effort 600 --seeds 0,1": [
        *("2,883", "2,863")
    ],
    "measure adders --sizes 512 --effort 20 --jobs 2": ["33,874", "50,524"],
    "report peer-16x32 --target xilinx --lane tree": ["905", "418 cycles a step"],
    SMALL: ["737", "1,536 cycles a step"],
    f"{SMALL} --no-block-rams": ["1,028"],
    f"{SMALL} --no-block-rams --cell-unit bitserial": ["831", "1,954 cycles a step"],
    f"{SMALL} --weights logic --cell-unit bitserial": ["751", "1,954 cycles a step"],
    "measure adders --models digits-binary,digits-ternary,rows-binary,rows-ternary --effort 6": [
        *("5,590", "8,205")
    ],
}
"""What each leaves: files, and words of its output."""


def wants(one: Command | Program) -> str:
    """What a command or a program wants that a user may lack; nothing: an empty text."""
    if isinstance(one, Program):
        return TORCH if one.page in RUN else ""
    text = f"{one.text} "
    return next((what for start, what in WANTS.items() if text.startswith(start)), "")


def claims(command: Command) -> list[str]:
    """What a command must leave."""
    return CLAIMS.get(command.text, [])
