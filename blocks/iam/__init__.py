"""The permission language of AWS: what a need means, what is generated, and what is really allowed."""
