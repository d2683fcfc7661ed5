"""Several machines at one Prefect and one journal, both on PostgreSQL; one worker and one receiver die on the way."""
