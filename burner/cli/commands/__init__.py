"""The commands: one file for each topic, imported only when its command is used."""
