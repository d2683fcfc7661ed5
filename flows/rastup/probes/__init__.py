"""What a runbook of Rastup asks, where its file would otherwise be too long: its form and its probes, by its name."""
