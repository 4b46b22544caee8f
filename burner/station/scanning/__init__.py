"""Brings what operators scan and type to the right slot and board."""
