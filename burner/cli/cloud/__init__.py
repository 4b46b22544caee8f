"""What commands of `burner cloud` share: manifest, profile and platform together."""
