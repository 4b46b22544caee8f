"""What is burned, frozen: a profile and its files placed, checked, packed and compared."""
