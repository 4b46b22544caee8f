"""The management API of a platform: what burner asks it, and the adapters over its SDK."""
