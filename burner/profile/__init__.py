"""A product as YAML: read, checked against its schema, written for a new product."""
