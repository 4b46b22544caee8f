"""What this computer keeps outside every manifest: marks, places, the lock of a station."""
