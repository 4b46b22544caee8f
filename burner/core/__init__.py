"""The base of all folders: error codes, data types, secrets, YAML, words for people."""
