"""One slot of the station: finds a board, burns it, tries again, waits until it is taken out."""
