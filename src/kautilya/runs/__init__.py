"""Futures and how they are run and kept: cases, draws, chunks, workers, folders."""
