"""A Dask cluster with certificates on this machine: the command lines of docs/scale.md.

    python tests/stress/certificates.py [--futures 5000]

An authority and a certificate are made with openssl; scheduler, worker and command find them
through the environment. The run must equal, byte for byte, one by the processes of this machine;
a command without certificates, one whose certificates are not there, one whose certificate another
authority signed, and one that forgets the `tls`, are refused in one line with exit code 2.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stress.kills import ROOT, content, fresh

TLS = "DASK_DISTRIBUTED__COMM__TLS__"
ROLES = ("SCHEDULER", "WORKER", "CLIENT")


def authority(folder: Path) -> Path:
    """A folder with ca.pem, and me.pem and me.key that it signed; good for a day."""
    folder.mkdir()
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-sha256")
    for words in (
        (
            *new,
            "-x509",
            "-days",
            "1",
            "-subj",
            "/CN=kautilya authority",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        ),
        (*new, "-subj", "/CN=localhost", "-keyout", "me.key", "-out", "me.csr"),
        (
            "x509",
            "-req",
            "-in",
            "me.csr",
            "-days",
            "1",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-out",
            "me.pem",
        ),
    ):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    return folder


def environment(certificates: Path | None) -> dict[str, str]:
    """What docs/scale.md exports."""
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    out = os.environ | {"PYTHONPATH": path, "KAUTILYA_QUEUE": "off"}
    if certificates is None:
        return out
    out["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] = "True"
    out[TLS + "CA_FILE"] = str(certificates / "ca.pem")
    for role in ROLES:
        out[f"{TLS}{role}__CERT"] = str(certificates / "me.pem")
        out[f"{TLS}{role}__KEY"] = str(certificates / "me.key")
    return out


def kautilya(place: Path, env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kautilya", *words],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )


@contextmanager
def cluster(place: Path, env: dict[str, str]) -> Iterator[str]:
    """A scheduler and two workers; the address of the scheduler."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address, started = f"tls://127.0.0.1:{port}", []
    env = env | {"DASK_TEMPORARY_DIRECTORY": str(place)}
    try:
        for words in (
            (
                "scheduler",
                "--protocol",
                "tls",
                "--host",
                "127.0.0.1",
                "--port",
                port,
                "--no-dashboard",
            ),
            ("worker", address, "--nthreads", "1", "--no-dashboard"),
            ("worker", address, "--nthreads", "1", "--no-dashboard"),
        ):
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *words],
                    cwd=place,
                    env=env,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        listens(int(port))
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def listens(port: int) -> None:
    """Until somebody listens at a port."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("no scheduler came up")


def faults(folder: Path, futures: int, strangers: int = 4) -> list[str]:
    """What is wrong with runs over a cluster with certificates."""
    place, wrong = fresh(folder, "place"), []
    mine, others = (authority(folder / name) for name in ("mine", "others"))
    run = ("run", "starter", "--futures", str(futures), "--out")
    with cluster(place, environment(mine)) as address:
        done = kautilya(place, environment(mine), *run, "over", "--cluster", address)
        wrong += [f"with certificates: {done.stderr}"] if done.returncode else []
        cases = (
            ("without certificates", None, address),
            ("of another authority", others, address),
            ("certificates that are not there", folder / "none", address),
            ("without tls", mine, address.replace("tls", "tcp")),
        )
        for name, given, at in cases[:strangers]:
            said = kautilya(place, environment(given), *run, "no", "--cluster", at)
            lines = [line for line in said.stderr.splitlines() if line.startswith("kautilya: ")]
            if said.returncode != 2 or "Traceback" in said.stderr or len(lines) != 1:
                wrong.append(f"{name}: exit code {said.returncode}, {said.stderr[-600:]}")
            if (place / "no").exists():
                wrong.append(f"{name}: a folder was made")
            print(f"{name}: {' '.join(said.stderr.split())}")
    here = kautilya(place, environment(None), *run, "here")
    if here.returncode or content(place / "here") != content(place / "over"):
        wrong.append(f"other bytes than on this machine {here.stderr}")
    return wrong


def main() -> int:
    """Exit code 1 where anything is wrong."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("--futures", type=int, default=5000)
    asked = ask.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="certificates-") as where:
        wrong = faults(Path(where), asked.futures)
    print(
        json.dumps(
            {
                "futures": asked.futures,
                "seconds": round(time.monotonic() - begun, 1),
                "failures": wrong,
            }
        )
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
