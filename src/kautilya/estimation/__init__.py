"""What is learned from data: calibration, suppliers, losses, votes, trade."""
