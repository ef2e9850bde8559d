"""Votes: next session's ideal points and next year's vetoes, forecast and scored."""

from kautilya.study.votes.door import backtest

__all__ = ["backtest"]
