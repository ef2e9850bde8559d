"""Does the package work outside of the repository? python tools/check_wheel.py

Builds the wheel from no more than the Dockerfile copies, installs it into an empty environment with the versions of constraints.txt, and measures there, with an
empty home, cache and folder: size, the stored answer, a first run. Exit code 1 where a bar is not met.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BARS = {
    "core [GB]": 1.0,
    "core and study, as `make demo` [GB]": 1.4,
    "kautilya answer [s]": 1.0,
    "kautilya run iwo_jima_1945, first [s]": 10.0,
}
RUN = ("run", "iwo_jima_1945", "--futures", "1000", "--out", "first")


def size(folder: Path) -> float:
    """Gigabytes of the files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e9


def installed(python: Path, what: str, env: dict[str, str]) -> None:
    """Install a wheel, or an extra of it."""
    call = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*call, "-c", str(ROOT / "constraints.txt"), what], check=True, env=env)


def copied(place: Path) -> Path:
    """A folder that holds what the Dockerfile copies, and nothing else."""
    place.mkdir()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY "):
            *names, to = line.split()[1:]
            for name in names:
                if (ROOT / name).is_dir():
                    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
                    shutil.copytree(ROOT / name, place / to, ignore=ignored)
                else:
                    shutil.copy(ROOT / name, place / to)
    return place


def served(command: list[str], folder: Path, env: dict[str, str]) -> None:
    """Print the seconds until the page of a run answers."""
    begun = time.perf_counter()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    page = subprocess.Popen([*command, "--port", str(port)], cwd=folder, env=env)
    try:
        for path in ("/", "/static/answer.js", "/charts/vega.js", "/api/answer"):
            _read(f"http://127.0.0.1:{port}{path}")
    finally:
        page.terminate()
        page.wait()
    print(f"{' '.join(command[1:]):<60} {time.perf_counter() - begun:6.2f} s to the answer")


def _read(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address) as answer:
                answer.read()
            return
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{address}: {error}") from None
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{address}: no answer")


def timed(command: list[str], folder: Path, env: dict[str, str]) -> float:
    """Seconds of a command that must end well; those of the processor are printed beside."""
    begun, before = time.perf_counter(), os.times()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=600, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    took, after = time.perf_counter() - begun, os.times()
    worked = after.children_user + after.children_system - before.children_user
    worked -= before.children_system
    print(f"{' '.join(command[1:]):<60} {took:6.2f} s, {worked:.2f} s of the processor")
    return took


def measured(place: Path) -> dict[str, float]:
    """Every figure, in an environment made in `place`."""
    call = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(place)]
    subprocess.run([*call, "--disable-pip-version-check", str(copied(place / "from"))], check=True)
    wheel = next(place.glob("kautilya-*.whl"))
    room, desk = place / "env", place / "desk"
    venv.create(room, with_pip=True)
    desk.mkdir()
    keep = ("PATH", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "SSL_CERT_FILE", "LANG")
    env = {key: os.environ[key] for key in keep if key in os.environ}
    pip, clean = {**os.environ}, {**env, "HOME": str(desk), "KAUTILYA_CACHE": str(place / "cache")}
    pip.pop("PYTHONPATH", None)
    installed(room / "bin" / "python", str(wheel), pip)
    found = {"core [GB]": size(room)}
    command = str(room / "bin" / "kautilya")
    timed([command, "--version"], desk, clean)  # byte code is written once
    timed([command, "answer"], desk, clean)
    found["kautilya answer [s]"] = min(timed([command, "answer"], desk, clean) for _ in range(3))
    found["kautilya run iwo_jima_1945, first [s]"] = timed([command, *RUN], desk, clean)
    for asked in (("storylines", "first"), ("export", "first", "--out", "tables")):
        timed([command, *asked], desk, clean)
    installed(room / "bin" / "python", f"{wheel}[study]", pip)
    found["core and study, as `make demo` [GB]"] = size(room)
    installed(room / "bin" / "python", f"{wheel}[web]", pip)
    served([command, "serve", "first"], desk, clean)
    return found


def main() -> int:
    """Print each figure beside its bar."""
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder))
    for name, bar in BARS.items():
        print(
            f"{name:<45} {found[name]:6.2f}   bar {bar:g}{'' if found[name] <= bar else '   NOT MET'}"
        )
    return int(any(found[name] > bar for name, bar in BARS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
