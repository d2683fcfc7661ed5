"""AWS Lambda: functions, their aliases and versions, and how many requests they may serve at once."""
