"""What leaves a manifest and comes in again: chains, lists, folders, copies."""
