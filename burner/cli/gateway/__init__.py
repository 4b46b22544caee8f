"""A run of `burner cloud gateway`: its products, its servers, a line for each request."""
