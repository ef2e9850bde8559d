"""The formulas hold in float64 only; the core turns it on."""

import kautilya.core  # noqa: F401
