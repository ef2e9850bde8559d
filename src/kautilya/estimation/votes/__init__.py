"""Votes: ideal points and vetoes, estimated."""
