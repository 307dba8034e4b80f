"""What the counts of many photos mean together."""
