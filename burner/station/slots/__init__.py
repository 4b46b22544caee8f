"""One slot of the station: is a board there, is it burned, tried again, taken out."""
