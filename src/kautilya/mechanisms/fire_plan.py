r"""Fire plan: what each side would use this month if supply did not limit it.

    planned_use = planned * tempo_shock * pull

    planned       use in a month of expected intensity     [units/month], a path
    tempo_shock   departure of the month from it; 0 once the war is over    [1]
    pull          change since the record ended, as of last month; 1 if no law says so   [1]

Source: assumed form; the anchors are published use figures of the scenario.
Holds for: monthly national totals. Breaks when: plans adapt to shortage, not to tempo.
"""

from kautilya.core.law import Law, Param, Values, Var, View


def step(view: View) -> Values:
    """Planned use [belligerent, munition, F]."""
    planned = view.param["planned"] * view.var["tempo_shock"]
    return {"planned_use": planned * view.var.get("pull", 1.0)}


# fmt: off
LAW = Law(
    name="fire_plan", plain="planned fire",
    phase="decide", step=step, parts=("S03", "S05"), reads=("tempo_shock",), reads_if=("pull",),
    params=(Param("planned", ("belligerent", "munition"), "{good}/month",
                  "planned use in a month; if supply does not limit it", path=True),),
    writes=(Var("planned_use", ("belligerent", "munition"), "{good}/month",
                "planned use of the month",
                nature="amount"),),
)
