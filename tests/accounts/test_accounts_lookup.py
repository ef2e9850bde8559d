"""One figure is asked for: by its id, by what a screen shows of it, or not to be had, and why."""

from __future__ import annotations

import pytest
from support.accounts_toy import CLAIM, PEACE, figure, folder
from support.conventions import truth

from kautilya import scenario
from kautilya.accounts import audit
from kautilya.accounts.build import build
from kautilya.accounts.figures import accepted, inputs, profile
from kautilya.accounts.lookup import find_figure
from kautilya.cli.clashes import in_words, shown
from kautilya.errors import KautilyaError
from kautilya.scenario.lexicon import Names

HEAD = "name,low,high,unit,source,identity\n"
OUTSIDE = figure("early", "seen_lost", "2021-06:2022-06", 10, 20)  # a low end that bounds nothing


@pytest.fixture(scope="module")
def flagship():
    """(what is accepted, all figures, codes to words)."""
    known = scenario.load("russia_dprk_2024")
    given = inputs(known)
    chosen = profile(given.declared, "all")
    kept, refused = accepted(given.figures, chosen, given.declared)
    built = build(given.declared, kept, chosen)
    return built._replace(unused=built.unused | refused), given.figures, Names(known).plainly


@truth("order", source="the screen of the audit", kills="words of the screen that find no figure")
def test_what_a_screen_shows_of_a_figure_finds_it(flagship):
    """Every eighth figure: its id, its sentence with codes or names, folded, with its id behind."""
    built, figures, say = flagship
    for name, meaning in list(built.meanings.items())[::8]:
        plain = say(meaning.figure.says())
        for text in (
            name.lower(),
            meaning.figure.says(),
            plain.replace(" ", "\n ", 3),
            f"{plain} ({name})",
            f"the claim ({name})",
        ):
            assert find_figure(built, text, say, figures) == name, text


@truth(
    "order", source="the accounts of the flagship", kills="'no such figure' of one that is there"
)
def test_a_figure_that_does_not_count_is_told_with_the_reason(flagship):
    built, figures, say = flagship
    for name in ("A026", "A048", "A132K", "A046", "ORS-RUS-gun-captured", "ors-ukr-tank-damaged"):
        with pytest.raises(KautilyaError) as error:
            find_figure(built, name, say, figures)
        assert built.unused[name if name in built.unused else "ORS-UKR-tank-damaged"] in str(
            error.value
        )
    with pytest.raises(KautilyaError, match="A046-NATO and A046-UKR"):
        find_figure(built, "A046", say, figures)


@truth("order", source="the screen of the audit", kills="a refusal that lists what fits no word")
def test_a_refusal_lists_what_fits_most_words_first(flagship):
    built, figures, say = flagship
    with pytest.raises(KautilyaError, match="names no accepted figures") as error:
        find_figure(built, "submarines of North Korea", say, figures)
    listed = str(error.value).split("; ")
    assert listed and all("North Korea" in one for one in listed if "(" in one and ":" in one)
    assert "PRK" not in str(error.value).replace("-PRK-", "")
    with pytest.raises(KautilyaError, match="names 3 accepted figures"):
        find_figure(built, "guns of Ukraine", say, figures)


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@truth("order", source="bad input", kills="an empty name that is ignored, or ends in a traceback")
def test_an_empty_name_is_refused(tmp_path, blank):
    with pytest.raises(KautilyaError, match="figure: it is empty"):
        audit(folder(tmp_path / "toy", PEACE), figure=blank)


@truth("closed-form", kills="a figure that bounds nothing counted among those that are used")
def test_a_figure_that_bounds_nothing_is_not_used(tmp_path):
    """Of 2021-06 to 2022-06 the account knows a part; at least 10 in all bounds no part of it."""
    toy = folder(tmp_path / "toy", [*PEACE, OUTSIDE])
    found = audit(toy)
    assert "outside the account red_tank" in found.unused.set_index("figure").why["early"]
    assert "4 figures of 2 originators." in found.notes
    with pytest.raises(KautilyaError, match="outside the account red_tank"):
        audit(toy, figure="early")


@truth("closed-form", kills="the rounding of a number told as what was published")
def test_steps_tell_what_was_published(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(f"{HEAD}x,10,10,t,A,\ny,4,4,t,B,\n,,,,,x + y = z\nz,14,14,t,C,\n")
    steps = audit(path, figure="x").steps
    assert set(steps.published_low) == set(steps.published_high) == {10.0}


@truth("closed-form", kills="what was assumed told as what the figures say; figures without ids")
def test_the_list_of_conflicts_says_what_is_assumed_and_names_ids(tmp_path):
    """Two counts clash by themselves; a claim only where it counts what was lost."""
    again = figure("again", "stock", "2022-01", 1300, 1400)
    toy = folder(tmp_path / "toy", [*PEACE, CLAIM, again])
    found = audit(toy, conflicts=True)
    blocks = [one for one in in_words(shown(found, None), str(toy)).blocks if isinstance(one, str)]
    head = next(one for one in blocks if one.startswith("Conflicts"))
    alone = [not one for one in found.conflicts["leans_on"]]
    assert any(alone) and not all(alone)
    assert f"{sum(alone)} clash" in head and "by the figures alone" in head
    lines = [one for one in blocks if one[:1].isdigit()]
    for line, row in zip(lines, found.conflicts.itertuples(), strict=False):
        assert all(f"({name})" in line for name in row.figures)
        assert ("with declared ranges: claimed per lost" in line) == (
            "red_tank.face" in row.leans_on
        )
        assert bool(row.assumes) == bool(row.leans_on)
        assert row.assumes in row.why


@truth("closed-form", kills="the sign between two goods shown to a reader")
def test_goods_that_are_counted_together_are_joined_in_words(flagship):
    _, figures, _ = flagship
    together = [one for one in figures if ";" in one.good]
    assert together
    for one in together:
        assert one.good not in one.says() and one.good.replace(";", " and ") in one.says()
    three = together[0]._replace(good="tank;ifv;gun", measure="stock", originator="IISS")
    assert three.says().startswith("IISS: tank, ifv and gun stock")
