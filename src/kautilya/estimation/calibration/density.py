"""The joint model of a war and its observers.

Every unknown is a standard normal: figures through their declared ranges (`ranges`), the luck of
the law `tempo`, the profile of each class (quarterly knots, mean 1 over the record as in the
law's card), the observers' ranges and the walk of the claims' bias.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.errors import extra
from kautilya.estimation.calibration import observers as obs
from kautilya.estimation.calibration.observers import Band, free, values
from kautilya.estimation.calibration.war import DECLARED, INPUT, LAWS, Months, War, runner
from kautilya.scenario.assemble import Assembled, Range

FLOOR = 1e-3  # a mean of zero has no likelihood
HEAVY = 0.5  # a dated figure counts if it carries half of some month
Counted = jax.Array | np.ndarray | None  # what was observed; None: drawn instead


class Problem(NamedTuple):
    """A war, what is unknown of it, and how much of each unknown there is.

    rows    numbers of the figures (rows of quantities.csv) that are learned
    figures their ranges; bands: the observers' ranges; gone: share of seen items gone for good
    """

    war: War
    rows: np.ndarray
    figures: tuple[Range, ...]
    bands: tuple[Band, ...]
    gone: np.ndarray
    sizes: dict[str, tuple[int, ...]]


class Story(NamedTuple):
    """One war worked out, with what its observers are expected to say."""

    figures: jax.Array
    bands: dict[str, jax.Array]
    months: Months
    pictures: jax.Array
    claims: jax.Array
    soft: jax.Array


def problem(assembled: Assembled, given: War) -> Problem:
    """What is to be learned of a war of this scenario."""
    scale = assembled.quantities
    heavy = set(given.below[(1.0 - given.weight) >= HEAVY]) | set(
        given.above[given.weight >= HEAVY]
    )
    used = sorted(
        i for i in heavy | set(given.plain) if i >= 0 and free(scale[i]) and _is_learned(scale[i])
    )
    t, classes = len(given.months), len(given.classes)
    bands = tuple(obs.bands(given))
    sizes = {
        "figures": (len(used),),
        "shock": (t,),
        "bands": (len(bands),),
        "profile": (obs.knots(t, obs.QUARTER).shape[1], classes),
        "walk": (obs.knots(t, obs.HALF).shape[1] - 1, classes),
    }
    return Problem(
        given,
        np.array(used),
        tuple(scale[i] for i in used),
        bands,
        obs.gone_shares(given, assembled.scenario),
        sizes,
    )


def _is_learned(row: Range) -> bool:
    """Levels after the record, politics of aid and inputs of industry are not about losses."""
    law, _, name = row.parameter.partition(".")
    return INPUT not in row.id and name not in DECLARED["fixed"] and law in (*LAWS, "opening")


def teller(given: Problem) -> Callable[[dict[str, jax.Array], obs.Seen], Story]:
    """A pure function of (standard normals by site [..., F], what was observed) -> Story.

    Of what was observed only the shape counts: which months each count covers.
    """
    run = runner(given.war)
    t = len(given.war.months)
    knots = obs.knots(t, obs.QUARTER)

    def tell(z: dict[str, jax.Array], seen: obs.Seen) -> Story:
        learned = values(given.figures, z["figures"])
        said = values(given.bands, z["bands"])
        bands = {one.id: said[i] for i, one in enumerate(given.bands)}
        wide = jnp.broadcast_to(
            given.war.central[:, None], (len(given.war.central), learned.shape[1])
        )
        walk = bands["profile-step"] * jnp.cumsum(z["profile"], axis=0)
        profile = jnp.exp(jnp.einsum("tk,kcf->tcf", knots, walk))
        months = run(wide.at[given.rows].set(learned), z["shock"], profile / profile.mean(axis=0))
        lost = obs.shares(given.war, bands) * months.gone / given.gone[..., None]
        late = jnp.einsum("tuf,uscf->tscf", obs.delayed(t, bands["seen-delay"]), lost)
        bias = obs.biases(given.war, bands, z["walk"])[:, None]
        return Story(
            learned,
            bands,
            months,
            obs.summed(late, seen.pictures),
            obs.summed(bias * months.gone, seen.claims),
            obs.told(months, seen.soft),
        )

    return tell


def model(given: Problem, seen: obs.Seen) -> Callable[..., None]:
    """The NumPyro model: one war; counts and published figures (values) as observations.

    Of `seen` the model takes which months each number covers, and how wide the ranges are.
    """
    pro, tell = extra("numpyro", "bayes"), teller(given)
    dist = pro.distributions

    def joint(pictures: Counted = None, claims: Counted = None, soft: Counted = None) -> None:
        z = {
            name: pro.sample(name, dist.Normal(0.0, 1.0).expand(shape).to_event(len(shape)))
            for name, shape in given.sizes.items()
        }
        story = tell({name: one[..., None] for name, one in z.items()}, seen)
        said = {k: v[0] for k, v in story.bands.items()}
        pro.sample(
            "pictures",
            dist.NegativeBinomial2(story.pictures[:, 0] + FLOOR, 1.0 / said["seen-dispersion"]),
            obs=pictures,
        )
        pro.sample(
            "claims",
            dist.NegativeBinomial2(story.claims[:, 0] + FLOOR, 1.0 / said["claimed-dispersion"]),
            obs=claims,
        )
        if len(seen.soft.ids):
            pro.sample("soft", dist.Normal(story.soft[:, 0], seen.soft.sd), obs=soft)

    return joint
