"""The display of a run: a tile for each slot, and the table at its end. A board here is a circuit
board; the class of the display is `Display`."""
