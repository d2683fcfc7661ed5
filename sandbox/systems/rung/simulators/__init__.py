"""What lives in rung's cloud beyond what lives in every system's."""
