"""What `burner board` prints, and its server."""
