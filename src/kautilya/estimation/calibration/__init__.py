"""What the data say about the unknowns: losses and stocks, seen by two biased observers."""
