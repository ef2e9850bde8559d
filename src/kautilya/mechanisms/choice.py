r"""Choice: every state decides whether to supply each class of goods.

    U_ig = base_g + gain + politics block - patron + past tie + spare - secondary sanctions
           + affinity
    P_ig = 1 / (1 + exp(-U_ig));   supplies iff  taste_ig < P_ig, it was asked,
                                   it holds the class, and `permit` allows it

    taste   uniform: reluctance, drawn once per pair and class and renewed rarely (every
            `renewal` months in the mean); a fresh draw each month would make nearly every
            refuser ship within a few years. taste < P is U plus a logistic draw above zero.
            While the record drives, taste is drawn conditional on what is on record:
            below P for those who delivered, above P for those who were asked and did not.
    asked   where the buyer's need of a class is above `asks_from`, or someone delivers it on
            record: then the buyer looked for it, and everyone who holds it could have been asked

Both expected losses, by the sanctioning markets and by the patron, are percent of output and have
one weight. The rival answer (stock and calibre alone) is the same law with every weight but
`spare` and `gain` at zero. A term whose law is not in the
scenario is absent. Weights are per unit of each covariate; their sources and ranges stand
in the scenario. Source: random utility (mcfadden1974).
Holds for: states as single deciders. Breaks when: firms or ministries act on their own.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Draw, Imposed, Law, Need, Param, Values, Var, View, lone
from kautilya.core.world import World

POLITICS = ("ally", "alignment", "enemy", "reputation", "revision", "own_ban")
NOTHING = np.zeros((1, 1))  # a term whose law is not in the scenario
TERMS = {  # of the utility, with what the sign and the size of each rest on
    "base": "declared range",
    "gain": "declared range, sign imposed",
    "ally": "panel, sign not settled",
    "alignment": "panel",
    "enemy": "sign not settled by the panel",
    "reputation": "sign imposed",
    "revision": "panel; sign against the common reading, not settled",
    "own_ban": "sign imposed: a state's own export law is obeyed",
    "patron": "sign imposed; its size rests on a chance that the record only bounds",
    "past_tie": "panel",
    "spare": "sign imposed",
    "sanctions": "sign imposed; size not identified by the historical panel",
    "affinity": "off unless a lever counts it",
}
RENEWALS = 4
NEVER = np.iinfo(np.int16).max  # a month after every horizon


def build(world: World) -> Built:
    """Past ties [supplier], centred, from the scenario's tables."""
    tie = world.towards("arms_tie", "supplier", "buyer")
    return Built(data={"tie": (tie - tie.mean(axis=-1, keepdims=True))[..., None, None]})


def utility(view: View) -> list[jnp.ndarray]:
    """Terms of the utility, each [supplier, offer, F]; they add up to it."""
    p, var = view.param, view.var
    shape = var["deal_gain"].shape
    politics = var.get("politics", jnp.zeros((len(POLITICS), 1, 1)))
    parts = [p["base"], p["on_gain"] * var["deal_gain"]]
    parts += [p["on_politics"][k] * politics[k][..., None, :] for k in range(len(POLITICS))]
    parts += [
        -p["on_sanctions"] * var.get("patron_cost", NOTHING)[..., None, :],
        p["on_tie"] * view.data["tie"],
        p["on_spare"] * var["relief"],
        -p["on_sanctions"] * var.get("sanction_cost", NOTHING),
        p["on_affinity"] * var.get("affinity", NOTHING)[..., None, :],
    ]
    return [jnp.broadcast_to(part, shape) for part in parts]


def renewed(view: View) -> tuple[jnp.ndarray, jnp.ndarray]:
    """The uniform draw in force this month [supplier, offer, F], and whether it is new."""
    u, wait, month = 1.0 - view.luck["taste"], view.luck["wait"], view.month.astype(jnp.int16)
    time, now, fresh = jnp.zeros_like(wait[..., 0, :]), u[..., 0, :], view.month == 0
    for k in range(wait.shape[-2]):
        time = time + wait[..., k, :] * view.param["renewal"]
        due = jnp.minimum(jnp.ceil(time), NEVER).astype(jnp.int16)  # small, and made once a future
        now = jnp.where(due <= month, u[..., k + 1, :], now)
        fresh = fresh | (due == month)
    return now, fresh


def recorded(view: View) -> jnp.ndarray:
    """Deliveries on record; none where the scenario has no such law."""
    return jnp.asarray(view.var.get("recorded", jnp.zeros_like(view.var["deal_gain"])))


def taste(view: View, chance: jnp.ndarray, asked: jnp.ndarray) -> jnp.ndarray:
    """The persistent draw [supplier, offer, F], conditional on the record while it drives."""
    u, fresh = renewed(view)
    given = jnp.where(recorded(view) > 0, u * chance, chance + u * (1.0 - chance))
    draw = jnp.where((view.record > 0) & asked, given, u)
    return jnp.where((view.record == 0) & ~fresh, view.var["taste"], draw)


def step(view: View) -> Values:
    """Utility, its terms, probability, taste and decision."""
    p = view.param
    terms = utility(view)
    total = sum(terms[1:], terms[0])
    told = (recorded(view) > 0).any(axis=-3)
    asked = ((lone(view.var["need"]) > p["asks_from"]) | told)[..., None, :, :]
    chance = 1.0 / (1.0 + jnp.exp(-total))  # full relative precision where it is small
    drawn = taste(view, chance, asked)
    open_to = asked & (view.var["spare"] > 0)
    forced = p["permit"] - 1.0
    will = (drawn < chance).astype(float)
    likely = jnp.where(open_to, jnp.clip(chance + forced, 0.0, 1.0), 0.0)
    hoped = likely * jnp.minimum(view.var["spare"], view.var.get("route_limit", jnp.inf))
    room = lone(view.var["gap"]) / jnp.maximum(hoped.sum(axis=-3), 1e-9)
    return {
        "utility": total,
        "utility_terms": jnp.stack(terms),
        "taste": drawn,
        "supply_chance": likely,
        "expected_supply": hoped * jnp.minimum(room, 1.0)[..., None, :, :],
        "willing": jnp.where(open_to, jnp.clip(will + forced, 0.0, 1.0), 0.0),
    }


# fmt: off
LAW = Law(
    name="choice", plain="the decision to supply",
    phase="decide", step=step, build=build, cites=("mcfadden1974",),
    parts=("S02", "S06", "S12", "S13", "S17"), labels={"term": tuple(TERMS), "factor": POLITICS},
    reads=("deal_gain", "relief", "spare", "need", "gap"),
    reads_if=("politics", "sanction_cost", "patron_cost", "recorded", "affinity", "route_limit"),
    needs=(Need("table", "arms_tie", "past arms trade with the buyer"),),
    params=(Param("base", ("offer",), "1", "willingness to supply, all else at its mean"),
            Param("on_gain", (), "1",
                  "weight of the supplier's gain in the decision", sign="assumed"),
            Param("on_politics", ("factor",), "1", "weight of {factor} in the decision",
                  sign={"reputation": "assumed", "own_ban": "assumed"}),
            Param("on_tie", (), "1",
                  "weight of past arms trade in the decision", sign="declared"),
            Param("on_spare", (), "1",
                  "weight of having enough to spare in the decision", sign="assumed"),
            Param("on_sanctions", (), "year/percent",
                  "weight of expected losses from sanctions in the decision",
                  sign="assumed"),
            Param("on_affinity", (), "1",
                  "weight of the leaders' personal tie in the decision",
                  sign="assumed"),
            Param("asks_from", (), "1", "shortage from which the buyer asks others"),
            Param("renewal", (), "month",
                  "months until a state reconsiders whether to supply; mean"),
            Param("permit", ("buyer?", "supplier", "offer"), "1",
                  "permission to supply; 1 = free, 0 = never, 2 = always",
                  path=True)),
    draws=(Draw("taste", ("buyer?", "supplier", "offer"), "uniform", "start", RENEWALS + 1),
           Draw("wait", ("buyer?", "supplier", "offer"), "exponential", "start", RENEWALS)),
    writes=(Var("utility", ("buyer?", "supplier", "offer"), "1",
                "utility of supplying", nature="mean"),
            Var("utility_terms", ("term", "buyer?", "supplier", "offer"), "1",
                "{term} as a reason to supply or not", nature="mean",
                rests=TERMS),
            Var("taste", ("buyer?", "supplier", "offer"), "1",
                "a state's lasting reluctance to supply", 0.0),
            Var("supply_chance", ("buyer?", "supplier", "offer"), "1",
                "probability that a state supplies a class",
                nature="mean"),
            Var("expected_supply", ("buyer?", "supplier", "offer"), "{good}/month",
                "supply that the decision model expects of a state; chance times spare",
                nature="amount"),
            Var("willing", ("buyer?", "supplier", "offer"), "1",
                "readiness to supply this month; 1 = supplies", nature="mean")),
    imposes=(Imposed("expected losses never make supply likelier", ("on_sanctions",)),
             Imposed("a name to lose and a ban of its own never make supply likelier",
                     ("on_politics",)),
             Imposed("more to spare never makes supply less likely", ("on_spare",)),
             Imposed("a larger gain never makes supply less likely", ("on_gain",)),
             Imposed("a personal tie of the leaders never makes supply less likely",
                     ("on_affinity",))),
    words={"base": "readiness as such", "gain": "the gain of the deal", "ally": "being an ally",
           "alignment": "voting alike", "enemy": "a common enemy", "reputation": "a name to lose",
           "revision": "wanting another world order", "own_ban": "its own export ban",
           "patron": "fear of its patron", "past_tie": "past arms trade",
           "spare": "having enough to spare", "sanctions": "fear of sanctions",
           "affinity": "the leaders' personal tie"},
)
