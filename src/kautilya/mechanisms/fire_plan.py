r"""Fire plan: what each side would use this month if supply did not limit it.

    planned_use = planned * tempo_shock * pull

    planned       use in a month of expected intensity     [units/month], a path
    tempo_shock   departure of the month from it; 0 once the war is over    [1]
    0 for a belligerent that is out of the war this month
    pull          change since the record ended, as of last month; 1 if no law says so   [1]

Source: assumed form; the anchors are published use figures of the scenario.
Holds for: monthly national totals. Breaks when: plans adapt to shortage, not to tempo.
"""

from kautilya.core.law import Built, Law, Param, Values, Var, View, there
from kautilya.core.world import World


def build(world: World) -> Built:
    """Who fights when."""
    return Built(data=world.present("belligerent"))


def step(view: View) -> Values:
    """Planned use [belligerent, munition, F]."""
    planned = view.param["planned"] * view.var["tempo_shock"]
    planned = planned * view.var.get("pull", 1.0)
    return {"planned_use": planned * there(view, "belligerent", 2)}


# fmt: off
LAW = Law(
    name="fire_plan", plain="planned fire",
    phase="decide", step=step, build=build, parts=("S03", "S05"), dated=("belligerent",), reads=("tempo_shock",), reads_if=("pull",),
    params=(Param("planned", ("belligerent", "munition"), "{good}/month",
                  "planned use in a month; if supply does not limit it", path=True),),
    writes=(Var("planned_use", ("belligerent", "munition"), "{good}/month",
                "planned use of the month",
                nature="amount"),),
)
