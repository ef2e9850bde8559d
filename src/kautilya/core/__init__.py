"""The ledger and the month loop. Knows no actor by name; labels are opaque here."""

import jax

jax.config.update("jax_enable_x64", True)
