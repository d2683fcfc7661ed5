"""A stand-in of Trigger.dev: tasks, queues and runs that live by the practice clock, behind its API as published."""
