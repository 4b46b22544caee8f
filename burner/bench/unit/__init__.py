"""The data of a simulated unit, as a bench file describes it."""
