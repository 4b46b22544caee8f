"""Printed labels: as ZPL for a printer, as a picture for people, and the printers themselves."""
