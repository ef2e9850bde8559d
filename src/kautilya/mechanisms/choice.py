r"""Choice: whom the buyer asks, and which state agrees, class by class.

    P(asked)  = 1 / (1 + exp(-A_ig)),   A = level + need + spare + record + reach + customer + again - standing
    P(agrees) = 1 / (1 + exp(-B_ig)),   B = base + dealings + treaty + politics + gain - losses + s z_i
    supplies iff seek_ig < P(asked) and taste_ig < P(agrees); of the pair's package, iff u_i < P(asked) P(agrees);
    and it holds the class and `permit` allows it

    record, reach, customer   what the register says, in log odds: exports of the class; capacity,
              pattern, partners in common and distance; past deliveries of the class to the buyer
    standing  what the buyer loses by asking a state that it voted to sanction, while measures stand
    treaty    what a treaty in force adds, by class
    dealings  past deliveries to the buyer of any class; a state's purchases from it are none
    again, delivered   the same from this war's own deliveries, of the class and of any, fading,
              from the month after: state dependence; an older tie is not counted twice, and where
              there was less than none (below 0) a delivery adds to it. The weight of any
              class is that of a year on the next: it grows over the first twelve months, in which what the pair has in
              common alone ties classes together. What firms do (`binds` 0) makes no tie of states, has no share in that
    package   chance that a class is in it: then one luck u settles it with the others. A common shock:
              that another class comes too is as likely where supply is rare as where it is not, as in the
              register for states without an older tie; chances by class do not depend on it
    s z       a normal effect of the pair, z the normal at u: in its place for states with an older tie
    u, seek, taste, joins   uniform, u of the pair, the others by class; drawn once and renewed rarely (`renewal`
              months in the mean: a government or a policy changes)

While the record drives, chances are told as if it were not known. When it ends, these are drawn given
all classes of it: who delivered, and who could and had not by then. Expected losses, by markets
and by the patron, have one weight. Rivals are this law with weights at zero. Need, stock and past
ties are enough; a term whose law, table or figures a scenario does not have is absent, and so is
luck. Without deliveries on record the model decides from the first month.
Source: mcfadden1974, poirier1980; package: marshallolkin1967.
Holds for: states as single deciders. Breaks when: firms or ministries act on their own.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy.special import ndtri

from kautilya.core.law import Built, Draw, Imposed, Law, Param, Values, Var, View, lone, there
from kautilya.core.numerics import CELLS, largest, ordered
from kautilya.core.world import World

POLITICS = ("ally", "alignment", "us_ally", "measures", "club", "pariah", "democracy", "own_ban")
NOTHING = np.zeros((1, 1))  # a term whose law is not in the scenario
PANEL, IMPOSED = "register and requests", "sign imposed"
TERMS = {  # of both stages, with what the sign and the size of each rest on
    "asking": "level from requests", "need": IMPOSED, "spare": IMPOSED, "record": "register",
    "reach": "register", "customer": "register", "again": "register", "standing": IMPOSED,
    "agreeing": "level from requests", "dealings": "register", "delivered": "register",
    "treaty": "declared range, sign imposed",
    "ally": "register, sign not settled", "alignment": "register", "us_ally": PANEL,
    "measures": PANEL, "club": "register; requests do not show it", "pariah": "register",
    "democracy": "register", "own_ban": "sign imposed: a state's own export law is obeyed",
    "gain": "declared range, sign imposed",
    "patron": "sign imposed; its size rests on a chance that the record only bounds",
    "sanctions": "sign imposed; size not identified by the historical panel",
    "affinity": "off unless a lever counts it", "pair": "luck of the pair, shared by its classes",
}  # fmt: skip
TAKES = {  # what each term is made of; it is absent where one of them is
    "need": ("on_need",), "spare": ("on_spare",), "record": ("record",), "reach": ("reach",),
    "customer": ("customer",), "again": ("on_again",), "standing": ("standing", "on_standing"),
    "dealings": ("dealings",), "delivered": ("on_tie",),
    "treaty": ("treaty_opens",),
    "ally": ("politics", "on_politics", "ally"),
    "us_ally": ("politics", "on_politics", "us_ally", "sanctioned"),
    "alignment": ("politics", "on_politics", "ideal_point"),
    "measures": ("politics", "on_politics", "sanctioned"),
    "club": ("politics", "on_politics", "sanctioned"),
    "pariah": ("politics", "on_politics", "pariah", "sanctioned"),
    "democracy": ("politics", "on_politics", "democracy"),
    "own_ban": ("politics", "on_politics", "bans"),
    "gain": ("deal_gain", "on_gain"), "patron": ("patron_cost", "on_sanctions"),
    "sanctions": ("sanction_cost", "on_sanctions"), "affinity": ("affinity", "on_affinity"),
    "pair": ("spread",),
}  # fmt: skip
ASKS = tuple(TERMS).index("agreeing")  # of the terms belong to asking
RENEWALS = 4  # copies of luck
NEVER = np.iinfo(np.int16).max  # a month after every horizon


def build(world: World) -> Built:
    """Who buys when; a buyer that is out asks nobody."""
    return Built(data=world.present("buyer"))


def logistic(x: jnp.ndarray) -> jnp.ndarray:
    """1 / (1 + exp(-x)): full relative precision where it is small."""
    return 1.0 / (1.0 + jnp.exp(-x))


def dealing(view: View) -> jnp.ndarray:
    """Months since the first delivery that binds, that month's as 1 [(buyer), supplier, F]; 0: none."""
    before = view.var["dealing"]
    moved = largest((view.var["shipped"] > 0) * view.param["binds"], -2)
    return jnp.where((before > 0) | (moved > 0), before + 1.0, 0.0)


def dealt(view: View, fade: jnp.ndarray) -> tuple[jnp.ndarray, jnp.ndarray]:
    """What this war's deliveries add to asking again and to agreeing [(buyer), supplier, offer, F]."""
    p = view.param
    again = jnp.maximum(p["on_again"] * fade - jnp.maximum(p["customer"], 0.0), 0.0)
    last = largest(fade * p["binds"], -2)
    grown = jnp.minimum(dealing(view) / 12, 1.0)
    tie = jnp.maximum(p["on_tie"] * last * grown - jnp.maximum(p["dealings"], 0.0), 0.0)
    model = 1.0 - view.record
    return again * model, tie[..., None, :] * model


def terms(view: View, pair: jnp.ndarray, fade: jnp.ndarray) -> list[jnp.ndarray]:
    """Terms of both stages, each [(buyer), supplier, offer, F], in the order of ``TERMS``."""
    p, var = view.param, view.var
    shape = (jnp.zeros_like(pair[..., None, :]) * p["ask_base"] + var["relief"]).shape
    politics = var.get("politics", jnp.zeros((len(POLITICS), 1, 1)))[..., None, :]
    again, tie = dealt(view, fade)
    made = [
        p["ask_base"],
        p["on_need"] * (lone(var["need"])[..., None, :, :] - 1.0),
        p["on_spare"] * var["relief"],
        p["on_traits"] * p["record"],
        p["on_traits"] * p["reach"],
        p["on_traits"] * p["customer"],
        p["on_traits"] * again,
        -p["on_standing"] * (p["standing"] * var.get("measures_left", 1.0))[..., None, :],
        p["base"],
        p["dealings"][..., None, :],
        tie,
        var.get("treaty_opens", NOTHING),
        *(p["on_politics"][k] * politics[k] for k in range(len(POLITICS))),
        p["on_gain"] * var.get("deal_gain", NOTHING),
        -p["on_sanctions"] * var.get("patron_cost", NOTHING)[..., None, :],
        -p["on_sanctions"] * var.get("sanction_cost", NOTHING),
        p["on_affinity"] * var.get("affinity", NOTHING)[..., None, :],
        shared(view, pair),
    ]
    return [jnp.broadcast_to(part, shape) for part in made]


def renewed(view: View) -> tuple[jnp.ndarray, ...]:
    """Uniforms in force: of the pair, seek, taste and joins; and whether they are new this month."""
    luck, wait, month = view.luck, view.luck["wait"], view.month.astype(jnp.int16)
    names = ("pair", "seek", "taste", "joins")
    time, fresh = jnp.zeros_like(wait[..., 0, :]), view.month == 0
    now = [1.0 - luck[name][..., 0, :] for name in names]
    for k in range(wait.shape[-2]):
        time = time + wait[..., k, :] * view.param["renewal"]
        due = jnp.minimum(jnp.ceil(time), NEVER).astype(jnp.int16)  # small, and made once a future
        wide = (due <= month, *([(due <= month)[..., None, :]] * len(names[1:])))
        now = [
            jnp.where(there, 1.0 - luck[name][..., k + 1, :], one)
            for there, name, one in zip(wide, names, now, strict=True)
        ]
        fresh = fresh | (due == month)
    return (*now, jnp.broadcast_to(fresh, time.shape))


def answered(
    sent: jnp.ndarray, asked: jnp.ndarray, agrees: jnp.ndarray, luck: tuple[jnp.ndarray, ...]
) -> tuple[jnp.ndarray, jnp.ndarray]:
    """Seek and taste given that a class came (sent), or that it was not asked for or refused."""
    seek, taste = luck
    sought = asked * (1.0 - agrees) / jnp.maximum(1.0 - asked * agrees, 1e-12)  # given a no
    was = seek < sought
    no_seek = jnp.where(was, seek / jnp.maximum(sought, 1e-12) * asked,
                        1.0 - (1.0 - seek) / jnp.maximum(1.0 - sought, 1e-12) * (1.0 - asked))  # fmt: skip
    no_taste = jnp.where(was, agrees + taste * (1.0 - agrees), taste)
    return jnp.where(sent, seek * asked, no_seek), jnp.where(sent, taste * agrees, no_taste)


def learned(
    view: View, asked: jnp.ndarray, lean: jnp.ndarray, luck: tuple[jnp.ndarray, ...]
) -> tuple[jnp.ndarray, ...]:
    """Uniforms of pair, seek and taste and what is in the package, given who had delivered
    [.., supplier(, offer), F]. A class that a state could not have given says nothing.

    asked   chance of being asked     lean   log odds of agreeing without the pair effect
    """
    sent = view.var["sent"] > 0
    told = (view.var["spare"] > 0) | sent
    share = packed(view)

    def did(place: jnp.ndarray) -> tuple[jnp.ndarray, ...]:
        """At a place of the pair: chance of agreeing; of what the class did, in the package and not."""
        agrees = logistic(lean + shared(view, ndtri(jnp.clip(place, 1e-9, 1.0 - 1e-9))))
        chance = asked * agrees
        common = share * ((place[..., None, :] < chance) == sent)
        return agrees, common, (1.0 - share) * jnp.where(sent, chance, 1.0 - chance)

    def likely(ends: tuple[jnp.ndarray, jnp.ndarray]) -> jnp.ndarray:
        _, common, own = did(0.5 * (ends[0] + ends[1]))
        return jnp.log(jnp.where(told, jnp.maximum(common + own, 1e-12), 1.0)).sum(axis=-2)

    steps = asked * logistic(lean)  # where the package changes its mind
    even = jnp.broadcast_to(
        jnp.linspace(0.0, 1.0, CELLS + 1)[:, None], (*steps.shape[:-2], CELLS + 1, steps.shape[-1])
    )
    edges = jnp.moveaxis(ordered(jnp.concatenate([even, steps], axis=-2), -2), -2, 0)
    cells = (edges[:-1], edges[1:])
    logs = lax.map(likely, cells)
    weight = (edges[1:] - edges[:-1]) * jnp.exp(logs - logs.max(axis=0))
    up = jnp.cumsum(weight, axis=0)
    want = luck[0] * up[-1]
    place = jnp.minimum((up < want).sum(axis=0), len(up) - 1)
    start, end, here, over = (
        jnp.take_along_axis(one, place[None], axis=0)[0] for one in (*cells, weight, up - want)
    )
    pair = end - (end - start) * jnp.clip(over / jnp.maximum(here, 1e-12), 0.0, 1.0)
    agrees, common, own = did(pair)
    joined = luck[3] < jnp.where(told, common / jnp.maximum(common + own, 1e-12), share)
    seek, taste = (
        jnp.where(told & ~joined, now, one)
        for now, one in zip(answered(sent, asked, agrees, luck[1:3]), luck[1:3], strict=True)
    )
    return pair, seek, taste, joined.astype(float)


def shared(view: View, pair: jnp.ndarray) -> jnp.ndarray:
    """What the normal effect of the pair adds to agreeing [(buyer), supplier, offer, F]."""
    return (view.param["spread"] * pair)[..., None, :] * view.param["binds"]


def packed(view: View) -> jnp.ndarray:
    """Chance that a class is in the pair's package [(buyer), supplier, offer, F]."""
    return view.param["package"][..., None, :] * view.param["binds"]


def drawn(view: View, fade: jnp.ndarray) -> tuple[jnp.ndarray, ...]:
    """Uniforms of pair [(buyer), supplier, F], seek and taste [(buyer), supplier, offer, F]; what is in
    the package."""
    *luck, fresh = renewed(view)
    var = view.var
    ends = (view.record == 0) & (var["driven"] > 0).any()  # the same in all futures

    def given() -> tuple[jnp.ndarray, ...]:
        told = view._replace(record=jnp.ones_like(view.record))
        known = terms(told, jnp.zeros_like(luck[0]), fade)
        asked, lean = sum(known[1:ASKS], known[0]), sum(known[ASKS + 1 :], known[ASKS])
        return learned(view, logistic(asked), lean, tuple(luck))

    def kept() -> tuple[jnp.ndarray, ...]:
        anew = fresh | (view.record > 0)
        now = (*luck[:3], (luck[3] < packed(view)).astype(float))
        old = (var["pair_luck"], var["seek"], var["taste"], var["joined"])
        wide = (anew, *([anew[..., None, :]] * len(now[1:])))
        return tuple(jnp.where(n, a, b) for n, a, b in zip(wide, now, old, strict=True))

    return lax.cond(ends, given, kept)


def step(view: View) -> Values:
    """Both stages: terms, chances, draws, decision."""
    if "recorded" not in view.var:  # nothing is known of who delivered
        view = view._replace(record=jnp.zeros_like(view.record))
    p, var = view.param, view.var
    shipped = var["shipped"] > 0
    since = jnp.where(shipped, 1.0, var["since"] + 1.0)
    fade = jnp.exp(-since / p["fade"])
    pair, seek, taste, joined = drawn(view, fade)
    made = terms(view, ndtri(jnp.clip(pair, 1e-9, 1.0 - 1e-9)), fade)
    asked = logistic(sum(made[1:ASKS], made[0])) * (lone(var["need"]) > 0)[..., None, :, :]
    total = sum(made[ASKS + 1 :], made[ASKS])
    agrees = logistic(total)
    forced = p["permit"] - 1.0
    able = var["spare"] * lone(there(view, "buyer", 2))[..., None] > 0
    likely = jnp.where(able, jnp.clip(asked * agrees + forced, 0.0, 1.0), 0.0)
    own, common = (seek < asked) & (taste < agrees), pair[..., None, :] < asked * agrees
    will = jnp.where(joined > 0, common, own).astype(float)
    hoped = likely * jnp.minimum(var["spare"], var.get("route_limit", jnp.inf))
    room = lone(var["gap"]) / jnp.maximum(hoped.sum(axis=-3), 1e-9)
    recorded = jnp.asarray(var.get("recorded", jnp.zeros_like(total)))
    return {
        "since": since,
        "dealing": dealing(view),
        "sent": jnp.maximum(var["sent"], (recorded > 0).astype(float)),
        "driven": jnp.broadcast_to(view.record, var["driven"].shape),
        "pair_luck": pair,
        "seek": seek,
        "taste": taste,
        "joined": joined,
        "utility": total,
        "utility_terms": jnp.stack(made),
        "ask_chance": jnp.where(able, asked, 0.0),
        "supply_chance": likely,
        "expected_supply": hoped * jnp.minimum(room, 1.0)[..., None, :, :],
        "willing": jnp.where(able, jnp.clip(will + forced, 0.0, 1.0), 0.0),
    }


# fmt: off
PAIR = ("buyer?", "supplier")
CASE = (*PAIR, "offer")
LAW = Law(
    name="choice", plain="the decision to supply",
    phase="decide", step=step, build=build, cites=("mcfadden1974", "poirier1980", "marshallolkin1967"), dated=("buyer",),
    parts=("S02", "S06", "S12", "S13", "S17"),
    labels={"term": tuple(TERMS), "factor": POLITICS},
    reads=("relief", "spare", "need", "gap", "shipped"),
    reads_if=("deal_gain", "politics", "sanction_cost", "patron_cost", "recorded", "affinity",
              "route_limit", "treaty_opens", "measures_left"),
    params=(Param("record", CASE, "1", "earlier exports of the class; log odds of being asked",
                  absent=0.0),
            Param("reach", CASE, "1", "capacity, pattern and distance; log odds of being asked",
                  absent=0.0),
            Param("customer", CASE, "1", "earlier sales of the class to the buyer; log odds of being asked",
                  absent=0.0),
            Param("dealings", PAIR, "1", "earlier sales of any arms to the buyer; log odds of agreeing",
                  absent=0.0),
            Param("on_traits", (), "1", "weight of earlier exports, reach and sales in being asked; "
                  "1 = as in the register", sign="declared", absent=1.0),
            Param("ask_base", ("offer",), "1", "readiness of the buyer to ask; at full need"),
            Param("on_need", (), "1", "weight of the buyer's need in asking", sign="assumed"),
            Param("on_spare", (), "1", "weight of what a state could spare in being asked",
                  sign="assumed"),
            Param("standing", PAIR, "1", "loss of face of a buyer that asks a state; 0 to 1",
                  absent=0.0),
            Param("on_standing", (), "1", "weight of a loss of face in asking", sign="assumed",
                  absent=0.0),
            Param("base", ("offer",), "1", "readiness of a state to supply once asked"),
            Param("on_again", (), "1", "weight of a delivery in being asked for the class again",
                  sign="declared", absent=0.0),
            Param("on_tie", (), "1", "weight of a delivery of any arms in agreeing to another",
                  sign="declared", absent=0.0),
            Param("binds", ("offer",), "1", "whether a sale is a dealing of states; 1 = it is, 0 = of firms",
                  absent=1.0),
            Param("fade", (), "month", "months in which a tie of arms fades by a factor e",
                  absent=float(NEVER)),
            Param("on_politics", ("factor", "offer"), "1", "weight of {factor} in the decision",
                  sign={"own_ban": "assumed"}, absent=0.0),
            Param("on_gain", (), "1", "weight of the supplier's gain in the decision",
                  sign="assumed", absent=0.0),
            Param("on_sanctions", (), "year/percent",
                  "weight of expected losses from sanctions in the decision", sign="assumed",
                  absent=0.0),
            Param("on_affinity", (), "1",
                  "weight of the leaders' personal tie in the decision", sign="assumed",
                  absent=0.0),
            Param("spread", PAIR, "1", "spread of the luck of a pair, shared by its classes",
                  sign="declared", absent=0.0),
            Param("package", PAIR, "1", "chance that a class is part of a pair's package", absent=0.0),
            Param("renewal", (), "month", "months until a state reconsiders whether to supply; mean",
                  absent=float(NEVER)),
            Param("permit", CASE, "1", "permission to supply; 1 = free, 0 = never, 2 = always",
                  path=True, absent=1.0)),
    draws=(Draw("pair", PAIR, "uniform", "start", RENEWALS + 1),
           Draw("seek", CASE, "uniform", "start", RENEWALS + 1),
           Draw("taste", CASE, "uniform", "start", RENEWALS + 1),
           Draw("joins", CASE, "uniform", "start", RENEWALS + 1),
           Draw("wait", PAIR, "exponential", "start", RENEWALS)),
    writes=(Var("since", CASE, "1", "months since a state's last delivery of a class", 1e6),
            Var("dealing", PAIR, "1", "months since a state's first delivery of arms", 0.0),
            Var("sent", CASE, "1", "delivery on record; 1 = there was one", 0.0),
            Var("driven", (), "1", "whether the record drove the month before", 0.0),
            Var("pair_luck", PAIR, "1", "luck of a pair; its place in its distribution", 0.0),
            Var("seek", CASE, "1", "a buyer's lasting reluctance to ask", 0.0),
            Var("taste", CASE, "1", "a state's lasting reluctance to supply", 0.0),
            Var("joined", CASE, "1", "whether a class is part of a pair's package; 1 = it is", 0.0),
            Var("utility", CASE, "1", "utility of supplying", nature="mean",
                blind="recorded"),
            Var("utility_terms", ("term", *CASE), "1", "{term} as a reason to supply or not",
                nature="mean", rests=TERMS, takes=TAKES, blind="recorded"),
            Var("ask_chance", CASE, "1", "probability that a state is asked for a class",
                nature="mean", blind="recorded"),
            Var("supply_chance", CASE, "1", "probability that a state supplies a class",
                nature="mean", blind="recorded"),
            Var("expected_supply", CASE, "{good}/month",
                "supply that the decision model expects of a state; chance times spare",
                nature="amount", blind="recorded"),
            Var("willing", CASE, "1", "readiness to supply this month; 1 = supplies", nature="mean")),
    imposes=(Imposed("more need never makes a buyer ask less", ("on_need",)),
             Imposed("what asking costs in standing never makes a buyer ask more", ("on_standing",)),
             Imposed("more to spare never makes a state less likely to be asked", ("on_spare",)),
             Imposed("expected losses never make supply likelier", ("on_sanctions",)),
             Imposed("a ban of its own never makes supply likelier", ("on_politics",)),
             Imposed("a larger gain never makes supply less likely", ("on_gain",)),
             Imposed("a personal tie of the leaders never makes supply less likely", ("on_affinity",))),
    words={"asking": "readiness to ask", "need": "the buyer's need", "spare": "having enough to spare",
           "record": "earlier exports of the class", "reach": "capacity, pattern and distance",
           "customer": "earlier sales of the class", "again": "supplying the class already",
           "standing": "the buyer's loss of face",
           "agreeing": "readiness as such", "dealings": "earlier sales of arms",
           "delivered": "supplying this war already", "treaty": "a treaty in force",
           "ally": "being an ally",
           "alignment": "voting alike", "us_ally": "being an ally of the United States",
           "measures": "being under measures itself", "club": "having the same measures as the buyer",
           "pariah": "a record of arming barred states", "democracy": "a public that counts",
           "own_ban": "its own export ban", "gain": "the gain of the deal",
           "patron": "fear of its patron", "sanctions": "fear of sanctions",
           "affinity": "the leaders' personal tie", "pair": "luck of the pair"},
)
