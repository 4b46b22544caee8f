"""What operators scan and type, brought to the slot and the board that it is meant for."""
