"""The environment of the shop: one installation of it, as people save it in Prefect."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from blocks.environment import Environment
from blocks.permissions import Names
from blocks.postgres import Postgres
from runbook import Escalation, Level
from shop.valkey import Valkey


class Shop(Environment):
    """Everything that the runbooks of the shop need to know about one installation.

    Example:
        Load a saved environment:
        ```python
        from shop.environment import Shop

        shop = Shop.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Shop"
    _block_type_slug = "shop"

    database: Postgres
    valkey: Valkey
    application_user: str = Field(default="shop_app", description="Database role of the service.")
    cart_prefix: str = Field(default="cart:", min_length=1, description="How the keys of carts begin.")
    other_keys: list[str] = Field(
        default=["page:*", "session:*"], description="Patterns of the other keys that the shop keeps in Valkey."
    )

    OPERATIONS: ClassVar[Escalation] = Escalation(
        issue="Shop",
        source="devised",
        levels=(
            Level(name="on-call", after=timedelta(minutes=5)),
            Level(name="lead", after=timedelta(minutes=20), if_unresolved=True),
        ),
    )

    def resources(self) -> Names:
        carts = f"{self.cart_prefix}*"
        return {"cart": (carts,), "key": (carts, *self.other_keys)}
