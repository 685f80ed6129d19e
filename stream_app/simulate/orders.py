"""Orders and what comes back of them."""

from __future__ import annotations

from typing import Any

from stream_app.simulate.town import DAY, Life, Person, Town
from stream_app.simulate.world import CURRENCIES, PRODUCTS


def buy(town: Town, person: Person, wait: float, **about: Any) -> Life:
    """Order something *wait* seconds from now, and in one case of twelve send a part of it back."""
    order = _order(town, person) | about
    yield wait, "order.placed", order
    if not town.chance(0.08):
        return
    line = order["lines"][0]
    units = town.rng.randint(1, line["quantity"])
    yield town.around(3 * DAY), "order.refunded", {
        "order_id": order["order_id"], "amount": units * line["price"], "currency": order["currency"],
        "quantity": units,
    }  # fmt: skip


def _order(town: Town, person: Person) -> dict[str, Any]:
    person.orders += 1
    lines = [
        {
            "sku": product.sku, "quantity": town.rng.randint(1, 20), "price": product.price,
            "product_tier": product.tier, "product_line": product.line,
        }
        for product in town.rng.sample(PRODUCTS, town.rng.choice((1, 1, 1, 2)))
    ]  # fmt: skip
    return {
        "order_id": town.id("order"), "currency": CURRENCIES[person.team.name], "lines": lines,
        "channel": person.channel.name, "team": person.team.name,
    }  # fmt: skip
