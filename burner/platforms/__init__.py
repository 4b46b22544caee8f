"""Cloud platforms: what each asks of key and name, and how a device registers. Pure."""
