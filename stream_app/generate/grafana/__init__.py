"""The parts of which the Grafana dashboards are made."""
