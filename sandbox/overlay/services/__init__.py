"""One module per concern; `sandbox.overlay.registry.load` finds them all."""
