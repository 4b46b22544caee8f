"""A whole simulated chip: power, reset lines, UART."""
