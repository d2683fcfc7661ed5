"""FACT: the append-only record of what happened, and the documents drawn from it. Floor 1; imports no other room."""
