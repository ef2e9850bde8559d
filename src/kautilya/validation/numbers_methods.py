"""Published numbers on methods: delays, scores, luck, sensitivity, scenario discovery, the sampler."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32
from jax.scipy.special import ndtr, ndtri
from scipy.optimize import minimize
from scipy.stats import qmc

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya import disk
from kautilya.errors import KautilyaError, extra
from kautilya.estimation import outside
from kautilya.mechanisms.formulas import erlang
from kautilya.runs.designs import saltelli
from kautilya.study.prim import prim, quasi_p
from kautilya.study.sobol import indices
from kautilya.validation import skill

Found = dict[str, float]
BASE = 2**13  # base sample of the published tolerance
A, B = 7.0, 0.1  # ishigami1990
BOX, LAST, PEEL = 21, 27, 0.1  # the boxes and the peel that EMA Workbench's example inspects
CASES, INPUTS = 15, slice(2, 11)  # columns of its file
LYNX = "truth/posterior_lotka_volterra.toml"  # tolerance: 4 sqrt(its error^2 + own^2)
STEPS = 4  # Runge-Kutta steps a year
STARTS, WARMUP, DRAWS, CHAINS = 2000, 300, 500, 2
NAMES = ("theta_mean", "z_init_mean", "sigma_mean")


def ishigami() -> Found:
    """First-order and total indices of sin x1 + A sin^2 x2 + B x3^4 sin x1 by pick-freeze."""
    u = qmc.Sobol(6, scramble=True, rng=np.random.default_rng(3)).random(BASE).reshape(-1, 3)
    rows = saltelli(0, BASE, 3)
    x = np.pi * (
        2.0 * np.where(np.arange(3) == rows.swapped[:, None], u[rows.other], u[rows.base]) - 1.0
    )
    y = np.sin(x[:, 0]) * (1.0 + B * x[:, 2] ** 4) + A * np.sin(x[:, 1]) ** 2
    found = indices(y[:, None], 3)
    return {
        f"ishigami.{name}.{k + 1}": float(part[k, 0])
        for k in range(3)
        for name, part in (("first", found.first), ("total", found.total))
    }


def discovery() -> Found:
    """PRIM on the runs of Bryant and Lempert: two boxes of the trajectory, and how sure each
    limit of the first one is."""
    home = Path(str(extra("ema_workbench", "study").__file__)).parent
    path = home / "examples" / "data" / "bryant et al 2010 data.csv"
    if not path.is_file():
        raise KautilyaError(
            "kautilya validate",
            "the example data of EMA Workbench are absent",
            "Install the extra: pip install 'kautilya[study]'",
        )
    table = disk.of_csv(path, index_col=False)
    x, y = table.iloc[:, INPUTS].to_numpy(float), table.iloc[:, CASES].to_numpy() > 0
    peeled = prim(x, y, PEEL)
    out = {"discovery.boxes": float(len(peeled.boxes))}
    for n in (BOX, LAST):
        box = peeled.boxes[n]
        out |= {
            f"discovery.{n}.coverage": box.coverage,
            f"discovery.{n}.density": box.density,
            f"discovery.{n}.mass": box.mass,
            f"discovery.{n}.dims": float(len(peeled.restricted(box))),
        }
    sure = np.nan_to_num(quasi_p(x, y, peeled, peeled.boxes[BOX]), nan=np.inf).min(axis=1)
    names = [str(name) for name in table.columns[INPUTS]]
    return out | {
        f"discovery.unsure.{name.lower().replace(' ', '-')}": float(p)
        for name, p in zip(names, sure, strict=True)
        if np.isfinite(p)
    }


def _flow(theta: jax.Array, z: jax.Array) -> jax.Array:
    hare, lynx = z
    return jnp.stack([(theta[0] - theta[1] * lynx) * hare, (theta[3] * hare - theta[2]) * lynx])


def _years(theta: jax.Array, start: jax.Array, years: int) -> jax.Array:
    """Hares and lynxes [years, 2] after each year, by the classical Runge-Kutta method."""
    h, f = 1.0 / STEPS, partial(_flow, theta)

    def step(z: jax.Array, _: None) -> tuple[jax.Array, None]:
        a = f(z)
        b = f(z + 0.5 * h * a)
        c = f(z + 0.5 * h * b)
        return z + h / 6.0 * (a + 2.0 * b + 2.0 * c + f(z + h * c)), None

    def year(z: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        after = jax.lax.scan(step, z, None, length=STEPS)[0]
        return after, after

    return jax.lax.scan(year, start, None, length=years)[1]


def _above_zero(z: jax.Array, mean: float, sd: float) -> jax.Array:
    """A standard normal as a normal cut off below zero."""
    least = ndtr(-mean / sd)
    return mean + sd * ndtri(least + (1.0 - least) * ndtr(z))


def _unknowns(u: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """theta (alpha, beta, gamma, delta), first year, sigma from eight standard normals; the
    priors of the case study (carpenter2018)."""
    rates, ties = (_above_zero(u[k:4:2], m, s) for k, m, s in ((0, 1.0, 0.5), (1, 0.05, 0.05)))
    theta = jnp.stack([rates[0], ties[0], rates[1], ties[1]])
    return theta, jnp.exp(jnp.log(10.0) + u[4:6]), jnp.exp(u[6:8] - 1.0)


def lynx() -> Found:
    """Posterior means of the predator-prey model of the Hudson Bay pelts, by the sampler that
    calibrates wars. Chains start at the mode that the likeliest of ``STARTS`` prior draws leads
    to: from the middle of the prior some stay in another cycle."""
    extra("numpyro", "bayes")
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer.util import log_density

    from kautilya.estimation.calibration.nuts import Sampler, Sampling

    data = tomllib.loads(outside.need(LYNX).read_text(encoding="utf-8"))["data"]
    seen = np.log(np.stack([data["hare"], data["lynx"]], axis=1))

    def joint(pelts: jax.Array | np.ndarray) -> None:
        theta, start, sigma = _unknowns(
            numpyro.sample("u", dist.Normal(0.0, 1.0).expand((8,)).to_event(1))
        )
        path = jnp.concatenate([start[None], _years(theta, start, len(seen) - 1)])
        numpyro.sample("pelts", dist.Normal(jnp.log(path), sigma), obs=pelts)

    how = Sampling(warmup=WARMUP, draws=DRAWS, chains=CHAINS)
    cost = jax.jit(lambda u: -log_density(joint, (seen,), {}, {"u": u})[0])
    tried = np.random.default_rng(how.seed).standard_normal((STARTS, 8))
    first = tried[int(np.nanargmin(jax.vmap(cost)(tried)))]
    mode = minimize(jax.value_and_grad(cost), first, jac=True, method="L-BFGS-B").x
    drawn = Sampler(joint, {"u": (8,)}, how, {"u": mode}).run((seen,), how.seed)
    parts = jax.vmap(_unknowns)(jnp.asarray(drawn.z["u"].reshape(-1, 8)))
    return {
        f"lynx.{name.removesuffix('_mean')}.{k + 1}": float(mean)
        for name, part in zip(NAMES, parts, strict=True)
        for k, mean in enumerate(part.mean(axis=0))
    }


LUCK = {
    "zeros": ((0, 0), (0, 0)),
    "ones": ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2),
    "pi": ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3)),
}


def delays() -> Found:
    """Step response of a pipeline, in closed form and stage by stage."""
    out = {
        f"delays.{n}.{ratio:g}": float(erlang.step_response(n, 1.0, ratio))
        for n, ratio in ((1, 1.0), (2, 0.25), (3, 1.0), (3, 2.0))
    }
    matrix, content = erlang.transition(3, 12.0, 1.0), jnp.array([1.0, 0.0, 0.0])
    done = 0.0
    for _ in range(12):
        content, more = erlang.advance(content, matrix)
        done += float(more)
    return out | {"delays.stages": done}


def _normal(mu: float, sd: float, y: float) -> float:
    return float(skill.crps_normal(np.array(mu), np.array(sd), np.array(y)))


def scores() -> Found:
    """The continuous ranked probability score."""
    three = np.array([-1.0, 0.0, 1.0])
    return {
        "scores.normal.0": _normal(0.0, 1.0, 0.0),
        "scores.normal.1": _normal(0.0, 1.0, 1.0),
        "scores.normal.2": _normal(0.0, 1.0, 2.0),
        "scores.shifted": _normal(1.0, 2.0, 0.0),
        "scores.ensemble.plain": float(skill.crps_draws(three, np.array(0.0), fair=False)),
        "scores.ensemble.fair": float(skill.crps_draws(three, np.array(0.0))),
    }


def luck() -> Found:
    """The generator behind every draw: known answers of threefry with twenty rounds."""
    out: Found = {}
    for name, (key, counter) in LUCK.items():
        words = threefry_2x32(jnp.array(key, jnp.uint32), jnp.array(counter, jnp.uint32))
        out |= {f"luck.{name}.{k}": float(int(word)) for k, word in enumerate(words)}
    return out
