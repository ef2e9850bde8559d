"""The laws. `registry()` is the one list; a scenario switches laws on by name."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType

MODULES = (
    "affinity", "aid", "aid_pace", "alignment", "ammo_repair", "attrition", "balance", "barrels",
    "belief_strength", "choice", "council", "deliveries", "erosion", "evasion", "fire",
    "fire_plan", "firepower", "fleet", "food", "hold", "hunger", "industry", "labour", "manpower",
    "mobilise", "need", "pay", "politics", "production", "regime", "repair", "secondary_sanctions",
    "ship", "spare", "storage", "supply_record", "technology", "tempo", "termination", "terms",
    "tie", "trade_state", "transit", "treasury", "treaty", "utilisation", "visibility",
)


def registry() -> MappingProxyType:
    """All laws by name."""
    laws = (import_module(f"kautilya.mechanisms.{name}").LAW for name in MODULES)
    return MappingProxyType({law.name: law for law in laws})
