"""Laws of installed packages come by an entry point; what is none is refused by name."""

from __future__ import annotations

import sys

import pytest
from support.conventions import truth

from kautilya import mechanisms
from kautilya.errors import KautilyaError

LAW = """
from kautilya.core.law import Law, Var

LAW = Law(
    name="{name}", phase="update", step=lambda view: {{"calm": 1.0 + 0.0 * view.month}},
    writes=(Var("calm", (), "1", "calm of a test"),),
)
NONE = 3
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs a package with one entry point; the registry is read anew before and after."""

    def install(name: str, value: str) -> None:
        (tmp_path / "calm_law.py").write_text(LAW.format(name=name), encoding="utf-8")
        info = tmp_path / "calm_law-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: calm-law\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[kautilya.laws]\ncalm = {value}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        mechanisms.registry.cache_clear()

    yield install
    sys.modules.pop("calm_law", None)
    monkeypatch.undo()
    mechanisms.registry.cache_clear()


@truth("required", source="docs/mechanisms.md", kills="a law that only an edit of the package adds")
def test_a_law_of_a_package_is_found(installed):
    installed("calm", "calm_law")
    assert mechanisms.registry()["calm"].writes[0].name == "calm"


@pytest.mark.parametrize(
    "name,value",
    [
        ("fire", "calm_law"),
        ("calm", "calm_law:NONE"),
        ("calm", "calm_law:GONE"),
        ("calm", "nowhere"),
    ],
)
@truth("order", source="error at the door", kills="a law put in the place of another; a traceback")
def test_what_is_no_law_is_refused(installed, name, value):
    installed(name, value)
    with pytest.raises(KautilyaError, match="calm-law"):
        mechanisms.registry()
