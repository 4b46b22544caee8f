"""The serial protocol of ROM and flasher stub: packets and what they do."""
