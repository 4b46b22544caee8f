"""What leaves the manifest and comes into it: exports, certificates, tiles, imports, copies."""
