"""A rehearsal within one process and in a time of its own: no server, no worker, no socket to AWS.

The pipeline, the runbooks, the journal, PostgreSQL and n8n are the real ones. What is put in the place of something
else is little: the clock, the engine that carries the pipeline, and the way to AWS.
"""
