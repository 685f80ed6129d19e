"""The commands of `crm-pulse`, one module per command or group."""
