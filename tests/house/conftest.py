"""The house tests read the repository; the core is imported first, as everywhere."""

import kautilya.core  # noqa: F401
