"""Tests of the forecasts of losses."""
