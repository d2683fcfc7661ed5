"""What moto lacks or wrongly accepts, laid over it: one small module per concern under `services/`.

Runs in a process of its own (`python -m sandbox.overlay`), started by `sandbox.aws`. A request passes the checks (who
asks, are the enum values real), then a handler of ours if there is one, else moto. To add a concern, add a module in
`services/` whose functions are marked `@handles("service", "Operation")`; nothing else changes.
"""
