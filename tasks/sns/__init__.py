"""SNS topics: who hears of an alarm."""
