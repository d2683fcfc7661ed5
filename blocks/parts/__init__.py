"""What environments are made of beside connections: data that names things, for probes and changes; no secrets.

They know no system. One that usually calls its things alike derives from a part and gives it those names as defaults.
"""

from blocks.parts.alarms import Comparison, RequiredAlarm, RequiredFilter
from blocks.parts.names import Api, Login, Models, Network, Part, Pool, Storage, Workflows, usually

__all__ = [
    "Api",
    "Comparison",
    "Login",
    "Models",
    "Network",
    "Part",
    "Pool",
    "RequiredAlarm",
    "RequiredFilter",
    "Storage",
    "Workflows",
    "usually",
]
