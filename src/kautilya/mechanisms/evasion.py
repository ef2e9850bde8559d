r"""Evasion: banned goods that arrive through third states, how much, and at what mark-up.

    E       = enforcement in force                                  0 before the order on banks
    room_c  = sum_r capacity_rc open_r exp(-response_r E)            [USD_m/month]
    cover_c = min(1, room_c / (share_c base_c))
    leakage_c = share_c cover_c
    limit_r = capacity_r open_r exp(-response_r E)   dual-use; of states that only pass goods on
    markup  = 1 + toll + risk E + scarcity (1 - cover of dual-use goods)     of leaked goods, else 1

    base      what those who ban exports sold to the buyer before, by class      [USD_m/month]
    share     part of it that would come through third states if nothing hindered it     [1]
    capacity  what a route can carry before enforcement                          [USD_m/month]
    response  fall of the log of a route's trade when enforcement goes from 0 to 1       [1]
    open      1, or 0 where a route is shut

What went through a route bounds its capacity from below only. A class leaks as it would be asked
for, until the routes are full. The mark-up raises the price of what every supplier sells of these
goods; it is paid, not gained.
Source: assumed form. Size of `share`: chupilkin2023. `response`: fall of listed Chinese and of
Turkish exports after the order.
Holds for: monthly totals by class. Breaks when: routes are opened or found faster than in a month.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Values, Var, View
from kautilya.core.world import World

CLASSES = ("dual_use", "other")
NO_LIMIT = 1e12  # USD_m a month, more than all trade; a number, so that it can be compared


def build(world: World) -> Built:
    """Which offers leak [offer]; suppliers that only pass on, and the route that each is."""
    leaked, only = world.members("leaked"), world.members("reexporter")
    suppliers, routes = world.members("supplier"), world.members("route")
    passes = np.array([s in only for s in suppliers])
    return Built(
        data={
            "leaks": np.array([[g in leaked] for g in world.members("offer")]),
            "passes": passes[:, None, None],
            "none": NO_LIMIT,
            "route": np.array([routes.index(s) if s in only else 0 for s in suppliers]),
        }
    )


def step(view: View) -> Values:
    """Leakage [leak_class, F], room of the routes, mark-up [offer, F], limit [supplier, offer]."""
    p, d, first = view.param, view.data, CLASSES.index("dual_use")
    kept = p["open"] * jnp.exp(-p["response"] * p["enforcement"])
    each = p["capacity"] * kept[:, None]
    room = each.sum(axis=0)
    wish = p["share"] * p["base"]
    cover = jnp.minimum(1.0, room / jnp.maximum(wish, 1e-9))
    lacking = 1.0 - cover[first]
    added = p["toll"] + p["risk"] * p["enforcement"] + p["scarcity"] * lacking
    return {
        "leakage": p["share"] * cover,
        "route_room": room,
        "markup": jnp.where(d["leaks"], 1.0 + added, 1.0),
        "route_limit": jnp.where(
            d["passes"] & d["leaks"], each[d["route"], first][:, None], d["none"]
        ),
    }


# fmt: off
LAW = Law(
    name="evasion", plain="the evasion of export bans",
    phase="observe", step=step, build=build, parts=("S06", "S21"),
    cites=("chupilkin2023",), single=("buyer",), labels={"leak_class": CLASSES},
    units={"@leaked": "USD_m"},
    needs=(Need("set", "leaked", "goods that leak through third states"),
           Need("set", "reexporter", "suppliers that only pass on"),
           Need("member", "@reexporter", "the route that each of them is", of="route")),
    params=(Param("share", ("leak_class",), "1",
                  "part of banned {leak_class} that leaks where nothing hinders it"),
            Param("base", ("leak_class",), "USD_m/month",
                  "former monthly sales of banned {leak_class}"),
            Param("capacity", ("route", "leak_class"), "USD_m/month",
                  "banned {leak_class} that a route can carry in a month"),
            Param("response", ("route",), "1",
                  "fall of a route's traffic under enforcement; of its log", sign="assumed"),
            Param("open", ("route",), "1", "state of a route; 1 = open, 0 = shut", path=True),
            Param("enforcement", (), "1", "enforcement against detours", path=True),
            Param("toll", (), "1", "mark-up of a detour"),
            Param("risk", (), "1",
                  "mark-up that full enforcement adds to a detour", sign="assumed"),
            Param("scarcity", (), "1", "mark-up where nothing gets through", sign="assumed")),
    writes=(Var("leakage", ("leak_class",), "1",
                "share of former sales of {leak_class} that arrives through detours",
                nature="mean"),
            Var("route_room", ("leak_class",), "USD_m/month",
                "banned {leak_class} that all routes can carry",
                nature="mean"),
            Var("route_limit", ("supplier", "offer"), "USD_m/month", "most that a route hands on",
                nature="mean"),
            Var("markup", ("offer",), "1", "price over the price without a detour", 1.0,
                nature="mean")),
    imposes=(Imposed("enforcement never raises leakage", ("response",)),
             Imposed("enforcement never lowers the mark-up", ("risk", "scarcity"))),
    words={"dual_use": "dual-use goods", "other": "other goods"},
)
