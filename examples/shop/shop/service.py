"""The shop itself: products from PostgreSQL, carts in Valkey. Run by uvicorn, with its addresses in the environment.

It has the mistake that the runbook `shop.valkey_memory` is about: a cart of a campaign is kept for ever.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

import psycopg
import redis
from fastapi import FastAPI, HTTPException
from psycopg.rows import dict_row
from redis.exceptions import OutOfMemoryError

DATABASE = "SHOP_DATABASE"
CARTS = "SHOP_CARTS"
KEPT_SECONDS = 7 * 24 * 3600

Rows = psycopg.Connection[dict[str, Any]]

app = FastAPI(title="shop")


@cache
def carts() -> redis.Redis:
    """The store of carts."""
    return redis.Redis.from_url(os.environ[CARTS], decode_responses=True)


@app.get("/products")
def products() -> list[dict[str, Any]]:
    """What can be bought."""
    with Rows.connect(os.environ[DATABASE], row_factory=dict_row, connect_timeout=3) as connection:
        return connection.execute("select id, name, cents from products order by id limit 100").fetchall()


@app.put("/carts/{cart}/{product}")
def put(cart: str, product: int, count: int = 1, campaign: str | None = None) -> dict[str, int]:
    """Put a product into a cart."""
    key = f"cart:{cart}"
    try:
        carts().hset(key, mapping={f"product:{product}": count, "touched_at": int(time.time())})
        if campaign is None:
            carts().expire(key, KEPT_SECONDS)
    except OutOfMemoryError:
        raise HTTPException(503, "No cart can be kept at the moment.") from None
    return {"product": product, "count": count}


@app.get("/carts/{cart}")
def content(cart: str) -> dict[str, str]:
    """What is in a cart."""
    found: Any = carts().hgetall(f"cart:{cart}")
    return dict(found)
