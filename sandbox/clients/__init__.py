"""Real database clients as processes of their own (`python -m sandbox.clients`): well-behaved, leaking, busy or pooled.

Started by `sandbox.client_load`; each process holds many sessions on one asyncio loop, ends by itself after its
lifetime, and at once when the sandbox goes.
"""
