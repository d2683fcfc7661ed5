"""Simulators: what goes on in this production and shows in its metrics and logs. One module per part of it.

A simulator is a function marked `@simulator` (in `sandbox.overlay.registry`), called every `EVERY_SECONDS` with the
stage. It works out what would happen now from what is configured in AWS (moto's state and our services') and from the
conditions that faults have set, and publishes that. So a metric changes only because the world did: heal the
condition, or change the configuration that answers it, and the metric follows by itself.
"""
