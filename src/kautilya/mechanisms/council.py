r"""Council: the Security Council votes on its regime against the target, under vetoes.

    x_i  = consensus + slope point_i - on_tie relation_i - on_deal deal_i + e_i
    +x_i on a draft for the mandate of the expert panel, -x_i on one for a repeal:
    yes above h, no below -h, else an abstention; quota yes and no permanent no pass it

    point      ideal point; elected seats draw theirs from their bloc, for a term          [1]
    relation   the buyer: its tie to the target; other permanent members: their share of the
               target's trade; elected members: 0                                          [1]
    deal       1 where the target shipped anything to the buyer the month before
    e          stance, logistic: kept by a permanent member, drawn for a term by an elected one.
               While the record drives, permanent members' e is drawn given their last vote on
               the panel: below what makes a no for those who vetoed, above it for the others
    h          half-width of abstention                                                    [1]

Once a year the regime is taken up. The mandate runs out `term` months after its last renewal (a
term of 0 or less: with the month of the vote); sanctions have no end. While the mandate runs its
renewal is tabled; a lapsed mandate, or a repeal, is tabled iff P(pass) > `cost` over value,
permanent votes being known beforehand and elected ones by their chances. So the status quo wins:
one no keeps what has no sunset, and ends what has.
Source: rules of the Charter, article 27(3); the form (spatial voting with an agenda) is assumed.
Holds for: a permanent member's interest in one case. Breaks when: votes are traded across cases;
new measures are drafted (only their vetoes on record are counted).
"""

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.law import (
    Built,
    Draw,
    Imposed,
    Law,
    Need,
    Param,
    Series,
    Tells,
    Values,
    Var,
    View,
)
from kautilya.core.numerics import log
from kautilya.core.world import World
from kautilya.mechanisms.formulas.voting import chance, passes

DRAFTS = ("panel", "repeal")
BLOCS = ("africa", "asia", "east", "latin", "west")
SEATS = (
    "africa1",
    "africa2",
    "africa3",
    "asia1",
    "asia2",
    "east1",
    "latin1",
    "latin2",
    "west1",
    "west2",
)
EVEN = ("africa1", "africa2", "asia1", "east1", "latin1")  # terms that begin in even years
TERMS = 5  # terms of a seat that luck is drawn for; eight to ten years


def build(world: World) -> Built:
    """Static facts of the permanent members, who sits when, and the calendar."""
    actors, permanent = world.members("actor"), world.members("permanent")
    target, buyer = world.members("target")[0], world.members("buyer")[0]
    at, goal = [actors.index(s) for s in permanent], actors.index(target)
    trade = world.tables["trade"]
    both = trade[goal] + trade[:, goal]
    mine = np.array([s == buyer for s in permanent])
    share = np.where(mine, 0.0, both[at] / max(both.sum(), 1e-9))
    year = np.array([int(month[:4]) for month in world.months])
    odd = np.array([seat not in EVEN for seat in SEATS])
    begin = year[:, None] - (year[:, None] - odd) % 2
    term = (begin - begin[0]) // 2
    if term.max() >= TERMS:
        raise ValueError(f"the council has luck for {TERMS} terms of an elected seat")
    return Built(
        data={
            "target": world.members("supplier").index(target),
            "mine": mine[:, None],
            "share": share[:, None],
            "point": world.tables["ideal_point"][at][:, None],
            "bloc": np.array([BLOCS.index(seat[:-1]) for seat in SEATS]),
            "term": term,
            "calendar": np.array([int(month[5:7]) for month in world.months]),
            "side": np.array([1.0, -1.0])[:, None, None],
        }
    )


def leaning(view: View) -> tuple[jnp.ndarray, jnp.ndarray]:
    """Leaning towards the regime, stance apart: permanent [permanent, F], elected [seat, F]."""
    p, d = view.param, view.data
    relation = jnp.where(d["mine"], view.var["tie"][d["target"]][None], d["share"])
    deal = d["mine"] * (view.var["shipped"][d["target"]] > 0).any(axis=0)[None]
    held = p["slope"] * d["point"] - p["on_tie"] * relation - p["on_deal"] * deal
    point = p["centre"][d["bloc"]] + p["spread"][d["bloc"]] * sitting(view, "point")
    return p["consensus"] + held, p["consensus"] + p["slope"] * point


def sitting(view: View, name: str) -> jnp.ndarray:
    """The draw of those who hold the elected seats this month [seat, F]."""
    term = jnp.asarray(view.data["term"])[view.month][:, None, None]
    return jnp.take_along_axis(view.luck[name], term, axis=1)[:, 0]


def stance(view: View, held: jnp.ndarray, due: jnp.ndarray) -> jnp.ndarray:
    """Stance of the permanent members [permanent, F], given their votes on record."""
    u, vetoed = view.luck["stance"], view.series["vetoed"] > 0
    refuses = jax.nn.sigmoid(-view.param["abstains"] - held)
    given = jnp.where(vetoed, u * refuses, refuses + u * (1.0 - refuses))
    told = due & (view.record > 0) & (vetoed.any(axis=0) | (view.series["adopted"] > 0))
    u = jnp.clip(jnp.where(told, given, u), 1e-12, 1.0 - 1e-12)
    return jnp.where(told | (view.month == 0), log(u) - log(1.0 - u), view.var["stance"])


def ballots(view: View, due: jnp.ndarray) -> tuple[jnp.ndarray, ...]:
    """Votes bool[draft, member, F] (yes, no), the chance that each draft passes, stances."""
    half, side = view.param["abstains"], view.data["side"]
    held, seats = leaning(view)
    kept = stance(view, held, due)
    known, unknown = side * (held + kept), side * seats
    lean = jnp.concatenate([known, side * (seats + sitting(view, "mood"))], axis=1)
    sure = jnp.concatenate([known > half, jax.nn.sigmoid(unknown - half)], axis=1)
    never = jnp.concatenate([known < -half, jax.nn.sigmoid(-half - unknown)], axis=1)
    # in a branch that is always taken: else the compiler writes the chance of every number of votes
    # into each of its readers
    likely = jax.lax.cond(
        view.month < len(view.data["calendar"]),
        lambda: chance(sure, never, held.shape[0], view.param["quota"]),
        lambda: jnp.zeros_like(sure[:, 0]),
    )
    return lean > half, lean < -half, likely, kept


def step(view: View) -> Values:
    """Votes on both drafts, the mandate, and whether the sanctions stand."""
    p, d, var, many = view.param, view.data, view.var, view.data["mine"].shape[0]
    due = jnp.asarray(d["calendar"])[view.month] == p["meets"]
    yes, no, likely, kept = ballots(view, due)
    runs, stood, free = var["mandate"] >= 1, var["sanctions_in_force"], p["decree"] <= 0
    renewal = jnp.stack([runs, jnp.zeros_like(runs)])
    tabled = due & (stood > 0) & free & (renewal | (likely > p["cost"]))
    voted = tabled & passes(yes, no, many, p["quota"])
    known = jnp.stack([view.series["adopted"] > 0, jnp.zeros(1, bool)])
    done = jnp.where(view.record > 0, known, voted) | (p["decree"] > 0)
    blocked = tabled & (yes.sum(axis=1) >= p["quota"])
    cast = (no[:, :many] & blocked[:, None]).any(axis=0)
    cast = jnp.where(view.record > 0, (view.series["vetoed"] > 0) & free[0], cast)
    repealed = done[1] & (stood > 0)
    stands = stood * ~repealed
    left = jnp.where(done[0], p["term"], jnp.maximum(var["mandate"] - 1.0, 0.0))
    return {
        "mandate": left * stands,
        "panel_alive": (done[0] | runs) * stands,
        "sanctions_in_force": stands,
        "repeal_passed": repealed.astype(float),
        "veto_cast": cast.astype(float),
        "pass_chance": likely,
        "stance": kept,
    }


# fmt: off
LAW = Law(
    name="council", plain="votes in the Security Council",
    phase="decide", step=step, build=build, parts=("S18",),
    reads=("tie", "shipped"), single=("target", "buyer"), labels={"draft": DRAFTS, "bloc": BLOCS, "seat": SEATS},
    needs=(Need("set", "target", "the state that the regime is against"),
           Need("set", "buyer", "the member whose arms deals count"),
           Need("set", "supplier", "where the target stands among suppliers"),
           Need("member", "@target", "its tie to the buyer and its deals", of="supplier"),
           Need("table", "trade", "who depends on the target"),
           Need("table", "ideal_point", "observed ideal point of a member")),
    params=(Param("consensus", (), "1",
                  "log odds of a Council vote for the sanctions, all else apart"),
            Param("slope", (), "1", "weight of alignment in a Council vote", sign="assumed"),
            Param("on_tie", (), "1",
                  "weight of the relation to the target in a Council vote", sign="assumed"),
            Param("on_deal", (), "1",
                  "weight of an arms deal of its own with the target in a Council vote",
                  sign="assumed"),
            Param("abstains", (), "1", "width of the doubt in which a Council member abstains"),
            Param("centre", ("bloc",), "1", "mean alignment of the elected members from {bloc}"),
            Param("spread", ("bloc",), "1",
                  "scatter of alignment among the elected members from {bloc}; standard deviation"),
            Param("quota", (), "1", "votes that a Council draft needs"),
            Param("meets", (), "1",
                  "month of the year in which the Council takes up the sanctions"),
            Param("term", (), "month", "months that a renewed mandate of the panel runs"),
            Param("opening_mandate", (), "month",
                  "months that the panel's mandate runs at the start"),
            Param("cost", ("draft",), "1",
                  "chance of passing from which a draft on {draft} is tabled"),
            Param("decree", ("draft",), "1",
                  "adoption of a draft on {draft} by assumption; 1 = passes", path=True)),
    draws=(Draw("stance", ("permanent",), "uniform", "start"),
           Draw("mood", ("seat",), "logistic", "start", TERMS),
           Draw("point", ("seat",), "normal", "start", TERMS)),
    series=(Series("adopted", (), "1",
                   "renewal of the panel's mandate on record; 1 = in this month"),
            Series("vetoed", ("permanent",), "1", "veto on record; 1 = in this month")),
    writes=(Var("mandate", (), "month",
                "months that the panel's mandate still runs", "opening_mandate"),
            Var("panel_alive", (), "1", "mandate of the panel of experts; 1 = in force"),
            Var("sanctions_in_force", (), "1", "the Council's sanctions; 1 = in force", 1.0),
            Var("repeal_passed", (), "1",
                "repeal of the Council's sanctions; 1 = in this month", nature="amount"),
            Var("veto_cast", ("permanent",), "1",
                "veto of a permanent member; 1 = its no stopped a draft", nature="amount"),
            Var("pass_chance", ("draft",), "1",
                "chance that a draft on {draft} would pass", nature="mean",
                tells=Tells("vote", {"draft": "draft"})),
            Var("stance", ("permanent",), "1",
                "stance of a permanent member beyond its alignment", 0.0)),
    imposes=(Imposed("ties to the target and deals with it never raise support of the regime",
                     ("on_tie", "on_deal")),
             Imposed("a higher ideal point never lowers support of the regime", ("slope",))),
    words={"panel": "the panel of experts", "repeal": "the repeal of sanctions",
           "africa": "Africa", "asia": "Asia", "east": "Eastern Europe", "latin": "Latin America",
           "west": "Western Europe and others", "africa1": "Africa, first seat",
           "africa2": "Africa, second seat", "africa3": "Africa, third seat",
           "asia1": "Asia, first seat", "asia2": "Asia, second seat",
           "east1": "Eastern Europe, its seat", "latin1": "Latin America, first seat",
           "latin2": "Latin America, second seat",
           "west1": "Western Europe and others, first seat",
           "west2": "Western Europe and others, second seat"},
)
