"""Kautilya: wars of attrition, sanctions and alliances over everything uncertain."""

__version__ = "0.1.0"
