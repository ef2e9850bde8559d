"""Published numbers that the mechanisms must reproduce, expected against obtained."""

from kautilya.validation.published import GROUPS, Check, sources, validate

__all__ = ["GROUPS", "Check", "sources", "validate"]
