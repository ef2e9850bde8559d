r"""Reinforcement: who joins each side in a step.

    joined = arrives * (landed + joins)

    landed   men who joined on record                       [units/month]
    joins    men who join besides, a path                   [units/month]
    arrives  share of them that gets through                [1]

Source: bookkeeping. Holds for: any number of sides and kinds of force, steps of any length.
Breaks when: who joins depends on how the fight goes.
"""

from kautilya.core.law import ANY, Law, Param, Series, Values, Var, View


def step(view: View) -> Values:
    """Who joins [belligerent, force, F]."""
    coming = view.series["landed"] + view.param["joins"]
    return {"joined": view.param["arrives"][:, None] * coming}


# fmt: off
LAW = Law(
    name="reinforcement", phase="observe", step=step, parts=("S03",), steps=ANY,
    plain="reinforcement",
    params=(Param("joins", ("belligerent", "force"), "{good}/month", "reinforcement beside the record",
                  path=True),
            Param("arrives", ("belligerent",), "1", "share of the reinforcement that arrives")),
    series=(Series("landed", ("belligerent", "force"), "{good}/month", "reinforcement on record"),),
    writes=(Var("joined", ("belligerent", "force"), "{good}/month", "reinforcement that arrived",
                nature="amount"),),
)
