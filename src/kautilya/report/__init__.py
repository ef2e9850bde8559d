"""The report: an answer in three sentences, and one HTML file that opens without a network."""

from kautilya.report.answer import answer
from kautilya.report.html import write

__all__ = ["answer", "write"]
