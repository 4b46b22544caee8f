"""Pages for people: a release, its evidence, the barcodes of a station."""
