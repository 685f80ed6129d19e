"""Who is who: a customer who turns up twice, one who comes to be forgotten."""

from __future__ import annotations

from stream_app.simulate.orders import buy
from stream_app.simulate.town import DAY, HOUR, Life, Person, Town


def twin(town: Town, double: Person, original: Person) -> Life:
    """Be entered a second time as *double*, and be found out."""
    yield 0.0, "customer.created", {
        "segment": original.segment, "tier": original.tier, "owner_id": original.owner.id,
        "team": original.team.name, "channel": original.channel.name,
    }  # fmt: skip
    yield from buy(town, double, town.around(HOUR))
    yield town.around(DAY), "relationship.merged", {"into": original.key}


def forget(town: Town, person: Person) -> Life:
    """Ask to be forgotten; nothing is told of *person* any more."""
    yield 0.0, "list.unsubscribed", {"list_id": "customers", "reason": "erasure"}
    yield town.around(HOUR), "relationship.erased", {}
    person.gone = True
    town.customers[:] = [other for other in town.customers if other is not person]
