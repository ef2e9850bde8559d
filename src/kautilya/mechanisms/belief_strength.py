r"""Belief in strength: what each side believes of its own advantage, learnt from the war.

    lead_b  = log effectiveness_b - log effectiveness of the other side      (month before)
    seen_b  = lead_b + noise * e_b,     e_b ~ N(0, 1), each side its own reading of the month
    P'      = P + drift^2,  K = P' / (P' + noise^2)
    m_b     = m_b + K (seen_b - m_b),   P = (1 - K) P'

    m, P    belief (log ratio) and its variance; m starts at `optimism`, P at `doubt`   [1]
    noise   standard deviation of a month's reading; drift: of a month's true change    [1]

Both sides may begin with too much confidence: the sum of the two beliefs is mutual optimism, and
the war teaches it away (slantchev2003, powell2004). Strength is each side against its own full
strength, so `lead` says who is worn down further, not who is larger.
Source: kalman1960. Holds for: two sides that watch the same war.
Breaks when: leaders do not learn, or learn from something else; nothing here is estimated.
"""

import jax.numpy as jnp

from kautilya.core.law import Draw, Law, Param, Values, Var, View
from kautilya.core.numerics import log


def step(view: View) -> Values:
    """Belief [belligerent, F] and its variance [F]."""
    p = view.param
    own = log(jnp.maximum(view.var["effectiveness"], 1e-6))
    lead = 2 * own - own.sum(axis=0)
    seen = lead + p["noise"] * view.luck["error"]
    before = view.var["belief_variance"] + p["drift"] ** 2
    gain = before / (before + p["noise"] ** 2)
    belief = view.var["strength_belief"]
    return {
        "strength_belief": belief + gain * (seen - belief),
        "belief_variance": (1.0 - gain) * before,
    }


# fmt: off
LAW = Law(
    name="belief_strength", plain="what each side believes of its strength",
    phase="observe", step=step, parts=("S04",),
    reads=("effectiveness",), cites=("slantchev2003", "powell2004", "kalman1960"),
    params=(Param("optimism", ("belligerent",), "1",
                  "belief in one's own advantage at the start; log ratio"),
            Param("doubt", (), "1", "doubt about the balance of strength at the start; variance"),
            Param("noise", (), "1", "error of a month's reading of strength; standard deviation"),
            Param("drift", (), "1",
                  "true monthly change of the balance of strength; standard deviation")),
    draws=(Draw("error", ("belligerent",), "normal"),),
    writes=(Var("strength_belief", ("belligerent",), "1",
                "believed strength over the enemy's; log ratio",
                "optimism"),
            Var("belief_variance", (), "1",
                "doubt about the balance of strength; variance", "doubt")),
)
