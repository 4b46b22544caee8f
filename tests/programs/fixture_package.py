"""An installed package with test functions: a folder that goes into PYTHONPATH."""

from pathlib import Path

MODULE = """
import os, sys, time
from decimal import Decimal

calls = 0
SECRET = {secret!r}

def measures(unit):
    global calls
    calls += 1
    print("a function may print", flush=True)
    return {{"measurements": {{"calls": calls, "pid": os.getpid(), "u": Decimal("3.300"),
                               "slot": unit["slot"]}}}}

def nothing(unit):
    return None

class Rack:
    def measures(unit):
        return {{"measurements": {{"rack": 7}}}}

def fails(unit):
    return {{"outcome": "fail", "detail": "no carrier"}}

def hangs(unit):
    time.sleep(600)

def floods(unit):
    while True:
        print("y" * 1000)

def floods_with_its_answer(unit):
    return {{"detail": "y" * 1_000_000}}

def raises(unit):
    raise ValueError("no instrument at GPIB0")

def raises_the_secret(unit):
    raise ValueError(SECRET)

def exits(unit):
    sys.exit(0)

def dies(unit):
    print("segmentation fault", flush=True)
    os._exit(0)

def forks(unit):
    if os.fork() == 0:
        return {{"outcome": "pass"}}
    os.wait()
    return {{"outcome": "fail"}}

def starts_many(unit):
    for _ in range(9):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    return {{"measurements": {{"pid": os.getpid()}}}}

def answers_a_list(unit):
    return [1]

def answers_nan(unit):
    return {{"measurements": {{"u": float("nan")}}}}

def answers_an_object(unit):
    return {{"measurements": {{"u": object()}}}}

def prints_the_secret(unit):
    print(SECRET)

def prints_the_secret_and_raises(unit):
    print(SECRET)
    raise ValueError("no instrument")

def writes_where_the_answer_goes(unit):
    for number in range(3, 12):
        try:
            os.write(number, b"}}garbage\\n")
        except OSError:
            pass
"""
BROKEN = "import no_such_instrument_driver\n"


def function_names() -> list[str]:
    return [line[4:].split("(")[0] for line in MODULE.splitlines() if line.startswith("def ")]


def install(folder: Path, secret: str) -> None:
    """Make the package; its entry points have the names of its functions, with `-` for `_`."""
    (folder / "line_fixture.py").write_text(MODULE.format(secret=secret))
    (folder / "line_fixture_broken.py").write_text(BROKEN)
    metadata = folder / "line_fixture-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: line-fixture\nVersion: 1.0\n")
    points = [f"{name.replace('_', '-')} = line_fixture:{name}" for name in function_names()]
    points.append("broken = line_fixture_broken:test")
    points.append("with-extra = line_fixture:Rack.measures [gpib]")
    (metadata / "entry_points.txt").write_text("\n".join(("[burner.tests]", *points, "")))
