"""What a simulated unit is: data that a bench file describes."""
