"""A tiny system to rehearse the pipeline itself on, with effects that can be counted."""
