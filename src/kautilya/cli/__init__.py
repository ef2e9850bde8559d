"""The command line: a door; no arithmetic."""
