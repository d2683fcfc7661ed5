"""Secret Manager: which versions of a secret there are. What a secret holds is never asked for."""
