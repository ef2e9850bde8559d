r"""Technology: levels that a state reaches alone and by transfer, launches, and a submarine.

    way        what is paid in technology passes three stages of mean `lag` in all  [USD_m]
    level_f   += (1 - level_f) (1 - exp(-(own_f + effect * share_f * arrived)))     skill f
    success    = 1 / (1 + exp(-(log(a / b) + on_level (level - level at the start))))
      a, b       prior + past launches (at `past_weight`) + launches on record      Beta posterior
    output     exp(on_output_g (level - at the start))   of drones and missiles (law `industry`)
    cover      exp(on_release (level - at the start))    air defence: what it dares part with (`spare`)
    milestone  three stages, each left at the rate 3 / lead * exp(on_lead (level - at the start))

    level      0 = nothing, 1 = what the giver has          own      share of the gap a month
    effect     share of the gap per USD_m, for small sums   lag      months, at least half a year
    success    that the next launch reaches orbit: the mean of the posterior, moved by the level

A learner that is out of the set learns nothing that month. Transfers are values of contracts, not drawings; no one published which skill they serve.
Source: beta-binomial rule (gelman2013), stages after sterman2000. Holds for: the next launch, given
the record; levels by order. Breaks when: a new carrier has nothing in common with the old ones.
The submarine is a guess at a pace, graded accordingly.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import (
    Built,
    Imposed,
    Law,
    Need,
    Param,
    Series,
    Values,
    Var,
    View,
    over,
    there,
)
from kautilya.core.numerics import added, log
from kautilya.core.world import World
from kautilya.mechanisms.formulas.erlang import transition

SKILLS = ("satellite", "air_defence", "submarine", "strike")
LESSONS = ("first", "second", "third")
MILESTONES = ("design", "reactor", "hull", "at_sea")


def build(world: World) -> Built:
    """Places of the learners among suppliers, and of technology among payments."""
    states, pupils = world.members("supplier"), world.members("learner")
    return Built(
        data={
            "learner": np.array([states.index(s) for s in pupils]),
            "learns": np.array([[s in pupils] for s in states]),
            "place": np.array([pupils.index(s) if s in pupils else 0 for s in states]),
            "kind": world.members("payment").index("technology"),
            **world.present("learner"),
        }
    )


def passed(stages: jnp.ndarray, moves: jnp.ndarray) -> jnp.ndarray:
    """Stages [n, learner, F] one month on; moves [into, n, learner or 1, F]."""
    return added(moves * stages[None], 1)


def log_odds(view: View, reached: jnp.ndarray, failed: jnp.ndarray) -> jnp.ndarray:
    """Log odds of the posterior mean [learner, F]; counts since the start are given."""
    p = view.param
    a = p["prior"] + p["past_weight"] * p["past_reached"] + reached
    b = p["prior"] + p["past_weight"] * p["past_failed"] + failed
    return jnp.asarray(log(a / b))


def step(view: View) -> Values:
    """Level [skill, learner, F], what is on the way, chance of a launch, milestones."""
    p, var, d = view.param, view.var, view.data
    paid = over(var["payments"][view.data["kind"]], "supplier")[view.data["learner"]]
    way = passed(var["lessons"], transition(len(LESSONS), p["lag"], 1.0)[:, :-1, None])
    share = p["share"] / p["share"].sum(axis=0)
    closed = p["own"][:, None] + p["effect"] * share[:, None] * way[-1][None]
    closed = closed * there(view, "learner", 1)
    level = var["technology_level"]
    level = level + (1.0 - level) * -jnp.expm1(-closed)
    gained = level - p["opening"]
    reached, failed = (var[name] + view.series[name] for name in ("reached", "failed"))
    odds = log_odds(view, reached, failed) + p["on_level"] * gained[SKILLS.index("satellite")]
    pace = jnp.exp(p["on_lead"] * gained[SKILLS.index("submarine")])
    skill = jnp.where(d["learns"], gained[:, d["place"]], 0.0)  # [skill, supplier, F]
    ahead = passed(var["milestone"], transition(len(MILESTONES) - 1, p["lead"] / pace, 1.0))
    return {
        "technology_level": level,
        "lessons": way[:-1].at[0].add(paid),
        "skill_output": jnp.exp(p["on_output"] * skill[SKILLS.index("strike")][:, None]),
        "cover": jnp.exp(p["on_release"] * skill[SKILLS.index("air_defence")]),
        "launch_success": 1.0 / (1.0 + jnp.exp(-odds)),
        "milestone": ahead,
        "reached": reached,
        "failed": failed,
    }


# fmt: off
LAW = Law(
    name="technology", plain="technology by transfer",
    phase="update", step=step, build=build, dated=("learner",), parts=("S20",),
    reads=("payments",), cites=("gelman2013", "sterman2000"),
    units={"technology": "USD_m"},
    needs=(Need("set", "payment", "where know-how stands among payments"),
           Need("member", "@learner", "what it is paid", of="supplier"),
           Need("member", "technology", "payment in know-how", of="payment")),
    params=(Param("opening", ("skill", "learner"), "1",
                  "level of {skill} technology in the first month"),
            Param("own", ("skill",), "1/month",
                  "share of the gap in {skill} technology closed alone in a month"),
            Param("effect", (), "1/USD_m",
                  "share of a technology gap closed by a transfer", sign="assumed"),
            Param("share", ("skill",), "1", "part of a transfer that serves {skill} technology"),
            Param("lag", (), "month", "months until a transfer of technology works; mean"),
            Param("prior", (), "1", "weight of prior launches, good and failed"),
            Param("past_reached", ("learner",), "1", "launches before the war that reached orbit"),
            Param("past_failed", ("learner",), "1", "launches before the war that failed"),
            Param("past_weight", (), "1", "weight of a launch before the war beside a recent one"),
            Param("on_level", (), "1", "effect of technology on a launch; on its log odds",
                  sign="assumed"),
            Param("on_output", ("exported",), "1",
                  "effect of technology on the output of a class; on its log", sign="assumed", absent=0.0),
            Param("on_release", (), "1",
                  "effect of air defence on what a state dares to part with; on its log",
                  sign="assumed", absent=0.0),
            Param("progress", ("milestone", "learner"), "1",
                  "standing of the submarine programme: {milestone}"),
            Param("lead", (), "month", "months from the submarine's design to sea; mean"),
            Param("on_lead", (), "1",
                  "effect of technology on the submarine's pace; on its log", sign="assumed")),
    series=(Series("reached", ("learner",), "1",
                   "launches of the month on record that reached orbit"),
            Series("failed", ("learner",), "1", "launches of the month on record that failed")),
    labels={"skill": SKILLS, "lesson": LESSONS, "milestone": MILESTONES},
    writes=(Var("technology_level", ("skill", "learner"), "1",
                "level of {skill} technology; 1 = what the giver has", "opening"),
            Var("lessons", ("lesson", "learner"), "USD_m",
                "transfers of technology not yet at work", 0.0),
            Var("skill_output", ("supplier", "exported"), "1",
                "output for what technology adds; over that of the first month", 1.0),
            Var("cover", ("supplier",), "1",
                "what a state parts with for better air defence; over that of the first month", 1.0),
            Var("launch_success", ("learner",), "1",
                "chance that the next satellite launch succeeds"),
            Var("milestone", ("milestone", "learner"), "1",
                "probability that the submarine programme stands at {milestone}",
                "progress"),
            Var("reached", ("learner",), "1",
                "launches on record since the start that reached orbit", 0.0),
            Var("failed", ("learner",), "1",
                "launches on record since the start that failed", 0.0)),
    imposes=(Imposed("transfer raises levels", ("effect",)),
             Imposed("levels raise the chance of a launch and the pace of the submarine",
                     ("on_level", "on_lead")),
             Imposed("levels never lower output or what is parted with", ("on_output", "on_release"))),
    words={"satellite": "satellite", "air_defence": "air defence", "submarine": "submarine",
           "strike": "drone and missile",
           "first": "first half", "second": "second half", "third": "third part",
           "design": "design", "reactor": "reactor", "hull": "hull", "at_sea": "at sea"},
)
