"""Monthly losses forecast with what was known then, and scored beside simple baselines."""
