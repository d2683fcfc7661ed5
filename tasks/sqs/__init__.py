"""Amazon SQS: queues, what waits in them and for how long, and their dead-letter queues."""
