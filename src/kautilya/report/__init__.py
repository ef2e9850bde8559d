"""The report: an answer in three sentences, and one HTML file that opens without a network."""
