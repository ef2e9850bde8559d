"""The page: `kautilya serve` answers in a browser on this machine."""
