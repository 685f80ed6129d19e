"""What people are called and where they are found: names of owners, and addresses in the CRM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from stream_app.measures.clock import OpenClock
from stream_app.policies.links import Link


@dataclass(frozen=True, slots=True)
class Directory:
    """Look up people.

    Attributes:
        owners: Names by id; one that is not among them is called by the id.
        links: Forms of address; the first that fits holds.
        edition: Which edition of the policies says so; "" where nobody said.
        board_url: Where people find this board, "" where nobody said.
        grafana_url: Where people find Grafana, "" where nobody said.
    """

    owners: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    edition: str = ""
    board_url: str = ""
    grafana_url: str = ""

    def owner(self, clock: OpenClock) -> str | None:
        """Return what the owner is called; ``None`` without one."""
        owner = clock.labels.get("owner_id")
        return None if owner is None else self.owners.get(owner, owner)

    def url(self, clock: OpenClock) -> str | None:
        """Return where what waits is found in the CRM; ``None`` where nobody said."""
        found = (link.to(clock.clock, clock.relationship, clock.item, clock.source) for link in self.links)
        return next((url for url in found if url is not None), None)

    def graph(self, kpi: str) -> str | None:
        """Return where Grafana shows a KPI over time; ``None`` where nobody said."""
        return f"{self.grafana_url.rstrip('/')}/d/crm-pulse-kpi?var-kpi={quote(kpi)}" if self.grafana_url else None


NOBODY = Directory()
