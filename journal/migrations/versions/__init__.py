"""One module per schema version, named `<version>_<what>`."""
