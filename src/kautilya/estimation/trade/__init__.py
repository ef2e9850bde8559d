"""Trade: gravity, and what sanctions did to it."""
