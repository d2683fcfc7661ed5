"""Cloud SQL: what can be read of an instance and its disk, and giving it a larger one."""
