"""What this computer keeps outside every manifest.

Private keys, the last known heads, which log is at which place, the lock of a station.
"""
