"""The commands, one file a topic, imported only when its command is used."""
