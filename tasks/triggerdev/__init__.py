"""Trigger.dev: runs of background tasks, their queues and schedules, by its management API."""
