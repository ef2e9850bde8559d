"""EU exports to Russia and its neighbours once trade is sanctioned, forecast and scored."""

from kautilya.study.diversion.door import backtest

__all__ = ["backtest"]
