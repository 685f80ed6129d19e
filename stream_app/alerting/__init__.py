"""To-the-second alerts: an Alertmanager is told of each promise the moment that it is at risk or overdue."""
