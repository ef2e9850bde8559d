"""The public API equals its snapshot, so that no promise changes unseen."""

from __future__ import annotations

import subprocess
import sys

from support.conventions import ROOT, truth
from support.walk import SRC, nothing

SNAPSHOT = ROOT / "tests" / "house" / "public_api.txt"
AGAIN = "python tools/public_api.py > tests/house/public_api.txt"
PROMISED = ("load", "run", "compare", "why")


def printed(*arguments: str) -> str:
    """What a fresh Python prints; its last line of error where it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SRC), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stderr.strip().splitlines()[-1]
    return done.stdout


@truth(
    "recorded",
    reason="a promise has no other truth than what was promised",
    source="house/public_api.txt",
    kills="a renamed function; an argument that moved",
)
def test_public_api_is_its_snapshot():
    """Names and signatures of kautilya, kautilya.trade, .networks and .council."""
    now = set(printed("tools/public_api.py").splitlines())
    then = set(SNAPSHOT.read_text(encoding="utf-8").splitlines()) if SNAPSHOT.exists() else set()
    changed = [f"- {line}" for line in sorted(then - now)]
    changed += [f"+ {line}" for line in sorted(now - then)]
    nothing(changed, f"the public API changed; if that is meant: {AGAIN}, say so in CHANGELOG.md")


@truth("required", source="README.md", kills="a door without its four names")
def test_the_door_has_its_names():
    """`import kautilya as kt`: kt.load, kt.run, kt.compare, kt.why."""
    names = printed("-c", "import kautilya; print(*kautilya.__all__)").split()
    nothing(
        [f"kautilya.{name}" for name in PROMISED if name not in names],
        "promised names that kautilya.__all__ lacks",
    )


@truth("invariant", source="house rules", kills="an import of JAX before it is needed")
def test_import_is_light():
    """`import kautilya` alone imports neither JAX nor xarray, pandas, pint."""
    heavy = printed(
        "-c",
        "import kautilya, sys; print(*[name for name in ('jax', 'xarray', "
        "'pandas', 'pint', 'altair', 'scipy') if name in sys.modules])",
    ).split()
    nothing(heavy, "imported by `import kautilya`; import it where it is used")
